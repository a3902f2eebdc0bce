// Reads clang's command line as far as we must: which words are inputs, which flags take a value, what
// says where output goes, and what still means something once the source has become IR. Everything that
// is not named here is kept and given back to clang, who knows better.

/** One flag with its value, or one input. `words` is how it stood on the command line. */
export interface ClangWord {
  /** `-o`, `-D`, `-std=`, `--target=`; undefined for an input. */
  flag?: string;
  value?: string;
  words: readonly string[];
}

/** Flags whose value may be the next word; those of the first row may have it joined to them, too. */
const joinedOrSeparate = [
  '-o',
  '-D',
  '-U',
  '-I',
  '-L',
  '-l',
  '-F',
  '-B',
  '-T',
  '-x',
  '-u',
  '-A',
  '-MF',
  '-MT',
];
const joinedOrSeparateMore = [
  '-MQ',
  '-include',
  '-imacros',
  '-isystem',
  '-iquote',
  '-idirafter',
  '-iprefix',
  '-iwithprefix',
  '-iwithprefixbefore',
  '-isysroot',
  '-iframework',
];
const separate = [
  '-target',
  '-arch',
  '-mllvm',
  '-Xclang',
  '-Xpreprocessor',
  '-Xassembler',
  '-Xlinker',
  '-Xanalyzer',
  '-Xopenmp-target',
  '-framework',
  '-aux-info',
  '--param',
  '-z',
  '-e',
  '-rpath',
  '-resource-dir',
  '-working-directory',
  '-dependency-file',
  '-dumpdir',
  '-dumpbase',
  '-dumpbase-ext',
  '-serialize-diagnostics',
  '--serialize-diagnostics',
  '--sysroot',
  '--output',
  '--include',
  '--define-macro',
  '--include-directory',
  '-ftrapv-handler',
];
const withEquals = ['-std=', '--std=', '--target=', '--sysroot=', '--output=', '--language=', '-stdlib='];

// The longest first: `-include` before `-I`, `-isysroot` before `-i`.
const joined = [...joinedOrSeparate, ...joinedOrSeparateMore].sort((a, b) => b.length - a.length);
/** Not `-I` and `-D` but other flags that begin with the same letters. */
const notJoined = /^-(include-pch|objcmt|fobjc|Tdata|Tbss|Ttext|undef|umbrella|isystem-after|oformat)/;

/** Splits a command line without the program. Nothing is lost: the words of all entries are the input. */
export function readClangWords(words: readonly string[]): ClangWord[] {
  const entries: ClangWord[] = [];
  for (let at = 0; at < words.length; at++) {
    const word = words[at]!;
    if (!word.startsWith('-') || word === '-') {
      entries.push({ words: [word], value: word });
      continue;
    }
    if ((separate.includes(word) || joined.includes(word)) && at + 1 < words.length) {
      at++;
      entries.push({ flag: word, value: words[at]!, words: [word, words[at]!] });
      continue;
    }
    const equals = withEquals.find((flag) => word.startsWith(flag));
    const prefix = notJoined.test(word) ? undefined : joined.find((flag) => word.startsWith(flag));
    const flag = equals ?? prefix ?? word;
    entries.push({ flag, words: [word], ...(flag === word ? {} : { value: word.slice(flag.length) }) });
  }
  return entries;
}

/** Says where output goes or that only a part of the compilation is wanted. */
const outputFlags = new Set(['-o', '-c', '-S', '-E', '-emit-llvm', '-x', '-pipe', '-integrated-as']);
const dependencyFlags = new Set(['-M', '-MM', '-MD', '-MMD', '-MG', '-MP', '-MF', '-MT', '-MQ', '-MV']);

function flatten(entries: readonly ClangWord[]): string[] {
  return entries.flatMap((entry) => entry.words);
}

/** The flags of a command line that say how to compile, without inputs, outputs and dependency files. */
export function compileFlags(entries: readonly ClangWord[]): string[] {
  return flatten(
    entries.filter(
      ({ flag }) =>
        flag !== undefined &&
        !outputFlags.has(flag) &&
        !dependencyFlags.has(flag) &&
        !/^(--output=?|--language=|-save-temps|--save-temps)/.test(flag),
    ),
  );
}

/** What only the preprocessor or the C front end reads, and what the module itself says (its target). */
const frontEndFlags =
  /^(-D|-U|-I|-F|-A|-include|-imacros|-i(system|quote|diraf|prefix|withprefix|sysroot|framework)|--include|--define-macro|-include-pch|-std=|--std=|-stdlib=|-ansi|-trigraphs|-undef|-nostdinc|-nobuiltininc|-C$|-CC$|-P$|-H$|-Wp,|-Xpreprocessor|-W(?![al],)|-w$|-pedantic|-O|--target=|-target$|-fmodules|-fmodule|-fimplicit-module|-fpch|-R)/;

/** Those of compileFlags that code generation from IR still needs. */
export function codegenFlags(flags: readonly string[]): string[] {
  return flatten(readClangWords(flags).filter(({ flag }) => flag !== undefined && !frontEndFlags.test(flag)));
}

const untunable: readonly [RegExp, string][] = [
  [/^-fsanitize(=|-coverage)/, 'sanitisers are passes of clang’s own pipeline'],
  [
    /^(-fprofile|-fcs-profile|-fcoverage|--coverage|-ftest-coverage|-pg$)/,
    'profiling is a pass of clang’s own pipeline',
  ],
  [/^-finstrument-functions/, 'instrumentation is a pass of clang’s own pipeline'],
  [/^-flto/, 'with link-time optimisation the object is bitcode and has no size yet'],
  [/^-fembed-bitcode/, 'the object holds its own bitcode'],
  [/^-gsplit-dwarf/, 'debug information goes to a second file'],
  [/^(-fplugin|-fpass-plugin|-Xanalyzer|--analyze)/, 'plug-ins see the module at their own places'],
  [/^(-fsave-optimization-record|-foptimization-record|-ftime-trace)/, 'a report of clang’s own pipeline'],
  [/^(-fopenmp-targets|--offload|-fopenacc)/, 'one source makes code for two machines'],
];

/** The first flag under which an object cannot be tuned, with the reason; undefined when there is none. */
export function untunableFlag(flags: readonly string[]): { flag: string; reason: string } | undefined {
  for (const flag of flags) {
    const row = untunable.find(([pattern]) => pattern.test(flag));
    if (row !== undefined) return { flag, reason: row[1] };
  }
  return undefined;
}
