// Builds the two programs that are run side by side: the assembled original and the lifted code, each with
// the same driver, the same stubs and the same data of the file.

import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { registerLikeLabel } from '../../lift/assembly/operands-aarch64.ts';
import { ElfFile } from '../../llvm/elf-file.ts';
import { programPath } from '../../llvm/installation.ts';
import { failureLine, runProgram } from '../../llvm/run-program.ts';
import { contentHash } from '../../llvm/module.ts';
import { describeFailure } from '../../llvm/worker-protocol.ts';
import type { WorkerPool } from '../../llvm/worker-pool.ts';
import { driverModule } from './driver.ts';
import type { Patch } from './driver.ts';
import * as layout from './layout.ts';
import type { Machine } from './machines.ts';
import { isReal } from './real-functions.ts';
import type { Shape } from './shape.ts';
import { calledWith, commonParameters, signaturesOf } from './signature.ts';
import type { Signature } from './signature.ts';
import { stubFunction, stubsModule } from './stubs.ts';

/** The function as it was found and as it was lifted. */
export interface Pair {
  name: string;
  machine: Machine;
  /** Assembly of the original function alone, visible under its name. */
  assembly: string;
  /** Assembly of the file's data that either side refers to, all of it in the section `ozma_data`. */
  data: string;
  /** A module that defines the function and declares what it uses. */
  ir: string;
  /** Callees that callers may rely on to leave registers alone. */
  keeping?: ReadonlySet<string>;
}

export interface Programs {
  original: string;
  lifted: string;
  /** External variables of either side, in the order in which they lie. */
  globals: readonly string[];
  /** Places in the file's own variables. */
  patches: readonly Patch[];
  /** Where the functions lie that stand in for what is called through pointers; 0 where none could be made. */
  pointedCallees: readonly number[];
}

/** Why two programs could not be made: a reason for people, not an error. */
export class NotComparable extends Error {
  override readonly name = 'NotComparable';
}

async function objectOfIr(pool: WorkerPool, ir: string): Promise<Uint8Array> {
  const bytes = Buffer.from(ir);
  const source = { hash: contentHash(bytes), bytes };
  const outcome = await pool.emit(source, [], 'O0', 'object');
  pool.forget(source);
  if (!outcome.ok) throw new NotComparable(describeFailure(outcome.failure));
  return outcome.value;
}

/** LLVM prints a label called like a register bare, and takes it only in quotes. */
function withQuotedLabels(text: string): string {
  return text.replaceAll(
    /^(\s*([a-z][\w.]*)\s+)(\S.*?)\s*$/gm,
    (line, start: string, mnemonic: string, rest: string) => {
      const label = registerLikeLabel(mnemonic, rest);
      return label === undefined ? line : `${start}${rest.slice(0, -label.length)}"${label}"`;
    },
  );
}

async function assemble(pool: WorkerPool, machine: Machine, text: string, file: string): Promise<Buffer> {
  await writeFile(`${file}.s`, machine === 'aarch64' ? withQuotedLabels(text) : text);
  const clang = programPath(pool.installation, 'clang');
  const words = [`--target=${machine}-linux-gnu`, '-c', `${file}.s`, '-o', `${file}.o`];
  const result = await runProgram(clang, words, { timeoutSeconds: 20 });
  if (result.exitCode !== 0) throw new NotComparable(`the assembler said: ${failureLine(result)}`);
  return readFile(`${file}.o`);
}

function symbolNames(object: Uint8Array, defined: boolean): string[] {
  return new ElfFile(object)
    .readSymbols()
    .filter((symbol) => symbol.name !== '' && (symbol.section !== 0) === defined)
    .map((symbol) => symbol.name);
}

/** Whether assembly calls or jumps to the symbol. */
function isCalled(assembly: string, name: string): boolean {
  const escaped = name.replaceAll(/[.*+?^${}()|[\]\\]/g, String.raw`\$&`);
  return new RegExp(String.raw`\b(?:call\w*|j\w+|bl?|tail)\s+${escaped}(?:@PLT)?\s*$`, 'm').test(assembly);
}

/**
 * Makes both programs in `folder`.
 *
 * @throws NotComparable with the reason: an assembler or linker that refuses, types that stubs cannot have.
 */
export async function buildPrograms(
  pool: WorkerPool,
  pair: Pair,
  signature: Signature,
  shape: Shape,
  folder: string,
): Promise<Programs> {
  const { machine } = pair;
  const path = (name: string): string => join(folder, name);
  const original = await assemble(pool, machine, pair.assembly, path('original'));
  const data = await assemble(pool, machine, pair.data, path('data'));
  const lifted = await objectOfIr(pool, pair.ir);
  await writeFile(path('lifted.o'), lifted);

  const shared = new Set(symbolNames(data, true));
  const undefinedNames = new Set([original, data, lifted].flatMap((object) => symbolNames(object, false)));
  const declared = new Map(signaturesOf(pair.ir).declared.map((one) => [one.name, one]));
  const calls = calledWith(pair.ir);
  const stubs: string[] = [];
  const globals: string[] = [];
  for (const name of [...undefinedNames].sort()) {
    if (name === pair.name || shared.has(name) || isReal(name, machine)) continue;
    const known = declared.get(name);
    if (known === undefined && !isCalled(pair.assembly, name)) {
      globals.push(name);
      continue;
    }
    const callee =
      known === undefined
        ? { name, returns: 'i64', parameters: [], variadic: false }
        : { ...known, parameters: commonParameters(known, calls.get(name) ?? []) };
    const stub = stubFunction(machine, callee, stubs.length, pair.keeping?.has(name) === true);
    if (stub === undefined) throw new NotComparable(`it calls ${name}, whose types no stub can have`);
    stubs.push(stub);
  }
  if (globals.length > layout.globals.most) {
    throw new NotComparable(`it uses ${globals.length} external variables, more than ${layout.globals.most}`);
  }
  stubs.push(
    ...shape.callees.flatMap((callee, at) => stubFunction(machine, callee, stubs.length + at, false) ?? []),
  );
  const patches = patchesOf(shape, shared);
  const driver = driverModule(machine, signature, globals.length, patches);
  await writeFile(path('driver.o'), await objectOfIr(pool, driver));
  await writeFile(path('stubs.o'), await objectOfIr(pool, stubsModule(machine, stubs)));
  await Promise.all([link(pool, path, 'original', globals), link(pool, path, 'lifted', globals)]);
  const linked = new ElfFile(await readFile(path('original'))).readSymbols();
  const addresses = new Map(linked.map(({ name, value }) => [name, value]));
  const pointedCallees = shape.callees.map(({ name }) => addresses.get(name) ?? 0);
  return { original: path('original'), lifted: path('lifted'), globals, patches, pointedCallees };
}

/** Places in variables of the file that the function reads. */
function patchesOf(shape: Shape, shared: ReadonlySet<string>): Patch[] {
  const all = [...shape.variables].flatMap(([variable, fields]) =>
    shared.has(variable)
      ? [...fields].map(([offset, [field]]): Patch => ({ variable, offset, field: field! }))
      : [],
  );
  return all.slice(0, layout.mostPatches);
}

/** As linkers read addresses. */
function hexadecimal(address: number): string {
  return `0x${address.toString(16)}`;
}

async function link(
  pool: WorkerPool,
  path: (name: string) => string,
  side: string,
  globals: readonly string[],
): Promise<void> {
  const places = globals.map(
    (name, index) => `--defsym=${name}=${hexadecimal(layout.globals.address + index * layout.globalBytes)}`,
  );
  const words = [
    '-static',
    '--no-pie',
    `--section-start=.rodata=${hexadecimal(layout.image.address)}`,
    `--section-start=.text=${hexadecimal(layout.image.address + layout.image.bytes / 2)}`,
    `--section-start=ozma_data=${hexadecimal(layout.data.address)}`,
    `--section-start=ozma_stubs=${hexadecimal(layout.stubsAddress)}`,
    ...places,
    ...['driver.o', 'stubs.o', `${side}.o`, 'data.o'].map(path),
    '-o',
    path(side),
  ];
  const result = await runProgram(programPath(pool.installation, 'ld.lld'), words, { timeoutSeconds: 20 });
  if (result.exitCode !== 0) throw new NotComparable(`the linker said: ${failureLine(result)}`);
}
