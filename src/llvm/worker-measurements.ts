// Sizes of candidates in a compile worker. Code is not generated twice: sizes are known by level and hash of the
// IR.

import { contentHash, type CodegenLevel, type Module } from './module.ts';
import { readObject, readSizes, type ElfObject, type ObjectSizes } from './object-file.ts';
import type { CodegenSwitch } from './recipe.ts';
import type { WorkerModules } from './worker-modules.ts';
import type { Measurement, MeasureOptions, PipelineSizes } from './worker-protocol.ts';

/** What is known of an object; its functions only where somebody asked for them. */
type KnownSizes = ObjectSizes & Partial<Pick<ElfObject, 'functions'>>;

const measuredCapacity = 20_000;

/** A whole pipeline of LLVM at the start of a pass list, and what follows it. */
const wholeBeginning = /^(default<O[0-3sz]>),(.+)$/;

export class WorkerMeasurements {
  private readonly modules: WorkerModules;
  /** By code generation level, hash of the IR, switches; the oldest are forgotten. */
  private readonly measured = new Map<string, KnownSizes>();

  constructor(modules: WorkerModules) {
    this.modules = modules;
  }

  private remember(key: string, sizes: KnownSizes): void {
    this.measured.delete(key);
    if (this.measured.size >= measuredCapacity) this.measured.delete(this.measured.keys().next().value!);
    this.measured.set(key, sizes);
  }

  /** Code is generated from the module itself, which changes it. */
  measure(module: Module, machine: bigint, switches: CodegenSwitch[], options: MeasureOptions): Measurement {
    const { level, codegen, perFunction = false, reuse = true } = options;
    const functions = perFunction ? module.functions() : undefined;
    const instructions =
      functions?.reduce((sum, summary) => sum + summary.instructions, 0) ?? module.instructionCount();
    const hash = contentHash(module.bitcode());
    const measurement: Measurement = { instructions, hash, reused: false };
    if (functions !== undefined) measurement.functionInstructions = functions;
    if (!codegen) return measurement;
    const key = `${level} ${hash} ${switches.join(' ')}`;
    let sizes = reuse ? this.measured.get(key) : undefined;
    if (sizes === undefined || (perFunction && sizes.functions === undefined)) {
      const object = module.emit('object', machine);
      sizes = perFunction ? readObject(object) : readSizes(object);
      this.remember(key, sizes);
    } else {
      measurement.reused = true;
    }
    measurement.bytes = sizes.bytes;
    measurement.text = sizes.text;
    if (perFunction && sizes.functions !== undefined) measurement.functions = sizes.functions;
    return measurement;
  }

  /** The passes run once for all levels; where code is generated a second time, it is from the IR read back. */
  measurePipeline(hash: string, pipeline: string, levels: readonly CodegenLevel[]): PipelineSizes {
    const before = process.cpuUsage();
    const [, first, rest] = wholeBeginning.exec(pipeline) ?? [];
    const recipe = (first === undefined ? [pipeline] : [first, rest!]).map(
      (text) => ({ kind: 'module', pipeline: text }) as const,
    );
    const shared = first === undefined ? 0 : 1;
    const sizes = this.modules.withBeginning(hash, recipe, shared, 'Oz', (module): PipelineSizes => {
      const instructions = module.instructionCount();
      const bitcode = module.bitcode();
      const irHash = contentHash(bitcode);
      const bytes: PipelineSizes['bytes'] = {};
      let fresh = true;
      for (const level of levels) {
        const key = `${level} ${irHash} `;
        let known = this.measured.get(key);
        if (known === undefined) {
          // Code generation changes the module that it reads.
          const generate = (subject: Module): ObjectSizes =>
            readSizes(subject.emit('object', this.modules.machineFor(subject, level)));
          known = fresh ? generate(module) : this.modules.withBytes(bitcode, generate);
          fresh = false;
          this.remember(key, known);
        }
        bytes[level] = known.bytes;
      }
      return { instructions, hash: irHash, bytes, processorSeconds: 0 };
    });
    const { user, system } = process.cpuUsage(before);
    return { ...sizes, processorSeconds: (user + system) / 1e6 };
  }
}
