import { expect, test } from 'vitest';
import { readEnvironment, readOptions } from '#ozma/cli/read-options.js';
import { ccOptions, environmentVariable, longFlag, tuneOptions } from '#ozma/cli/options.js';
import { flag, oneOf, seconds, targetTriple, wholeNumber } from '#ozma/cli/values.js';

test('kinds read what they expect and nothing else', () => {
  expect(wholeNumber(1).read('20')).toBe(20);
  for (const wrong of ['0', '-1', '1.5', '1e3', '', ' 3', '0x10', '99999999999999999999']) {
    expect(wholeNumber(1).read(wrong), wrong).toBeUndefined();
  }
  expect(wholeNumber(0, 7).expected).toBe('a whole number from 0 to 7');
  expect(seconds.read('0.5')).toBe(0.5);
  for (const wrong of ['0', '-2', 'soon', '1e2']) expect(seconds.read(wrong), wrong).toBeUndefined();
  expect(oneOf('Oz', 'O0').read('oz')).toBeUndefined();
  expect(oneOf('a', 'b', 'c').expected).toBe('a, b or c');
  expect(flag.read('0')).toBe(false);
  expect(flag.read('yes')).toBeUndefined();
  expect(flag.read('toString')).toBeUndefined();
  for (const triple of ['aarch64-linux-gnu', 'wasm32', 'thumbv7em-none-eabi', 'x86_64-pc-linux-gnu']) {
    expect(targetTriple.read(triple)).toBe(triple);
  }
  expect(targetTriple.read('-O3')).toBeUndefined();
});

test('rows give defaults and checked values', () => {
  const values = readOptions(tuneOptions, { compiles: '7', json: true, perFunction: false });
  expect(values).toMatchObject({
    compiles: 7,
    json: true,
    perFunction: false,
    emit: 'obj',
    codegen: 'Oz',
    seed: 1,
  });
  expect(values.target).toBeUndefined();
  expect(values.jobs).toBeGreaterThan(0);
});

test('a wrong value says what was expected and found', () => {
  expect(() => readOptions(tuneOptions, { emit: 'elf' })).toThrow(
    "--emit: expected obj, asm, ll, bc or pipeline, found 'elf'",
  );
  expect(() => readEnvironment(ccOptions, { OZMA_PER_FUNCTION: 'perhaps' })).toThrow(
    "OZMA_PER_FUNCTION: expected 1, true, 0 or false, found 'perhaps'",
  );
});

test('the environment counts, an empty variable does not', () => {
  const values = readEnvironment(ccOptions, { OZMA_COMPILES: '3', OZMA_SEED: '', OZMA_PER_FUNCTION: '0' });
  expect(values).toMatchObject({ compiles: 3, seed: 1, perFunction: false });
});

test('names become flags and variables', () => {
  expect(longFlag('perFunction')).toBe('--per-function');
  expect(environmentVariable('perFunction')).toBe('OZMA_PER_FUNCTION');
});
