// Sizes out of objects against llvm-size, on every target that we name; the bytes given to a function
// against what disappears when the function does.

import { describe, expect, test } from 'vitest';
import { ObjectFormatError, readObject, readSizes } from '#ozma/llvm/object-file.js';
import { compileObject, llvmSize } from './compile.ts';
import { everySection, exceptions, jumpTables, jumpTablesWithout } from './programs.ts';

const targets = [
  'x86_64-linux-gnu',
  'i386-linux-gnu',
  'aarch64-linux-gnu',
  'riscv64-linux-gnu',
  'riscv32-unknown-elf',
  'armv7-linux-gnueabihf',
  'thumbv7em-none-eabi',
  'mips-linux-gnu',
  'powerpc64le-linux-gnu',
  'wasm32-unknown-unknown',
];

const named = (object: Uint8Array): Map<string, number> =>
  new Map(readObject(object).functions.map(({ name, bytes }) => [name, bytes]));

describe.each(targets)('%s', (target) => {
  test.each(['-Oz', '-O0', '-ffunction-sections', '-g'])('%s: text + data of llvm-size', (flag) => {
    const flags = [`--target=${target}`, '-ffreestanding', flag];
    const object = compileObject(everySection + jumpTables, { flags });
    const { bytes, text, functions } = readObject(object);
    expect(bytes).toBe(llvmSize(object));
    expect(readSizes(object)).toEqual({ bytes, text });
    const names = functions.map(({ name }) => name);
    expect(names).toEqual(
      expect.arrayContaining(['sum', 'area', 'name', 'count', 'show', 'dispatch', 'last']),
    );
    const sum = functions.reduce((total, { bytes: size }) => total + size, 0);
    expect(sum).toBeLessThanOrEqual(bytes);
    expect(sum).toBeGreaterThan(text * 0.85);
  });
});

test('C++ with exceptions: text + data of llvm-size', () => {
  const object = compileObject(exceptions, { cpp: true });
  expect(readObject(object).bytes).toBe(llvmSize(object));
});

// Sections that a linker pads are padded here too, so an 8-byte unit may move.
describe.each([
  ['x86_64-linux-gnu', '-fPIE', 8],
  ['x86_64-linux-gnu', '-fno-pie', 8],
  ['aarch64-linux-gnu', '-fPIE', 24],
  ['riscv64-linux-gnu', '-fPIE', 8],
  ['armv7-linux-gnueabihf', '-fPIE', 8],
  ['thumbv7em-none-eabi', '-fno-pie', 8],
  ['wasm32-unknown-unknown', '-fno-pie', 0],
])('%s %s: what a function is given goes with it', (target, flag, slack) => {
  const flags = [`--target=${target}`, flag, '-ffreestanding'];
  const whole = compileObject(jumpTables, { flags });
  test.each(['first', 'dispatch', 'middle', 'another', 'last'])('%s', (name) => {
    const without = compileObject(jumpTablesWithout(name), { flags });
    const given = named(whole).get(name)!;
    const gone = llvmSize(whole) - llvmSize(without);
    expect(Math.abs(gone - given), `${name}: given ${given}, gone ${gone}`).toBeLessThanOrEqual(slack);
    const rest = named(without);
    for (const [other, bytes] of named(whole)) if (other !== name) expect(rest.get(other)).toBe(bytes);
  });
});

test('jump tables are given to the function that they jump into', () => {
  const withTables = named(compileObject(jumpTables, { flags: ['-fPIE'] }));
  const withoutTables = named(compileObject(jumpTables, { flags: ['-fPIE', '-fno-jump-tables'] }));
  for (const name of ['first', 'middle', 'last']) {
    expect(withTables.get(name)).toBe(withoutTables.get(name));
  }
});

test('exception tables are given to the function that they belong to', () => {
  const flags = ['-fPIE'];
  const whole = compileObject(exceptions, { cpp: true, flags });
  for (const [mangled, line] of [
    ['_Z5firsti', 'int first'],
    ['_Z6fourthi', 'int fourth'],
  ] as const) {
    const source = exceptions
      .split('\n')
      .filter((text) => !text.startsWith(line))
      .join('\n');
    const gone = llvmSize(whole) - llvmSize(compileObject(source, { cpp: true, flags }));
    const given = named(whole).get(mangled)!;
    expect(Math.abs(gone - given), `${mangled}: given ${given}, gone ${gone}`).toBeLessThanOrEqual(8);
  }
});

test('a table of function pointers is nobody’s', () => {
  const pointers =
    'int f(int x) { return x + 1; } int g(int x) { return x * x; } int (*const both[])(int) = {f, g};';
  const source = pointers.replace(/int \(\*const.*/, '');
  for (const flag of ['-fPIE', '-fno-pie']) {
    const flags = [flag];
    expect(named(compileObject(pointers, { flags }))).toEqual(named(compileObject(source, { flags })));
  }
});

describe('what is no object', () => {
  const object = compileObject(everySection);
  test.each([
    ['text', Buffer.from('hello'), /^expected an ELF or WebAssembly object, found the bytes "hell"$/],
    ['nothing', Buffer.from(''), /^expected an ELF or WebAssembly object, found the bytes ""$/],
    [
      'half an ELF',
      object.subarray(0, object.length / 2),
      /^expected a whole object file, found a damaged one/,
    ],
    ['an ELF header', object.subarray(0, 20), /^expected a whole object file, found a damaged one/],
    ['half a WebAssembly', Buffer.from('\0asm\x01\0\0\0\x0a\x7f', 'latin1'), /found a damaged one/],
  ])('%s', (_, bytes, message) => {
    expect(() => readObject(bytes)).toThrow(ObjectFormatError);
    expect(() => readSizes(bytes)).toThrow(message);
  });
});
