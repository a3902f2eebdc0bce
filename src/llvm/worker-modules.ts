// The modules of a compile worker and what recipes make of them. Each use starts from a fresh copy in a context
// of its own; what recipes share at their beginning is run once and kept as bitcode.

import type { LlvmLibrary } from './bindings.ts';
import { isBitcode, Machines, Module, type OptimisationLevel } from './module.ts';
import { codegenSwitches, recipeKey, switchesOf, type CodegenSwitch, type Recipe } from './recipe.ts';
import type { ModuleSource } from './worker-protocol.ts';

/** Bitcode kept after shared first steps; the oldest are forgotten. */
const beginningsCapacity = 32;

/** How many first steps recipes of one search share: up to the last whole-module step before `functions`. */
function sharedSteps(recipe: Recipe): number {
  const functionsAt = recipe.findIndex((step) => step.kind === 'functions');
  if (functionsAt < 0) return 0;
  return recipe.slice(0, functionsAt).findLastIndex((step) => step.kind === 'module') + 1;
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

export class WorkerModules {
  readonly library: LlvmLibrary;
  private readonly machines: Machines;
  private readonly sources = new Map<string, ModuleSource>();
  /** By module, level and steps. */
  private readonly beginnings = new Map<string, Uint8Array>();
  private switchesInForce: CodegenSwitch[] = [];

  constructor(library: LlvmLibrary) {
    this.library = library;
    this.machines = new Machines(library);
    // Bitcode keeps the order of uses, on which passes and code generation depend now and then: what is read
    // back then gives the same code, and equal hashes mean equal code. LLVM 22 is the first we know to have it.
    if (library.version[0] >= 22) this.setOptions(['preserve-bc-uselistorder']);
  }

  private setOptions(words: readonly string[]): void {
    const line = ['ozma', ...words.map((word) => `-${word}`)];
    this.library.call.LLVMParseCommandLineOptions(line.length, line, null);
  }

  load(module: ModuleSource): void {
    this.sources.set(module.hash, module);
  }

  forget(hash: string): void {
    this.sources.delete(hash);
  }

  /** LLVM's options are global to the process: switches on what is wanted and off what is not. */
  useSwitches(wanted: CodegenSwitch[]): void {
    const words = [
      ...this.switchesInForce.filter((name) => !wanted.includes(name)).map((name) => codegenSwitches[name]),
      ...wanted.filter((name) => !this.switchesInForce.includes(name)),
    ];
    if (words.length > 0) this.setOptions(words);
    this.switchesInForce = wanted;
  }

  machineFor(module: Module, level: OptimisationLevel): bigint {
    const { triple, positionIndependent, codeModel } = module;
    return this.machines.get({ triple, level, positionIndependent, codeModel });
  }

  /** Hands over a copy of the module as it was loaded. */
  withModule<T>(hash: string, use: (module: Module) => T): T {
    const source = this.sources.get(hash);
    if (source === undefined) throw new Error(`module ${hash} was not loaded`);
    return this.withBytes(source.bytes, (module) => {
      // Text is slow to read, and every candidate starts from it.
      if (!isBitcode(source.bytes)) this.sources.set(hash, { ...source, bytes: module.bitcode() });
      if (source.triple !== undefined) module.triple = source.triple;
      return use(module);
    });
  }

  /** Hands over the module that the bitcode (or text) is; see Module.parse. */
  withBytes<T>(bytes: Uint8Array, use: (module: Module) => T, keepNames = false): T {
    const module = Module.parse(this.library, bytes, 'input', keepNames);
    try {
      return use(module);
    } finally {
      module.dispose();
    }
  }

  /**
   * Hands over a module with the recipe applied to it. What comes before `functions` is run once and kept as
   * bitcode; a first run reads it back all the same, so that it does not matter which run was first.
   */
  withRecipe<T>(
    { module: hash, recipe }: { module: string; recipe: Recipe },
    level: OptimisationLevel,
    use: (module: Module, machine: bigint) => T,
  ): T {
    this.useSwitches(switchesOf(recipe));
    return this.withBeginning(hash, recipe, sharedSteps(recipe), level, use);
  }

  /** The same for any number of shared first steps, under the switches in force. */
  withBeginning<T>(
    hash: string,
    recipe: Recipe,
    shared: number,
    level: OptimisationLevel,
    use: (module: Module, machine: bigint) => T,
  ): T {
    const finish = (module: Module): T => {
      const machine = this.machineFor(module, level);
      apply(module, recipe.slice(shared), machine);
      return use(module, machine);
    };
    if (shared === 0) return this.withModule(hash, finish);
    return this.withBytes(this.beginning(hash, recipe.slice(0, shared), level), finish);
  }

  private beginning(hash: string, first: Recipe, level: OptimisationLevel): Uint8Array {
    const key = `${hash} ${level} ${recipeKey(first)}`;
    const known = this.beginnings.get(key);
    if (known !== undefined) return known;
    const bitcode = this.withModule(hash, (module) => {
      apply(module, first, this.machineFor(module, level));
      return module.bitcode();
    });
    if (this.beginnings.size >= beginningsCapacity) {
      this.beginnings.delete(this.beginnings.keys().next().value!);
    }
    this.beginnings.set(key, bitcode);
    return bitcode;
  }
}
