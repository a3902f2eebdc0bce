// Modules in this process: reading, counting, verifying, and what LLVM says when it refuses.

import { execFileSync } from 'node:child_process';
import { expect, test } from 'vitest';
import { loadLibrary } from '#ozma/llvm/bindings.js';
import { programPath } from '#ozma/llvm/installation.js';
import { LlvmRefusal, Machines, Module, contentHash, type CodegenLevel } from '#ozma/llvm/module.js';
import { compileModule, installation, llvmSize } from './compile.ts';
import { everySection, loops } from './programs.ts';

const library = loadLibrary(installation.library);
const machines = new Machines(library);
const text = `define i32 @twice(i32 %x) {
entry:
  %y = add i32 %x, %x
  ret i32 %y
}
declare void @elsewhere()
define internal void @nothing() {
  call void @elsewhere()
  ret void
}
`;

function withModule<T>(bytes: Uint8Array | string, use: (module: Module) => T, keepNames = false): T {
  const data = typeof bytes === 'string' ? Buffer.from(bytes) : bytes;
  const module = Module.parse(library, data, 'test', keepNames);
  try {
    return use(module);
  } finally {
    module.dispose();
  }
}

function machineOf(module: Module, level: CodegenLevel = 'Oz'): bigint {
  const { triple, positionIndependent, codeModel } = module;
  return machines.get({ triple, level, positionIndependent, codeModel });
}

function refusal(act: () => unknown): string {
  try {
    act();
  } catch (error) {
    expect(error).toBeInstanceOf(LlvmRefusal);
    return (error as LlvmRefusal).message;
  }
  throw new Error('expected a refusal');
}

test('the library is of the version that clang says', () => {
  expect(library.version.join('.')).toBe(installation.version);
  expect(library.targets).toEqual(expect.arrayContaining(['X86', 'AArch64', 'ARM', 'RISCV', 'WebAssembly']));
});

test('text: functions with a body, their instructions, and who may call them', () => {
  withModule(text, (module) => {
    expect(module.functions()).toEqual([
      { name: 'twice', instructions: 2, internal: false },
      { name: 'nothing', instructions: 2, internal: true },
    ]);
    expect(module.instructionCount()).toBe(4);
    expect(module.verify()).toBeUndefined();
  });
});

test('text and bitcode say the same, and bitcode comes back the same', () => {
  const bitcode = withModule(text, (module) => module.bitcode());
  expect(contentHash(withModule(bitcode, (module) => module.bitcode()))).toBe(contentHash(bitcode));
  expect(withModule(bitcode, (module) => module.functions())).toEqual(
    withModule(text, (module) => module.functions()),
  );
  const printed = withModule(bitcode, (module) => module.text());
  expect(contentHash(withModule(printed, (module) => module.bitcode()))).toBe(contentHash(bitcode));
});

test('names of values do not change the hash, and are kept only when asked for', () => {
  const renamed = text.replaceAll('%y', '%sum').replaceAll('%x', '%argument').replace('entry:', 'start:');
  const hash = (source: string): string => withModule(source, (module) => contentHash(module.bitcode()));
  expect(hash(renamed)).toBe(hash(text));
  expect(hash(text.replace('add', 'sub'))).not.toBe(hash(text));
  expect(withModule(text, (module) => module.text())).not.toContain('%y');
  expect(withModule(text, (module) => module.text(), true)).toContain('%y = add');
});

test('instructions as LLVM itself counts them', () => {
  const { bytes } = compileModule(everySection + loops);
  const opt = programPath(installation, 'opt');
  // LLVM prints it on stderr.
  const shell = `"${opt}" -passes='print<func-properties>' -disable-output - 2>&1`;
  const printed = execFileSync('sh', ['-c', shell], { input: bytes, encoding: 'utf8' });
  const counts = [...printed.matchAll(/^TotalInstructionCount: (\d+)/gm)].map((match) => Number(match[1]));
  expect(counts.length).toBeGreaterThan(8);
  withModule(bytes, (module) => {
    expect(module.functions().map(({ instructions }) => instructions)).toEqual(counts);
    expect(module.instructionCount()).toBe(counts.reduce((sum, count) => sum + count, 0));
  });
});

test.each([
  [
    'broken text',
    'define i32 @f() { ret i64 0 }',
    /^test:1:\d+: error: value doesn't match function result type 'i32'$/,
  ],
  ['no IR at all', 'int main() { return 0; }', /^test:1:1: error: expected top-level entity$/],
  [
    'cut bitcode',
    compileModule(loops).bytes.subarray(0, 900),
    /^test: error: can't skip to bit \d+ from \d+$/,
  ],
])('refused: %s', (_, bytes, message) => {
  expect(refusal(() => withModule(bytes, () => undefined))).toMatch(message);
});

test('an empty text is an empty module', () => {
  expect(withModule('', (module) => module.functions())).toEqual([]);
});

test('the verifier names what is wrong', () => {
  const broken = `define i32 @f(i1 %c) {
    br i1 %c, label %1, label %2
  1:
    %x = add i32 1, 2
    br label %2
  2:
    ret i32 %x
  }`;
  withModule(broken, (module) => {
    expect(module.verify()).toMatch(/^Instruction does not dominate all uses!/);
  });
});

test.each([
  ['nonsense', "unknown pass name 'nonsense'"],
  ['function(sroa', "invalid pipeline 'function(sroa'"],
  ['function(globaldce)', "unknown function pass 'globaldce'"],
  ['function(simplifycfg<nonsense>)', "invalid SimplifyCFG pass parameter 'nonsense'"],
])('refused pipeline: %s', (pipeline, message) => {
  withModule(text, (module) => {
    module.triple = 'x86_64-unknown-linux-gnu';
    expect(refusal(() => module.runPasses(pipeline, machineOf(module)))).toBe(message);
  });
});

test('refused target', () => {
  const settings = {
    triple: 'nonsense-none-none',
    level: 'Oz',
    positionIndependent: false,
    codeModel: 'default',
  } as const;
  expect(refusal(() => machines.get(settings))).toContain('nonsense-none-none');
});

test('inlining marks give way to those of the program', () => {
  const marked = `define i32 @free() { ret i32 1 }
    define i32 @never() noinline { ret i32 1 }
    define i32 @always() alwaysinline { ret i32 1 }`;
  withModule(marked, (module) => {
    module.setInlining(['always', 'absent'], ['free', 'never', 'absent']);
    expect(module.verify()).toBeUndefined();
    module.setInlining(['free'], []);
    expect(module.verify()).toBeUndefined();
    const printed = module.text();
    expect(printed.match(/= \{ alwaysinline \}/g)).toHaveLength(1);
    expect(printed.match(/= \{ noinline \}/g)).toHaveLength(1);
  });
});

test('minsize is relaxed to optsize, for all or for some', () => {
  const small =
    'define void @a() minsize { ret void } define void @b() minsize { ret void } define void @c() { ret void }';
  withModule(small, (module) => {
    module.relax(['b', 'c']);
    expect(module.text()).toMatch(
      /@a\(\) #0[^]*@b\(\) #1[^]*@c\(\) \{[^]*#0 = \{ minsize \}[^]*#1 = \{ optsize \}/,
    );
    module.relax('all');
    expect(module.text()).not.toContain('minsize');
  });
});

test('objects and assembly, twice the same', () => {
  withModule(compileModule(everySection).bytes, (module) => {
    const first = Buffer.from(module.emit('assembly', machineOf(module))).toString();
    expect(first).toContain('sum:');
  });
  const emit = (): Uint8Array =>
    withModule(compileModule(everySection).bytes, (module) => module.emit('object', machineOf(module)));
  expect(contentHash(emit())).toBe(contentHash(emit()));
  expect(llvmSize(emit())).toBeGreaterThan(500);
});
