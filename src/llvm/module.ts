// One LLVM module in a context of its own. A context never gives memory back before it is disposed, so a
// module is parsed, used once and disposed with its context; that is what keeps a long run flat. Who owns
// what: Module owns context and module; Machines owns target machines for as long as the process lives.
// LLVM may end the process in any call here, so only compile workers use this file.

import { createHash } from 'node:crypto';
import { copyBytes, takeText, type LlvmLibrary, type Reference } from './bindings.ts';

/** The two back ends that sizes are measured with. */
export type CodegenLevel = 'Oz' | 'O0';
/** clang's levels. */
export type OptimisationLevel = 'O0' | 'O1' | 'O2' | 'O3' | 'Os' | 'Oz';
export type EmitKind = 'object' | 'assembly';

export interface TargetSettings {
  triple: string;
  level: OptimisationLevel;
  positionIndependent: boolean;
  codeModel: CodeModel;
}

/** As `-mcmodel` names them. */
export type CodeModel = keyof typeof codeModel;

/** LLVM's name for a code generation level; clang's -Oz, -Os and -O2 all generate code at the default. */
const codegenLevel: Record<OptimisationLevel, number> = { O0: 0, O1: 1, O2: 2, O3: 3, Os: 2, Oz: 2 };
const relocation = { static: 1, positionIndependent: 2 } as const;
/**
 * LLVMCodeModel. Medium is small here: clang's puts only data over 64 KiB far away, which the C API cannot say, so
 * that all data would be far.
 */
const codeModel = { default: 0, tiny: 2, small: 3, kernel: 4, medium: 3, large: 6 } as const;
/** By the number that clang's module flag has for them. */
const codeModelFlags = ['tiny', 'small', 'kernel', 'medium', 'large'] as const;
const emitKind: Record<EmitKind, number> = { assembly: 0, object: 1 };
const verifierReturnsStatus = 2;

/** Of LLVMLinkage, what nobody outside the module can see. */
const linkage = { internal: 8, private: 9 } as const;
/** LLVMAttributeFunctionIndex. */
const functionIndex = -1;

/** Whether these bytes are bitcode, bare or in Apple's wrapper; anything else is read as text. */
export function isBitcode(bytes: Uint8Array): boolean {
  const magic = Buffer.from(bytes.subarray(0, 4)).toString('latin1');
  return magic === 'BC\xc0\xde' || magic === '\xde\xc0\x17\x0b';
}

/** A failure that LLVM reported and survived: unknown pass, broken IR. */
export class LlvmRefusal extends Error {
  override readonly name = 'LlvmRefusal';
}

/** Target machines, made once for each setting and kept until the process ends. */
export class Machines {
  private readonly library: LlvmLibrary;
  private readonly machines = new Map<string, Reference>();

  constructor(library: LlvmLibrary) {
    this.library = library;
  }

  get(settings: TargetSettings): Reference {
    const key = JSON.stringify(settings);
    const known = this.machines.get(key);
    if (known !== undefined) return known;
    const { call } = this.library;
    const target: [Reference | null] = [null];
    const message: [Reference | null] = [null];
    if (call.LLVMGetTargetFromTriple(settings.triple, target, message)) {
      throw new LlvmRefusal(takeText(message[0], call.LLVMDisposeMessage));
    }
    const machine = call.LLVMCreateTargetMachine(
      target[0],
      settings.triple,
      '',
      '',
      codegenLevel[settings.level],
      settings.positionIndependent ? relocation.positionIndependent : relocation.static,
      codeModel[settings.codeModel],
    ) as Reference | null;
    if (machine === null) throw new LlvmRefusal(`no code generation for ${settings.triple}`);
    this.machines.set(key, machine);
    return machine;
  }
}

export interface FunctionSummary {
  name: string;
  instructions: number;
  /** Nobody outside the module can call it. */
  internal: boolean;
}

export class Module {
  readonly reference: Reference;
  private readonly library: LlvmLibrary;
  private readonly context: Reference;

  private constructor(library: LlvmLibrary, context: Reference, reference: Reference) {
    this.library = library;
    this.context = context;
    this.reference = reference;
  }

  /**
   * Parses bitcode or text. Names of values are dropped unless asked for, so that they do not enter hashes.
   * Throws LlvmRefusal with the first line of LLVM's own words.
   */
  static parse(library: LlvmLibrary, bytes: Uint8Array, name: string, keepNames = false): Module {
    if (keepNames || isBitcode(bytes)) return Module.read(library, bytes, name, keepNames);
    // LLVM reads text only into a context that keeps names; they are gone after a way through bitcode.
    const named = Module.read(library, bytes, name, true);
    try {
      return Module.read(library, named.bitcode(), name, false);
    } finally {
      named.dispose();
    }
  }

  private static read(library: LlvmLibrary, bytes: Uint8Array, name: string, keepNames: boolean): Module {
    const { call } = library;
    const context = call.LLVMContextCreate() as Reference;
    call.LLVMContextSetDiscardValueNames(context, !keepNames);
    const buffer = call.LLVMCreateMemoryBufferWithMemoryRangeCopy(bytes, bytes.length, name);
    const module: [Reference | null] = [null];
    const message: [Reference | null] = [null];
    if (call.LLVMParseIRInContext(context, buffer, module, message) || module[0] === null) {
      const text = takeText(message[0], call.LLVMDisposeMessage);
      call.LLVMContextDispose(context);
      throw new LlvmRefusal(text.trim().split('\n')[0]);
    }
    return new Module(library, context, module[0]);
  }

  /** A copy in the same context, to be disposed of before this one: code generation changes what it reads. */
  withCopy<T>(use: (copy: Module) => T): T {
    const copy = this.library.call.LLVMCloneModule(this.reference) as Reference;
    try {
      return use(new Module(this.library, this.context, copy));
    } finally {
      this.library.call.LLVMDisposeModule(copy);
    }
  }

  dispose(): void {
    this.library.call.LLVMDisposeModule(this.reference);
    this.library.call.LLVMContextDispose(this.context);
  }

  get triple(): string {
    return this.library.call.LLVMGetTarget(this.reference) as string;
  }

  set triple(triple: string) {
    this.library.call.LLVMSetTarget(this.reference, triple);
  }

  /** Whether clang compiled it with -fPIC or -fPIE. */
  get positionIndependent(): boolean {
    const flag = 'PIC Level';
    return this.library.call.LLVMGetModuleFlag(this.reference, flag, flag.length) !== null;
  }

  /** What clang was told with -mcmodel. */
  get codeModel(): CodeModel {
    const { call } = this.library;
    const flag = 'Code Model';
    const metadata = call.LLVMGetModuleFlag(this.reference, flag, flag.length);
    if (metadata === null) return 'default';
    const number: [Reference | null] = [null];
    call.LLVMGetMDNodeOperands(call.LLVMMetadataAsValue(this.context, metadata), number);
    return codeModelFlags[Number(call.LLVMConstIntGetZExtValue(number[0]))] ?? 'default';
  }

  /** Runs a pipeline on the whole module, or on one function. Throws LlvmRefusal. */
  runPasses(pipeline: string, machine: Reference, functionName?: string): void {
    const { call } = this.library;
    const functionPasses = call.LLVMRunPassesOnFunction;
    let target: unknown;
    if (functionName !== undefined) {
      if (functionPasses === undefined) throw new LlvmRefusal('pipelines of single functions need LLVM 20');
      target = call.LLVMGetNamedFunction(this.reference, functionName);
      // Inlined away, or only declared: nothing to do.
      if (target === null || call.LLVMIsDeclaration(target)) return;
    }
    const options = call.LLVMCreatePassBuilderOptions();
    try {
      const error =
        functionPasses === undefined || target === undefined
          ? call.LLVMRunPasses(this.reference, pipeline, machine, options)
          : functionPasses(target, pipeline, machine, options);
      if (error !== null) {
        throw new LlvmRefusal(takeText(call.LLVMGetErrorMessage(error), call.LLVMDisposeErrorMessage));
      }
    } finally {
      call.LLVMDisposePassBuilderOptions(options);
    }
  }

  /**
   * Marks functions so that the inliner never, or always, copies them into their callers. A function that
   * the program itself marked the other way keeps its mark: LLVM takes no function with both.
   */
  setInlining(never: readonly string[], always: readonly string[]): void {
    const { call } = this.library;
    const kind = (name: string): unknown => call.LLVMGetEnumAttributeKindForName(name, name.length);
    for (const [names, wanted, opposite] of [
      [never, 'noinline', 'alwaysinline'],
      [always, 'alwaysinline', 'noinline'],
    ] as const) {
      const attribute = call.LLVMCreateEnumAttribute(this.context, kind(wanted), 0);
      for (const name of names) {
        const value = call.LLVMGetNamedFunction(this.reference, name);
        if (value === null) continue;
        if (call.LLVMGetEnumAttributeAtIndex(value, functionIndex, kind(opposite)) !== null) continue;
        call.LLVMAddAttributeAtIndex(value, functionIndex, attribute);
      }
    }
  }

  /** Turns `minsize` into `optsize`: -Oz into -Os, for the named functions or for all. */
  relax(names: readonly string[] | 'all'): void {
    const { call } = this.library;
    const kind = (name: string): unknown => call.LLVMGetEnumAttributeKindForName(name, name.length);
    const minimumSize = kind('minsize');
    const optimiseSize = call.LLVMCreateEnumAttribute(this.context, kind('optsize'), 0);
    const wanted = names === 'all' ? undefined : new Set(names);
    for (const value of this.definedFunctions()) {
      if (wanted !== undefined && !wanted.has(this.nameOf(value))) continue;
      if (call.LLVMGetEnumAttributeAtIndex(value, functionIndex, minimumSize) === null) continue;
      call.LLVMRemoveEnumAttributeAtIndex(value, functionIndex, minimumSize);
      call.LLVMAddAttributeAtIndex(value, functionIndex, optimiseSize);
    }
  }

  /** What LLVM's verifier objects to, or nothing. */
  verify(): string | undefined {
    const message: [Reference | null] = [null];
    const broken = this.library.call.LLVMVerifyModule(this.reference, verifierReturnsStatus, message);
    const text = takeText(message[0], this.library.call.LLVMDisposeMessage);
    return broken ? text.trim() : undefined;
  }

  /** Without debug information, whatever it was compiled with. */
  stripDebugInformation(): void {
    this.library.call.LLVMStripModuleDebugInfo(this.reference);
  }

  bitcode(): Uint8Array {
    return this.takeBuffer(this.library.call.LLVMWriteBitcodeToMemoryBuffer(this.reference));
  }

  text(): string {
    const { call } = this.library;
    return takeText(call.LLVMPrintModuleToString(this.reference), call.LLVMDisposeMessage);
  }

  emit(kind: EmitKind, machine: Reference): Uint8Array {
    const message: [Reference | null] = [null];
    const buffer: [Reference | null] = [null];
    const { call } = this.library;
    if (call.LLVMTargetMachineEmitToMemoryBuffer(machine, this.reference, emitKind[kind], message, buffer)) {
      throw new LlvmRefusal(takeText(message[0], call.LLVMDisposeMessage));
    }
    return this.takeBuffer(buffer[0]);
  }

  /** The functions that have a body, in module order. */
  functions(): FunctionSummary[] {
    const { call } = this.library;
    const summaries: FunctionSummary[] = [];
    for (const value of this.definedFunctions()) {
      const kind = call.LLVMGetLinkage(value) as number;
      summaries.push({
        name: this.nameOf(value),
        instructions: this.instructionsOf(value),
        internal: kind === linkage.internal || kind === linkage.private,
      });
    }
    return summaries;
  }

  /** IR instructions in function bodies. */
  instructionCount(): number {
    let instructions = 0;
    for (const value of this.definedFunctions()) instructions += this.instructionsOf(value);
    return instructions;
  }

  private instructionsOf(value: unknown): number {
    const { call } = this.library;
    let instructions = 0;
    let block = call.LLVMGetFirstBasicBlock(value);
    for (; block !== null; block = call.LLVMGetNextBasicBlock(block)) {
      let instruction = call.LLVMGetFirstInstruction(block);
      for (; instruction !== null; instruction = call.LLVMGetNextInstruction(instruction)) instructions++;
    }
    return instructions;
  }

  private nameOf(value: unknown): string {
    return this.library.call.LLVMGetValueName2(value, [0]) as string;
  }

  private *definedFunctions(): Generator<unknown> {
    const { call } = this.library;
    let value = call.LLVMGetFirstFunction(this.reference);
    for (; value !== null; value = call.LLVMGetNextFunction(value)) {
      if (!call.LLVMIsDeclaration(value)) yield value;
    }
  }

  private takeBuffer(buffer: unknown): Uint8Array {
    const { call } = this.library;
    try {
      return copyBytes(call.LLVMGetBufferStart(buffer), Number(call.LLVMGetBufferSize(buffer)));
    } finally {
      call.LLVMDisposeMemoryBuffer(buffer);
    }
  }
}

/** A short content hash of IR or of an object. */
export function contentHash(bytes: Uint8Array): string {
  return createHash('sha1').update(bytes).digest('hex').slice(0, 20);
}
