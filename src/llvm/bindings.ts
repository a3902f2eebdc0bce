// The functions of the LLVM-C API that we call, one line each, bound through koffi. To think of it: the
// C header, shortened. Pointers are opaque bigints; who frees what is told in module.ts, nowhere else.
// Nothing here is safe to call with pointers that were freed.

import koffi from 'koffi';

/** An opaque LLVM pointer. */
export type Reference = bigint;

const prototypes = {
  LLVMContextCreate: 'void *LLVMContextCreate()',
  LLVMContextDispose: 'void LLVMContextDispose(void *context)',
  LLVMContextSetDiscardValueNames: 'void LLVMContextSetDiscardValueNames(void *context, bool discard)',
  LLVMGetVersion:
    'void LLVMGetVersion(_Out_ unsigned int *major, _Out_ unsigned int *minor, _Out_ unsigned int *patch)',
  LLVMParseCommandLineOptions:
    'void LLVMParseCommandLineOptions(int count, const char **arguments, const char *overview)',

  LLVMCreateMemoryBufferWithMemoryRangeCopy:
    'void *LLVMCreateMemoryBufferWithMemoryRangeCopy(const uint8_t *data, size_t length, const char *name)',
  LLVMDisposeMemoryBuffer: 'void LLVMDisposeMemoryBuffer(void *buffer)',
  LLVMGetBufferStart: 'void *LLVMGetBufferStart(void *buffer)',
  LLVMGetBufferSize: 'size_t LLVMGetBufferSize(void *buffer)',
  LLVMDisposeMessage: 'void LLVMDisposeMessage(void *message)',

  LLVMParseIRInContext:
    'bool LLVMParseIRInContext(void *context, void *buffer, _Out_ void **module, _Out_ void **message)',
  LLVMCloneModule: 'void *LLVMCloneModule(void *module)',
  LLVMDisposeModule: 'void LLVMDisposeModule(void *module)',
  LLVMStripModuleDebugInfo: 'bool LLVMStripModuleDebugInfo(void *module)',
  LLVMPrintModuleToString: 'void *LLVMPrintModuleToString(void *module)',
  LLVMWriteBitcodeToMemoryBuffer: 'void *LLVMWriteBitcodeToMemoryBuffer(void *module)',
  LLVMVerifyModule: 'bool LLVMVerifyModule(void *module, int action, _Out_ void **message)',
  LLVMGetTarget: 'const char *LLVMGetTarget(void *module)',
  LLVMSetTarget: 'void LLVMSetTarget(void *module, const char *triple)',
  LLVMGetModuleFlag: 'void *LLVMGetModuleFlag(void *module, const char *key, size_t length)',
  LLVMMetadataAsValue: 'void *LLVMMetadataAsValue(void *context, void *metadata)',
  LLVMGetMDNodeOperands: 'void LLVMGetMDNodeOperands(void *value, _Out_ void **operands)',
  LLVMConstIntGetZExtValue: 'uint64_t LLVMConstIntGetZExtValue(void *value)',

  LLVMGetFirstFunction: 'void *LLVMGetFirstFunction(void *module)',
  LLVMGetNextFunction: 'void *LLVMGetNextFunction(void *value)',
  LLVMGetNamedFunction: 'void *LLVMGetNamedFunction(void *module, const char *name)',
  LLVMIsDeclaration: 'bool LLVMIsDeclaration(void *value)',
  LLVMGetValueName2: 'const char *LLVMGetValueName2(void *value, _Out_ size_t *length)',
  LLVMGetLinkage: 'int LLVMGetLinkage(void *value)',

  LLVMGetFirstBasicBlock: 'void *LLVMGetFirstBasicBlock(void *function)',
  LLVMGetNextBasicBlock: 'void *LLVMGetNextBasicBlock(void *block)',
  LLVMGetFirstInstruction: 'void *LLVMGetFirstInstruction(void *block)',
  LLVMGetNextInstruction: 'void *LLVMGetNextInstruction(void *instruction)',

  LLVMGetEnumAttributeKindForName:
    'unsigned int LLVMGetEnumAttributeKindForName(const char *name, size_t length)',
  LLVMCreateEnumAttribute: 'void *LLVMCreateEnumAttribute(void *context, unsigned int kind, uint64_t value)',
  LLVMAddAttributeAtIndex: 'void LLVMAddAttributeAtIndex(void *function, int index, void *attribute)',
  LLVMRemoveEnumAttributeAtIndex:
    'void LLVMRemoveEnumAttributeAtIndex(void *function, int index, unsigned int kind)',
  LLVMGetEnumAttributeAtIndex:
    'void *LLVMGetEnumAttributeAtIndex(void *function, int index, unsigned int kind)',

  LLVMGetTargetFromTriple:
    'bool LLVMGetTargetFromTriple(const char *triple, _Out_ void **target, _Out_ void **message)',
  LLVMCreateTargetMachine:
    'void *LLVMCreateTargetMachine(void *target, const char *triple, const char *cpu, const char *features, int level, int relocation, int codeModel)',
  LLVMTargetMachineEmitToMemoryBuffer:
    'bool LLVMTargetMachineEmitToMemoryBuffer(void *machine, void *module, int kind, _Out_ void **message, _Out_ void **buffer)',

  LLVMCreatePassBuilderOptions: 'void *LLVMCreatePassBuilderOptions()',
  LLVMDisposePassBuilderOptions: 'void LLVMDisposePassBuilderOptions(void *options)',
  LLVMRunPasses: 'void *LLVMRunPasses(void *module, const char *passes, void *machine, void *options)',
  LLVMGetErrorMessage: 'void *LLVMGetErrorMessage(void *error)',
  LLVMDisposeErrorMessage: 'void LLVMDisposeErrorMessage(void *message)',
} as const;

/** Absent before LLVM 20. */
const optionalPrototypes = {
  LLVMRunPassesOnFunction:
    'void *LLVMRunPassesOnFunction(void *function, const char *passes, void *machine, void *options)',
} as const;

type Call = (...values: unknown[]) => unknown;
type Bindings = Record<keyof typeof prototypes, Call> &
  Partial<Record<keyof typeof optionalPrototypes, Call>>;

/** The targets that we initialise, by the prefix of their LLVMInitialize… functions. */
export const targetFamilies = [
  'X86',
  'AArch64',
  'ARM',
  'RISCV',
  'WebAssembly',
  'Mips',
  'PowerPC',
  'AVR',
] as const;

export interface LlvmLibrary {
  /** For example [22, 1, 8]. */
  version: readonly [number, number, number];
  call: Bindings;
  /** Those of targetFamilies that this library was built with. */
  targets: readonly string[];
}

const stackBytes = 8 * 1024 * 1024;

/** Loads the library and initialises its targets. Call once a process: LLVM keeps global state. */
export function loadLibrary(path: string): LlvmLibrary {
  // Passes recurse deeply; `opt` runs them on the 8 MiB that a main thread has, koffi on 2 MiB of its own.
  koffi.config({ sync_stack_size: stackBytes });
  const library = koffi.load(path);
  const call: Record<string, Call> = {};
  for (const [name, prototype] of Object.entries(prototypes)) call[name] = library.func(prototype);
  for (const [name, prototype] of Object.entries(optionalPrototypes)) {
    try {
      call[name] = library.func(prototype);
    } catch {
      // An older LLVM: the caller has another way.
    }
  }
  const targets = targetFamilies.filter((family) => {
    try {
      for (const part of ['TargetInfo', 'Target', 'TargetMC', 'AsmPrinter', 'AsmParser']) {
        library.func(`void LLVMInitialize${family}${part}()`)();
      }
      return true;
    } catch {
      return false;
    }
  });
  const numbers: [number[], number[], number[]] = [[0], [0], [0]];
  call['LLVMGetVersion']!(...numbers);
  return {
    version: [numbers[0][0]!, numbers[1][0]!, numbers[2][0]!],
    call: call as Bindings,
    targets,
  };
}

/** The text at a C string that LLVM allocated, freed with the given function. */
export function takeText(pointer: unknown, free: Call): string {
  if (pointer === null || pointer === undefined || pointer === 0n) return '';
  const text = koffi.decode(pointer, 'char', -1) as string;
  free(pointer);
  return text;
}

/** A copy of `length` bytes at a pointer. */
export function copyBytes(pointer: unknown, length: number): Uint8Array {
  return new Uint8Array(koffi.view(pointer, length)).slice();
}
