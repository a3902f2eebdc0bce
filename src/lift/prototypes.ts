// Signatures: those of the C library that programs call most, and where a convention puts the values of a
// signature. Wrong here is worse than missing: an unknown callee is inferred from its calls.

import type { Type } from './expression.ts';
import type { ResultPart } from './step.ts';
import type { CallingConvention } from './targets/target.ts';

export interface Signature {
  /** `void`, or `{ i64, double }` where the members of a small structure come back in registers. */
  result: Type;
  /** Without the address of a returned structure. */
  parameters: Type[];
  /** A large structure is returned through its address, in a register of its own. */
  structureResult?: boolean;
  variadic: boolean;
}

/** One line a signature: result, parameters, then the names that have it. */
const known = `
i64 (ptr): strlen wcslen atol atoll ftell ftello time
i64 (ptr, i64): strnlen
i32 (ptr, ptr): strcmp strcasecmp strcoll fputs rename stat lstat link symlink
i32 (ptr, ptr, i64): strncmp strncasecmp memcmp bcmp
ptr (ptr, ptr): strcpy strcat strstr strpbrk strtok stpcpy fopen strcasestr popen realpath
ptr (ptr, i32): strchr strrchr index rindex strchrnul
ptr (ptr, ptr, i64): strncpy strncat memcpy memmove mempcpy stpncpy
ptr (ptr, i32, i64): memset memchr memrchr
i64 (ptr, ptr): strspn strcspn
ptr (i64): malloc
ptr (i64, i64): calloc aligned_alloc
ptr (ptr, i64): realloc strndup
ptr (ptr, i64, i64): reallocarray
void (ptr): free perror rewind clearerr
ptr (ptr): strdup getenv opendir readdir gmtime localtime asctime ctime
void (i32): exit _exit srand
void (): abort __stack_chk_fail
i32 (ptr, ...): printf scanf
i32 (ptr, ptr, ...): fprintf sprintf sscanf fscanf
i32 (ptr, i64, ptr, ...): snprintf
i32 (i32, ptr, ...): __printf_chk
i32 (ptr, i32, ptr, ...): __fprintf_chk
i32 (ptr, i32, i64, ptr, ...): __sprintf_chk
i32 (ptr, i64, i32, i64, ptr, ...): __snprintf_chk
i32 (ptr, ptr, ptr): vfprintf vsprintf
i32 (ptr, i64, ptr, ptr): vsnprintf
i32 (ptr): puts atoi fclose fflush fgetc getc feof ferror fileno remove unlink rmdir chdir closedir pclose
double (ptr): atof
double (ptr, ptr): strtod
i64 (ptr, ptr, i32): strtol strtoul strtoll strtoull
i32 (i32): abs putchar isatty close toupper tolower isalpha isdigit isspace isalnum isupper islower ispunct isprint isxdigit iscntrl isgraph dup
i64 (i64): labs llabs
i32 (i32, ptr): fputc putc ungetc fstat
i64 (ptr, i64, i64, ptr): fread fwrite
i32 (ptr, i64, i32): fseek
ptr (ptr, i32, ptr): fgets
i64 (i32, ptr, i64): read write
i64 (i32, i64, i32): lseek
i32 (ptr, i32, ...): open
i32 (i32, i32, ...): fcntl
i32 (i32, i64, ...): ioctl
i32 (): rand getpid fork
ptr (): __errno_location tmpfile __error __ctype_b_loc __ctype_tolower_loc __ctype_toupper_loc
void (ptr, i64, i64, ptr): qsort
ptr (ptr, ptr, i64, i64, ptr): bsearch
void (ptr, ptr, i32, ptr): __assert_fail
ptr (i32): strerror
double (double): sin cos tan asin acos atan sinh cosh tanh exp exp2 log log2 log10 log1p expm1 sqrt cbrt floor ceil round trunc fabs rint nearbyint
double (double, double): pow fmod atan2 hypot fmin fmax copysign
double (double, i32): ldexp
double (double, ptr): frexp modf
float (float): sinf cosf tanf expf logf sqrtf floorf ceilf fabsf roundf truncf
float (float, float): powf fmodf atan2f
i64 (double): lrint lround
i64 (): clock
x86_fp80 (x86_fp80): sinl cosl tanl asinl acosl atanl sinhl coshl tanhl expl exp2l expm1l logl log2l log10l log1pl sqrtl cbrtl floorl ceill roundl truncl fabsl rintl nearbyintl
x86_fp80 (x86_fp80, x86_fp80): powl fmodl atan2l hypotl fminl fmaxl copysignl remainderl
x86_fp80 (x86_fp80, i32): ldexpl scalbnl
x86_fp80 (x86_fp80, ptr): frexpl modfl
x86_fp80 (ptr, ptr): strtold
i64 (x86_fp80): lrintl lroundl llrintl llroundl
`;

function parseSignature(text: string): Signature {
  const [, result, list] = /^(\w+) \((.*)\)$/.exec(text)!;
  const words = list === '' ? [] : list!.split(', ');
  return {
    result: result!,
    parameters: words.filter((word) => word !== '...'),
    variadic: words.includes('...'),
  };
}

function parseTable(text: string): Map<string, Signature> {
  const table = new Map<string, Signature>();
  for (const line of text.trim().split('\n')) {
    const at = line.lastIndexOf(':');
    const signature = parseSignature(line.slice(0, at));
    for (const name of line
      .slice(at + 1)
      .trim()
      .split(' '))
      table.set(name, signature);
  }
  return table;
}

let table: Map<string, Signature> | undefined;

/** `withExtended` where long double is x86_fp80. */
export function knownSignature(name: string, withExtended: boolean): Signature | undefined {
  table ??= parseTable(known);
  const signature = table.get(name);
  if (signature === undefined || withExtended) return signature;
  return [signature.result, ...signature.parameters].includes(extended) ? undefined : signature;
}

/** Whether a function of the file or of the C library returns long double, where that is known. */
export function returnsExtended(
  name: string,
  signatures: ReadonlyMap<string, Signature>,
): boolean | undefined {
  const signature = signatures.get(name) ?? knownSignature(name, true);
  return signature === undefined ? undefined : signature.result === extended;
}

const noReturn = new Set([
  'exit',
  '_exit',
  '_Exit',
  'abort',
  '__stack_chk_fail',
  '__assert_fail',
  'longjmp',
  'siglongjmp',
  '__longjmp_chk',
  'err',
  'errx',
  'verr',
  'verrx',
  'quick_exit',
  '__fortify_fail',
  '__chk_fail',
  'pthread_exit',
  '_Unwind_Resume',
  '__cxa_throw',
]);

/** Functions of the C library that never come back. */
export function isNoReturn(name: string): boolean {
  return noReturn.has(name);
}

/** Where one value of a signature lives: a register, or so many bytes into the arguments on the stack. */
export type Location = { kind: 'register'; register: number } | { kind: 'stack'; offset: number };

/** C's long double on x86-64, which is passed on the stack. */
export const extended: Type = 'x86_fp80';

/** Of those in vector registers. */
export const isFloat = (type: Type): boolean => type === 'float' || type === 'double' || type.startsWith('<');

/** The members of a result: none of void, several of a structure. */
export function membersOf(result: Type): Type[] {
  if (result === 'void') return [];
  return result.startsWith('{') ? result.slice(1, -1).trim().split(/, /) : [result];
}

export function structureOf(members: readonly Type[]): Type {
  return members.length > 1 ? `{ ${members.join(', ')} }` : (members[0] ?? 'void');
}

/** The registers that a result comes back in. */
export function locateResult(result: Type, convention: CallingConvention): ResultPart[] {
  let integers = 0;
  let floats = 0;
  return membersOf(result).map((type) => {
    if (type === extended) return { register: convention.extendedResult!, type };
    const register = isFloat(type)
      ? convention.floatResults[floats++]!
      : convention.integerResults[integers++]!;
    return { register, type };
  });
}

/** The places of parameters, in order. */
export function locateParameters(parameters: readonly Type[], convention: CallingConvention): Location[] {
  let integers = 0;
  let floats = 0;
  let stack = 0;
  return parameters.map((type): Location => {
    if (type === extended) {
      stack = 16 * Math.ceil(stack / 16) + 16;
      return { kind: 'stack', offset: stack - 16 };
    }
    const registers = isFloat(type) ? convention.floatArguments : convention.integerArguments;
    const register = registers[isFloat(type) ? floats++ : integers++];
    if (register !== undefined) return { kind: 'register', register };
    stack += 8;
    return { kind: 'stack', offset: stack - 8 };
  });
}
