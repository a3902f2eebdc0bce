// Fills in configuration headers (`config.h.in` of autoheader, `config.h.cmake`) from what is known of this
// machine, in milliseconds and without running the package's configure script, which takes 3 to 25 seconds
// of processor time. To think of it: the answers of a common Linux. Where a question is not understood the
// macro stays undefined, as configure leaves it when the answer is no.

import type { SystemKnowledge } from './system.ts';

export interface PackageIdentity {
  name: string;
  version: string;
}

// prettier-ignore
const sizes: Readonly<Record<string, number>> = {
  CHAR: 1, SHORT: 2, SHORT_INT: 2, INT: 4, UNSIGNED: 4, UNSIGNED_INT: 4, UNSIGNED_SHORT: 2, UNSIGNED_CHAR: 1,
  LONG: 8, LONG_INT: 8, UNSIGNED_LONG: 8, LONG_LONG: 8, LONG_LONG_INT: 8, UNSIGNED_LONG_LONG: 8, __INT64: 0,
  FLOAT: 4, DOUBLE: 8, LONG_DOUBLE: 16, VOID_P: 8, VOIDP: 8, VOID_PTR: 8, INTP: 8, CHAR_P: 8, INT_P: 8, SIZE_T: 8,
  SSIZE_T: 8, PTRDIFF_T: 8, TIME_T: 8, OFF_T: 8, OFF64_T: 8, WCHAR_T: 4, INT8_T: 1, INT16_T: 2, INT32_T: 4,
  INT64_T: 8, UINT8_T: 1, UINT16_T: 2, UINT32_T: 4, UINT64_T: 8, INTPTR_T: 8, UINTPTR_T: 8, INTMAX_T: 8,
  PID_T: 4, UID_T: 4, GID_T: 4, MODE_T: 4, DEV_T: 8, INO_T: 8, PTHREAD_T: 8, _BOOL: 1, BOOL: 1, WINT_T: 4,
  SIG_ATOMIC_T: 4, SUSECONDS_T: 8, TIMEVAL: 16, STRUCT_TIMEVAL: 16, SOCKLEN_T: 4, FPOS_T: 16, CLOCK_T: 8,
};

/** Always yes on a Linux of today. */
const yes = new Set(
  `STDC_HEADERS HAVE_STDC_HEADERS TIME_WITH_SYS_TIME _GNU_SOURCE _ALL_SOURCE _POSIX_PTHREAD_SEMANTICS __EXTENSIONS__
  _DEFAULT_SOURCE _DARWIN_C_SOURCE _NETBSD_SOURCE HAVE__BOOL HAVE_BOOL HAVE_LONG_LONG HAVE_LONG_LONG_INT HAVE_LONG_DOUBLE
  HAVE_UNSIGNED_LONG_LONG_INT HAVE_UNSIGNED_LONG_LONG HAVE_INTMAX_T HAVE_UINTMAX_T HAVE_INTPTR_T HAVE_UINTPTR_T HAVE_SSIZE_T
  HAVE_SIZE_T HAVE_OFF_T HAVE_PID_T HAVE_MODE_T HAVE_SOCKLEN_T HAVE_PTRDIFF_T HAVE_WCHAR_T HAVE_WINT_T HAVE_INT8_T HAVE_INT16_T
  HAVE_INT32_T HAVE_INT64_T HAVE_UINT8_T HAVE_UINT16_T HAVE_UINT32_T HAVE_UINT64_T HAVE_U_INT8_T HAVE_U_INT16_T HAVE_U_INT32_T
  HAVE_U_INT64_T HAVE_SIGNED_CHAR HAVE_INLINE HAVE_C_INLINE HAVE_VOLATILE HAVE_CONST HAVE_PROTOTYPES PROTOTYPES HAVE_STDARG
  HAVE_C99_VSNPRINTF HAVE_SNPRINTF HAVE_VARIADIC_MACROS HAVE_ALLOCA HAVE_TM_ZONE HAVE_STRUCT_TM_TM_ZONE HAVE_STRUCT_TM_TM_GMTOFF
  HAVE_TM_GMTOFF HAVE_TZNAME HAVE_DECL_TZNAME HAVE_STRUCT_STAT_ST_BLKSIZE HAVE_STRUCT_STAT_ST_BLOCKS HAVE_STRUCT_STAT_ST_RDEV
  HAVE_ST_BLKSIZE HAVE_ST_BLOCKS HAVE_ST_RDEV HAVE_STRUCT_STAT_ST_MTIM_TV_NSEC HAVE_STRUCT_STAT_ST_MTIM HAVE_STRUCT_TIMEVAL
  HAVE_STRUCT_TIMESPEC HAVE_STRUCT_SOCKADDR_STORAGE HAVE_STRUCT_SOCKADDR_IN6 HAVE_STRUCT_IN6_ADDR HAVE_STRUCT_ADDRINFO
  HAVE_STRUCT_SOCKADDR_UN HAVE_STRUCT_IFREQ HAVE_STRUCT_PASSWD_PW_GECOS HAVE_STRUCT_IOVEC HAVE_STRUCT_POLLFD HAVE_SA_FAMILY_T
  HAVE_IN_ADDR_T HAVE_IN_PORT_T HAVE_SIG_ATOMIC_T HAVE_SIGSET_T HAVE_SIGINFO_T HAVE_ERRNO HAVE_SYS_ERRLIST HAVE_IPV6 ENABLE_IPV6
  HAVE_INET6 HAVE_PTHREAD HAVE_PTHREADS HAVE_THREADS USE_THREADS HAVE_EPOLL HAVE_WORKING_FORK HAVE_WORKING_VFORK HAVE_WORKING_MMAP
  HAVE_WORKING_POLL HAVE_POSIX_SIGNALS HAVE_TERMIOS HAVE_DIRENT HAVE_UNIX_SOCKETS HAVE_GCC HAVE___ATTRIBUTE__ HAVE_ATTRIBUTE
  HAVE_BUILTIN_EXPECT HAVE___BUILTIN_EXPECT HAVE_BUILTIN_CLZ HAVE___BUILTIN_CLZ HAVE_GCC_ATOMICS HAVE_ATOMIC HAVE_SYNC_BUILTINS
  HAVE_ATTRIBUTE_PACKED HAVE_ATTRIBUTE_NORETURN HAVE_ATTRIBUTE_UNUSED HAVE_VISIBILITY HAVE_VAR_ARRAYS VAR_ARRAYS HAVE_LIBM
  HAVE_LIBPTHREAD HAVE_LIBDL HAVE_LIBRT HAVE_DLOPEN HAVE_DECL_STRERROR_R HAVE_LANGINFO_CODESET HAVE_LC_MESSAGES HAVE_MBSTATE_T
  HAVE_WCTYPE_T HAVE_MINMAX_IN_SYS_PARAM_H HAVE_LINUX HAVE_PROC_PID HAVE_FSEEKO HAVE_VA_COPY HAVE___VA_COPY HAVE_MAP_ANONYMOUS
  GETPGRP_VOID SETPGRP_VOID POSIX_SIGNALS RETSIGTYPE_VOID HAVE_UNSIGNED_CHAR HAVE_STRUCT_TM_IN_TIME_H HAVE_SYS_WAIT CPU_IS_LITTLE_ENDIAN
  HAVE_LITTLE_ENDIAN FLOATING_POINT USE_SMALLFT ARCH_X86_64 ARCH_X86 CONFIG_8BPC CONFIG_16BPC HAVE_LIBC`.split(
    /\s+/,
  ),
);

const texts: Readonly<Record<string, (identity: PackageIdentity) => string>> = {
  PACKAGE: ({ name }) => `"${name}"`,
  PACKAGE_NAME: ({ name }) => `"${name}"`,
  PACKAGE_TARNAME: ({ name }) => `"${name}"`,
  PACKAGE_STRING: ({ name, version }) => `"${name} ${version}"`,
  PACKAGE_VERSION: ({ version }) => `"${version}"`,
  VERSION: ({ version }) => `"${version}"`,
  PACKAGE_BUGREPORT: () => '"bugs@example.org"',
  PACKAGE_URL: () => '""',
  LT_OBJDIR: () => '".libs/"',
  RETSIGTYPE: () => 'void',
  SELECT_TYPE_ARG1: () => 'int',
  SELECT_TYPE_ARG234: () => '(fd_set *)',
  SELECT_TYPE_ARG5: () => '(struct timeval *)',
  STAT_TIMESPEC: () => 'st_mtim',
  FLEXIBLE_ARRAY_MEMBER: () => '/**/',
  GETGROUPS_T: () => 'gid_t',
  HOST: () => '"x86_64-pc-linux-gnu"',
  OS: () => '"linux"',
  ICONV_CONST: () => '',
  SEND_QUAL_ARG2: () => 'const',
  STACK_DIRECTION: () => '-1',
  RECV_TYPE_RETV: () => 'ssize_t',
  RECV_TYPE_ARG1: () => 'int',
  RECV_TYPE_ARG2: () => 'void *',
  RECV_TYPE_ARG3: () => 'size_t',
  RECV_TYPE_ARG4: () => 'int',
  SEND_TYPE_RETV: () => 'ssize_t',
  SEND_TYPE_ARG1: () => 'int',
  SEND_TYPE_ARG2: () => 'void *',
  SEND_TYPE_ARG3: () => 'size_t',
  SEND_TYPE_ARG4: () => 'int',
  RECVFROM_TYPE_RETV: () => 'ssize_t',
  RECVFROM_TYPE_ARG1: () => 'int',
  RECVFROM_TYPE_ARG2: () => 'void',
  RECVFROM_TYPE_ARG3: () => 'size_t',
  RECVFROM_TYPE_ARG4: () => 'int',
  RECVFROM_TYPE_ARG5: () => 'struct sockaddr',
  RECVFROM_TYPE_ARG6: () => 'socklen_t',
};

/** What stands behind `#define NAME`, or undefined for a macro that stays undefined. */
export function macroValue(
  name: string,
  system: SystemKnowledge,
  identity: PackageIdentity,
): string | undefined {
  const text = texts[name];
  if (text !== undefined) return text(identity);
  if (yes.has(name)) return '1';
  const size = /(?:^|_)SIZEOF_(.+)$/.exec(name)?.[1];
  if (size !== undefined)
    return size in sizes ? String(sizes[size]) : size.endsWith('OFF_T') ? '8' : undefined;
  const declared = /HAVE_DECL_(.+)$/.exec(name)?.[1];
  if (declared !== undefined)
    // Capital names are constants of headers.
    return declared === declared.toUpperCase() || system.functions.has(declared) ? '1' : '0';
  // Some packages put their own name before: LIBFOO_HAVE_UNISTD_H.
  const asked = /(?:^|_)HAVE_(.+)$/.exec(name)?.[1];
  if (asked === undefined) return undefined;
  if (asked.endsWith('_H')) return system.headerMacros.has(asked) ? '1' : undefined;
  const library = /^LIB_?(.+)$/.exec(asked)?.[1]?.toLowerCase();
  if (library !== undefined && system.libraries.has(library)) return '1';
  const lower = asked.toLowerCase();
  return system.functions.has(lower) || system.functions.has(asked) ? '1' : undefined;
}

/** A value for `@NAME@`. */
function substitution(name: string, system: SystemKnowledge, identity: PackageIdentity): string {
  const [major = '1', minor = '0', patch = '0'] = identity.version
    .split(/[^\d]+/)
    .filter((part) => part !== '');
  const width = /^(U?)SIZE(16|32|64)$/.exec(name);
  if (width !== null)
    return `${width[1] === '' ? '' : 'unsigned '}${{ 16: 'short', 32: 'int', 64: 'long' }[width[2]!]}`;
  if (/inline$/i.test(name)) return 'inline';
  if (/MAJOR/i.test(name)) return major;
  if (/MINOR/i.test(name)) return minor;
  if (/MICRO|PATCH|REVISION|BUILD|TINY/i.test(name)) return patch;
  if (/VERSION/i.test(name)) return identity.version;
  if (/^PACKAGE|NAME$/.test(name)) return identity.name;
  if (/DIR$|PATH$|prefix$/.test(name)) return '/usr/share';
  // gnulib: REPLACE_x is 0 where the C library is good enough, HAVE_x is 1.
  if (/^(\w+_)?have_/i.test(name) && !/_H$/i.test(name)) return '1';
  return macroValue(name, system, identity) ?? '0';
}

/** A template of autoheader, of CMake or with `@NAME@` → the header. */
export function fillHeader(template: string, system: SystemKnowledge, identity: PackageIdentity): string {
  return (
    template
      .replaceAll(/^[ \t]*#[ \t]*undef[ \t]+(\w+).*$/gm, (_, name: string) => {
        const value = macroValue(name, system, identity);
        return value === undefined ? `/* #undef ${name} */` : `#define ${name} ${value}`;
      })
      .replaceAll(/^[ \t]*#[ \t]*cmakedefine01[ \t]+(\w+).*$/gm, (_, name: string) => {
        return `#define ${name} ${macroValue(name, system, identity) === undefined ? 0 : 1}`;
      })
      .replaceAll(/^[ \t]*#[ \t]*cmakedefine[ \t]+(\w+)(.*)$/gm, (_, name: string, rest: string) => {
        const value = macroValue(name, system, identity);
        if (value === undefined) return `/* #undef ${name} */`;
        return rest.trim() === '' || /[@$]/.test(rest)
          ? `#define ${name} ${value}`
          : `#define ${name}${rest}`;
      })
      .replaceAll(/^[ \t]*#[ \t]*mesondefine[ \t]+(\w+).*$/gm, (_, name: string) => {
        const value = macroValue(name, system, identity);
        return value === undefined ? `/* #undef ${name} */` : `#define ${name} ${value}`;
      })
      // A line that is nothing but a placeholder: CMake's check_type_size leaves a definition there.
      .replaceAll(/^[ \t]*(?:@(\w+)@|\$\{(\w+)\})[ \t]*$/gm, (_, at?: string, braces?: string) => {
        const sized = /^(SIZEOF_\w+)_CODE$/.exec(at ?? braces ?? '')?.[1];
        const value = sized === undefined ? undefined : macroValue(sized, system, identity);
        return value === undefined ? '' : `#define ${sized} ${value}`;
      })
      .replaceAll(/@(\w+)@|\$\{(\w+)\}/g, (_, at: string | undefined, braces: string | undefined) =>
        substitution(at ?? braces ?? '', system, identity),
      )
  );
}

/** The header that a template becomes: `config.h` for `config.h.in`, `config_h.in`, `config.h.cmake`. */
export function headerOfTemplate(path: string): string {
  const slash = path.lastIndexOf('/') + 1;
  const name = path.slice(slash);
  const plain = name
    .replace(/\.cmake(\.in)?$/, '')
    .replace(/\.in\.h$/, '.h')
    .replace(/\.in$/, '')
    .replace(/\.hin$/, '.h')
    .replace(/_h$/, '.h')
    .replace(/^cmake_?config\.h$/, 'config.h');
  return path.slice(0, slash) + plain;
}

/**
 * A configuration header for a package without a template: every question that its code asks, answered. What
 * is not known stays undefined here, too.
 */
export function headerFromCode(
  texts: Iterable<string>,
  system: SystemKnowledge,
  identity: PackageIdentity,
): string {
  const asked = new Set<string>();
  for (const text of texts) {
    for (const [name] of text.matchAll(/\b[A-Z][A-Z0-9_]*\b/g)) asked.add(name);
  }
  const lines = [...asked].sort().flatMap((name) => {
    const value = macroValue(name, system, identity);
    return value === undefined ? [] : [`#ifndef ${name}\n#define ${name} ${value}\n#endif`];
  });
  return `${lines.join('\n')}\n`;
}
