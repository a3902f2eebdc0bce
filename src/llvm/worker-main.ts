// The compile worker: a process that holds modules and answers requests about them, one at a time. It is
// expected to die now and then: passes crash, loop and eat memory, and LLVM ends the process on fatal
// errors. Nothing here tries to survive that; worker-pool.ts does.

import koffi from 'koffi';
import { loadLibrary } from './bindings.ts';
import { cutFunctions, plainModuleText } from './cutting.ts';
import { contentHash, isBitcode, LlvmRefusal, Machines, Module } from './module.ts';
import { ObjectFormatError, readObject, readSizes, type ElfObject, type ObjectSizes } from './object-file.ts';
import { codegenSwitches, recipeKey, switchesOf, type CodegenSwitch, type Recipe } from './recipe.ts';
import type { CodegenLevel, OptimisationLevel } from './module.ts';
import { describeFailure } from './worker-protocol.ts';
import type {
  CutModule,
  FromWorker,
  Measurement,
  MeasureOptions,
  ModuleSource,
  ModuleSummary,
  Outcome,
  PipelineSizes,
  Request,
  ToWorker,
  Variant,
  VariantResult,
} from './worker-protocol.ts';

const [libraryPath, memoryMegabytes] = process.argv.slice(2);
if (libraryPath === undefined || memoryMegabytes === undefined || process.send === undefined) {
  throw new Error('a compile worker is started by worker-pool.ts, not by hand');
}

/** Linux counts private writable memory against this limit, so a runaway pass fails to allocate. */
function limitMemory(megabytes: number): void {
  if (process.platform !== 'linux') return;
  const dataSegment = 2;
  const bytes = BigInt(megabytes) * 1024n * 1024n;
  const libc = koffi.load('libc.so.6');
  const setrlimit = libc.func('int setrlimit(int resource, const uint64_t *limits)') as (
    resource: number,
    limits: BigUint64Array,
  ) => number;
  setrlimit(dataSegment, new BigUint64Array([bytes, bytes]));
}

/** The kernel ends this process with its parent, also while LLVM loops and no message is read. */
function dieWithParent(): void {
  if (process.platform !== 'linux') return;
  const parentDeathSignal = 1;
  const kill = 9;
  const control = koffi.load('libc.so.6').func('int prctl(int option, unsigned long signal)') as (
    option: number,
    signal: number,
  ) => number;
  control(parentDeathSignal, kill);
}

// First of all: koffi takes its settings before it has loaded any library.
const library = loadLibrary(libraryPath);
dieWithParent();
const machines = new Machines(library);
const modules = new Map<string, ModuleSource>();
limitMemory(Number(memoryMegabytes));

/** What is known of an object; its functions only where somebody asked for them. */
type KnownSizes = ObjectSizes & Partial<Pick<ElfObject, 'functions'>>;

/** Object sizes by code generation level and hash of the IR; the oldest are forgotten. */
const measured = new Map<string, KnownSizes>();
const measuredCapacity = 20_000;

function remember(key: string, sizes: KnownSizes): void {
  measured.delete(key);
  if (measured.size >= measuredCapacity) measured.delete(measured.keys().next().value!);
  measured.set(key, sizes);
}

let switchesInForce: CodegenSwitch[] = [];

/** LLVM's options are global to the process: switches on what is wanted and off what is not. */
function useSwitches(wanted: CodegenSwitch[]): void {
  const words = [
    ...switchesInForce.filter((name) => !wanted.includes(name)).map((name) => codegenSwitches[name]),
    ...wanted.filter((name) => !switchesInForce.includes(name)),
  ];
  if (words.length === 0) return;
  const line = ['ozma', ...words.map((word) => `-${word}`)];
  library.call.LLVMParseCommandLineOptions(line.length, line, null);
  switchesInForce = wanted;
}

function withModule<T>(hash: string, use: (module: Module) => T): T {
  const source = modules.get(hash);
  if (source === undefined) throw new Error(`module ${hash} was not loaded`);
  const module = Module.parse(library, source.bytes, 'input');
  // Text is slow to read, and every candidate starts from it.
  if (!isBitcode(source.bytes)) modules.set(hash, { ...source, bytes: module.bitcode() });
  try {
    if (source.triple !== undefined) module.triple = source.triple;
    return use(module);
  } finally {
    module.dispose();
  }
}

function machineFor(module: Module, level: OptimisationLevel): bigint {
  return machines.get({ triple: module.triple, level, positionIndependent: module.positionIndependent });
}

function apply(module: Module, recipe: Recipe, machine: bigint): void {
  for (const step of recipe) {
    switch (step.kind) {
      case 'module':
        if (step.pipeline !== '') module.runPasses(step.pipeline, machine);
        break;
      case 'functions':
        for (const [name, pipeline] of Object.entries(step.pipelines)) {
          if (pipeline !== '') module.runPasses(pipeline, machine, name);
        }
        break;
      case 'inlining':
        module.setInlining(step.never, step.always);
        break;
      case 'relax':
        module.relax(step.functions);
        break;
      case 'switches':
        // In force already: see useSwitches.
        break;
    }
  }
}

/** Bitcode after the shared first steps of recipes, by module and steps; the oldest are forgotten. */
const beginnings = new Map<string, Uint8Array>();
const beginningsCapacity = 32;

/** How many first steps recipes of one search share: up to the last whole-module step before `functions`. */
function sharedSteps(recipe: Recipe): number {
  const functionsAt = recipe.findIndex((step) => step.kind === 'functions');
  if (functionsAt < 0) return 0;
  return recipe.slice(0, functionsAt).findLastIndex((step) => step.kind === 'module') + 1;
}

/**
 * Hands over a module with the recipe applied to it. What comes before `functions` is run once and kept as
 * bitcode; a first run reads it back all the same, so that it does not matter which run was first.
 */
function withRecipe<T>(
  { module: hash, recipe }: { module: string; recipe: Recipe },
  level: OptimisationLevel,
  use: (module: Module, machine: bigint) => T,
): T {
  useSwitches(switchesOf(recipe));
  return withBeginning(hash, recipe, sharedSteps(recipe), level, use);
}

/** The same for any number of shared first steps. */
function withBeginning<T>(
  hash: string,
  recipe: Recipe,
  shared: number,
  level: OptimisationLevel,
  use: (module: Module, machine: bigint) => T,
): T {
  if (shared === 0) {
    return withModule(hash, (module) => {
      const machine = machineFor(module, level);
      apply(module, recipe, machine);
      return use(module, machine);
    });
  }
  const first = recipe.slice(0, shared);
  const key = `${hash} ${level} ${recipeKey(first)}`;
  let bitcode = beginnings.get(key);
  if (bitcode === undefined) {
    bitcode = withModule(hash, (module) => {
      apply(module, first, machineFor(module, level));
      return module.bitcode();
    });
    if (beginnings.size >= beginningsCapacity) beginnings.delete(beginnings.keys().next().value!);
    beginnings.set(key, bitcode);
  }
  const module = Module.parse(library, bitcode, 'input');
  try {
    const machine = machineFor(module, level);
    apply(module, recipe.slice(shared), machine);
    return use(module, machine);
  } finally {
    module.dispose();
  }
}

function describe(module: Module): ModuleSummary {
  const broken = module.verify();
  const functions = module.functions();
  return {
    triple: module.triple,
    positionIndependent: module.positionIndependent,
    instructions: functions.reduce((sum, { instructions }) => sum + instructions, 0),
    functions,
    ...(broken === undefined ? {} : { broken }),
  };
}

function measure(
  module: Module,
  machine: bigint,
  switches: CodegenSwitch[],
  options: MeasureOptions,
): Measurement {
  const { level, codegen, perFunction = false, reuse = true } = options;
  const functions = perFunction ? module.functions() : undefined;
  const instructions =
    functions?.reduce((sum, summary) => sum + summary.instructions, 0) ?? module.instructionCount();
  const hash = contentHash(module.bitcode());
  const measurement: Measurement = { instructions, hash, reused: false };
  if (functions !== undefined) measurement.functionInstructions = functions;
  if (!codegen) return measurement;
  const key = `${level} ${hash} ${switches.join(' ')}`;
  let sizes = reuse ? measured.get(key) : undefined;
  if (sizes === undefined || (perFunction && sizes.functions === undefined)) {
    const object = module.emit('object', machine);
    sizes = perFunction ? readObject(object) : readSizes(object);
    remember(key, sizes);
  } else {
    measurement.reused = true;
  }
  measurement.bytes = sizes.bytes;
  measurement.text = sizes.text;
  if (perFunction && sizes.functions !== undefined) measurement.functions = sizes.functions;
  return measurement;
}

/** A whole pipeline of LLVM at the start of a pass list, and what follows it. */
const wholeBeginning = /^(default<O[0-3sz]>),(.+)$/;

/** The passes run once for all levels; where code is generated a second time, it is from the IR read back. */
function measurePipeline(hash: string, pipeline: string, levels: readonly CodegenLevel[]): PipelineSizes {
  const before = process.cpuUsage();
  const [, first, rest] = wholeBeginning.exec(pipeline) ?? [];
  const recipe = (first === undefined ? [pipeline] : [first, rest!]).map(
    (text) => ({ kind: 'module', pipeline: text }) as const,
  );
  const sizes = withBeginning(hash, recipe, first === undefined ? 0 : 1, 'Oz', (module): PipelineSizes => {
    const instructions = module.instructionCount();
    const bitcode = module.bitcode();
    const sizes: PipelineSizes = {
      instructions,
      hash: contentHash(bitcode),
      bytes: {},
      processorSeconds: 0,
    };
    let fresh: Module | undefined = module;
    for (const level of levels) {
      const key = `${level} ${sizes.hash} `;
      let known = measured.get(key);
      if (known === undefined) {
        // Code generation changes the module that it reads.
        const subject: Module = fresh ?? Module.parse(library, bitcode, 'input');
        try {
          known = readSizes(subject.emit('object', machineFor(subject, level)));
        } finally {
          if (subject !== module) subject.dispose();
        }
        fresh = undefined;
        remember(key, known);
      }
      sizes.bytes[level] = known.bytes;
    }
    return sizes;
  });
  const { user, system } = process.cpuUsage(before);
  sizes.processorSeconds = (user + system) / 1e6;
  return sizes;
}

/** Texts and sizes of a module after its recipe. Code is generated from copies, since that changes the IR. */
function produce(module: Module, variant: Variant, machine: bigint): VariantResult {
  const broken = module.verify();
  if (broken !== undefined) throw new LlvmRefusal(`the verifier found: ${broken}`);
  const texts = variant.texts.map((format) => {
    if (format === 'ir') return module.text();
    return module.withCopy((copy) => Buffer.from(copy.emit('assembly', machine)).toString());
  });
  if (variant.sizes === undefined) return { texts };
  const sizing = machineFor(module, variant.sizes);
  const { bytes } = module.withCopy((copy) => readSizes(copy.emit('object', sizing)));
  return { texts, sizes: { instructions: module.instructionCount(), bytes } };
}

function outcomeOf<T>(work: () => T): Outcome<T> {
  try {
    return { ok: true, value: work() };
  } catch (error) {
    if (!(error instanceof LlvmRefusal || error instanceof ObjectFormatError)) throw error;
    return { ok: false, failure: { kind: 'refused', message: error.message } };
  }
}

/** What LLVM says against a module in text, or nothing. */
function objectionTo(ir: string): string | undefined {
  const outcome = outcomeOf(() => {
    const alone = Module.parse(library, Buffer.from(ir), 'input', true);
    try {
      return alone.verify();
    } finally {
      alone.dispose();
    }
  });
  return outcome.ok ? outcome.value : describeFailure(outcome.failure);
}

function cut(module: Module, longest: number): CutModule {
  const broken = module.verify();
  if (broken !== undefined) throw new LlvmRefusal(`the verifier found: ${broken}`);
  module.stripDebugInformation();
  const text = module.text();
  const result: CutModule = {
    triple: module.triple,
    instructions: module.instructionCount(),
    ir: plainModuleText(text),
    functions: [],
    refused: [],
    tooLarge: 0,
  };
  for (const piece of cutFunctions(text)) {
    if (piece.ir.length > longest) {
      result.tooLarge++;
      continue;
    }
    const objection = objectionTo(piece.ir);
    if (objection === undefined) result.functions.push(piece);
    else result.refused.push({ name: piece.name, message: objection });
  }
  return result;
}

function answer(request: Request, part: (outcome: Outcome<unknown>) => void): unknown {
  switch (request.operation) {
    case 'cut':
      return withModule(request.module, (module) => cut(module, request.longest));
    case 'describe':
      return withModule(request.module, describe);
    case 'measure':
      return withRecipe(request, request.options.level, (module, machine) =>
        measure(module, machine, switchesOf(request.recipe), request.options),
      );
    case 'measureAll':
      useSwitches([]);
      for (const pipeline of request.pipelines) {
        part(outcomeOf(() => measurePipeline(request.module, pipeline, request.levels)));
      }
      return request.pipelines.length;
    case 'variants':
      for (const variant of request.variants) {
        const asked = { module: request.module, recipe: variant.recipe };
        part(
          outcomeOf(() =>
            withRecipe(asked, variant.level, (module, machine) => produce(module, variant, machine)),
          ),
        );
      }
      return request.variants.length;
    case 'emit':
      return withRecipe(request, request.level, (module, machine) => {
        const broken = module.verify();
        if (broken !== undefined) throw new LlvmRefusal(`the verifier found: ${broken}`);
        switch (request.format) {
          case 'bitcode':
            return module.bitcode();
          case 'ir':
            return Buffer.from(module.text());
          case 'object':
          case 'assembly':
            return module.emit(request.format, machine);
        }
      });
  }
}

function send(message: FromWorker): void {
  process.send!(message);
}

process.on('message', (message: ToWorker) => {
  switch (message.kind) {
    case 'load':
      modules.set(message.module.hash, message.module);
      return;
    case 'forget':
      modules.delete(message.module);
      return;
    case 'request': {
      const { id, request } = message;
      const outcome = outcomeOf(() => answer(request, (part) => send({ kind: 'part', id, outcome: part })));
      send({ kind: 'answer', id, outcome });
    }
  }
});
// The parent went away (or closed the channel): nothing is left to do.
process.on('disconnect', () => process.exit(0));
// Ctrl-C reaches the whole process group; the parent decides what it means.
process.on('SIGINT', () => undefined);
send({ kind: 'ready' });
