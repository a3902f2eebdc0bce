// The rooms of the house and which way the arrows point: each room may use itself, `common`, and what
// its row names, nothing else. `npm run rooms` checks it and test/rooms.test.ts proves that the check
// bites. A new folder in src/ needs a row here first.

/** Top to bottom. `*` means every room below. */
const rooms = [
  ['cli', '*'],
  ['evaluate', '*'],
  ['train', ['data', 'tasks', 'model', 'tokenizer']],
  // The rules as a teacher: pairs of code whose source is not at hand.
  ['data', ['disassemble', 'lift', 'search', 'tasks', 'tokenizer', 'passes', 'llvm']],
  ['tune', ['search', 'tasks', 'inference', 'passes', 'llvm']],
  // BLEU, the measure of both.
  ['emulate', ['disassemble', 'search', 'tasks', 'inference', 'passes', 'llvm']],
  ['disassemble', ['lift', 'search', 'tasks', 'inference', 'passes', 'llvm']],
  ['lift', ['llvm']],
  ['search', ['passes', 'llvm']],
  ['tasks', ['passes']],
  ['inference', ['tokenizer']],
  ['model', ['tokenizer']],
  ['tokenizer', []],
  ['passes', ['llvm']],
  ['llvm', []],
  ['common', []],
];

const names = rooms.map(([name]) => name);

const roomRules = rooms.map(([name, uses], index) => {
  const below = names.slice(index + 1);
  const allowed = uses === '*' ? below : uses;
  for (const used of allowed) {
    if (!below.includes(used)) throw new Error(`room ${name}: expected only rooms below it, found ${used}`);
  }
  return {
    name: `${name}-uses-only-its-rooms`,
    comment: `src/${name}/ may use: ${[name, ...allowed, 'common'].join(', ')}`,
    severity: 'error',
    from: { path: `^src/${name}/` },
    to: { path: '^src/', pathNot: `^src/(${[...new Set([name, ...allowed, 'common'])].join('|')})/` },
  };
});

/** @type {import('dependency-cruiser').IConfiguration} */
module.exports = {
  forbidden: [
    ...roomRules,
    {
      name: 'only-rooms-that-are-listed',
      comment: 'a folder in src/ needs a row in .dependency-cruiser.cjs',
      severity: 'error',
      from: { path: '^src/[^/]+/', pathNot: `^src/(${names.join('|')})/` },
      to: {},
    },
    {
      name: 'public-barrel-without-command-line',
      comment: 'src/index.ts is the library; the command line is not part of it',
      severity: 'error',
      from: { path: '^src/index\\.ts$' },
      to: { path: '^src/cli/' },
    },
    {
      name: 'no-cycles',
      comment: 'two files that need each other are one file, or hide a third',
      severity: 'error',
      from: {},
      to: { circular: true },
    },
    {
      name: 'nothing-unresolved',
      severity: 'error',
      from: {},
      to: { couldNotResolve: true },
    },
    {
      name: 'no-development-packages',
      comment: 'what src/ imports must be in "dependencies"',
      severity: 'error',
      from: { path: '^src/' },
      to: { dependencyTypes: ['npm-dev', 'npm-no-pkg', 'npm-unknown'], dependencyTypesNot: ['type-only'] },
    },
  ],
  options: {
    doNotFollow: { path: 'node_modules' },
    tsPreCompilationDeps: true,
    enhancedResolveOptions: { extensions: ['.ts', '.js', '.mjs', '.cjs', '.json'] },
  },
};
