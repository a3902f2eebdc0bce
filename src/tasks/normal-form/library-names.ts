// Names that stay in the text as they are: functions whose meaning the compiler knows (LLVM's
// TargetLibraryInfo), and the run-time support that it calls by itself. A name of these tells how many
// arguments there are and whether the call returns; everybody else's names tell only their users.

const words = `
abort abs access acos asin asprintf atan atan2 atexit atof atoi atol atoll
bcmp bcopy bsearch bzero
calloc ceil ceilf chmod clearerr close closedir cos cosf cosh ctime
div dup2
errno __errno_location exit _exit exp exp2 expf
fabs fabsf fclose fdopen feof ferror fflush ffs fgetc fgets fileno floor floorf fmax fmin fmod fopen fprintf
fputc fputs fread free freopen frexp fscanf fseek fseeko fstat ftell ftello fwrite
getc getchar getenv getopt gettimeofday
htonl htons hypot
isalnum isalpha isascii isdigit islower isprint ispunct isspace isupper isxdigit
kill labs ldexp ldiv llabs localtime log log10 log2 logf longjmp _longjmp lrint lround lseek lstat
malloc memalign memccpy memchr memcmp memcpy memmem memmove mempcpy memrchr memset mkdir mktime mmap modf munmap
nearbyint ntohl ntohs
open open64 opendir perror poll popen posix_memalign pow powf pread printf putc putchar puts pwrite
qsort raise rand read readdir readlink realloc reallocarray realpath recv remove rename rewind rint rmdir round roundf
scanf select send setbuf setjmp _setjmp __sigsetjmp setvbuf sigaction signal sin sinf sinh sleep snprintf socket
sprintf sqrt sqrtf srand sscanf stat stpcpy stpncpy strcasecmp strcat strchr strchrnul strcmp strcoll strcpy
strcspn strdup strerror strftime strlcat strlcpy strlen strncasecmp strncat strncmp strncpy strndup strnlen
strpbrk strrchr strsep strspn strstr strtod strtof strtok strtok_r strtol strtold strtoll strtoul strtoull
strverscmp strxfrm sysconf system
tan tanh time times toascii tolower toupper trunc truncf
uname ungetc unlink usleep vasprintf vfprintf vprintf vsnprintf vsprintf vsscanf
waitpid write
__assert_fail __ctype_b_loc __ctype_tolower_loc __ctype_toupper_loc __isoc99_sscanf __isoc99_scanf __isoc99_fscanf
__stack_chk_fail __stack_chk_guard __memcpy_chk __memmove_chk __memset_chk __strcat_chk __strcpy_chk __strncpy_chk
__sprintf_chk __snprintf_chk __vsnprintf_chk __fprintf_chk __printf_chk __tls_get_addr
_Znwm _Znam _ZdlPv _ZdlPvm _ZdaPv _ZdaPvm _ZnwmRKSt9nothrow_t _Unwind_Resume __gxx_personality_v0
__gcc_personality_v0 __clang_call_terminate _ZSt9terminatev
__cxa_allocate_exception __cxa_atexit __cxa_begin_catch __cxa_end_catch __cxa_free_exception
__cxa_guard_abort __cxa_guard_acquire __cxa_guard_release __cxa_pure_virtual __cxa_rethrow __cxa_throw
__addtf3 __subtf3 __multf3 __divtf3 __eqtf2 __netf2 __lttf2 __letf2 __gttf2 __getf2 __unordtf2 __extenddftf2
__extendsftf2 __trunctfdf2 __trunctfsf2 __fixtfsi __fixtfdi __floatsitf __floatditf __floatunsitf __floatunditf
__udivti3 __umodti3 __divti3 __modti3 __multi3 __muloti4 __floattidf __floatuntidf __fixdfti __fixunsdfti
__popcountdi2 stdin stdout stderr environ
`;

export const libraryNames: ReadonlySet<string> = new Set(words.trim().split(/\s+/));

/** Return their first argument; LLVM infers that too late for a module that is only compiled. */
export const returnsFirstArgument: ReadonlySet<string> = new Set([
  'memcpy',
  'memmove',
  'memset',
  'strcat',
  'strcpy',
  'strncat',
  'strncpy',
]);

/** Declared `const` by the C library: the optimiser calls them once for many uses. */
export const withoutEffects: ReadonlySet<string> = new Set([
  '__ctype_b_loc',
  '__ctype_tolower_loc',
  '__ctype_toupper_loc',
  '__errno_location',
]);
