// Measures how far each pass is to be trusted and writes the evidence as JSON; `--page` writes docs/passes.md of
// it. Needs a build (`npm run build`) and LLVM. A laptop takes about a second a list and program.
//
//   node bench/pass-evidence.js single --suite suites/self-test --out single.json
//   node bench/pass-evidence.js random --suite suites/self-test --lists 1000 --programs-per-list 3 --out own.json
//   node bench/pass-evidence.js random --csmith 20 --lists 200 --programs-per-list 3 --out csmith.json
//   node bench/pass-evidence.js page --single single.json --random own.json --random csmith.json > docs/passes.md

import { readFile, writeFile } from 'node:fs/promises';
import { parseArgs } from 'node:util';
import { createRandom } from '#ozma/common/random.js';
import { findInstallation } from '#ozma/llvm/installation.js';
import { generateCsmithPrograms } from '#ozma/passes/csmith.js';
import { readSuite } from '#ozma/passes/evaluation/self-testing-program.js';
import { renderPassPage } from '#ozma/passes/evidence-page.js';
import { gatherRandomLists, gatherSinglePasses } from '#ozma/passes/evidence.js';
import { prepareSuite } from '#ozma/passes/pass-list-evaluation.js';
import { readVocabulary, usablePasses } from '#ozma/passes/vocabulary.js';

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    suite: { type: 'string' },
    csmith: { type: 'string' },
    sample: { type: 'string' }, // only so many programs of the suite
    only: { type: 'string' }, // only programs whose name matches
    title: { type: 'string', default: '' },
    lists: { type: 'string', default: '1000' },
    longest: { type: 'string', default: '50' },
    'programs-per-list': { type: 'string', default: '4' },
    seed: { type: 'string', default: '1' },
    concurrency: { type: 'string', default: '2' },
    introduction: { type: 'string' },
    single: { type: 'string' },
    random: { type: 'string', multiple: true, default: [] },
    out: { type: 'string' },
  },
});
const [step = 'page'] = positionals;
const installation = findInstallation();
const seed = Number(values.seed);
const controller = new AbortController();
for (const name of ['SIGINT', 'SIGTERM']) process.once(name, () => controller.abort());
const options = {
  installation,
  concurrency: Number(values.concurrency),
  compileTime: 10_000,
  signal: controller.signal,
};

async function programs() {
  if (values.csmith !== undefined) {
    const generated = await generateCsmithPrograms({ installation, seed, count: Number(values.csmith) });
    console.error(
      `csmith: ${generated.programs.length} programs, ${generated.tooSlow} too slow, ${generated.failed} failed`,
    );
    return generated.programs;
  }
  const all = await readSuite(values.suite ?? 'suites/self-test');
  const matching =
    values.only === undefined ? all : all.filter(({ name }) => new RegExp(values.only).test(name));
  if (values.sample === undefined) return matching;
  const random = createRandom(seed);
  return Array.from(
    { length: Number(values.sample) },
    () => matching.splice(random.below(matching.length), 1)[0],
  );
}

const progress = ({ step: at, done, total }) => {
  if (done % 50 === 0 || done === total) console.error(`${at}: ${done} of ${total}`);
};

if (step === 'page') {
  const vocabulary = readVocabulary(installation);
  const single = values.single === undefined ? undefined : JSON.parse(await readFile(values.single, 'utf8'));
  const random = await Promise.all(
    values.random.map(async (file) => JSON.parse(await readFile(file, 'utf8'))),
  );
  const introduction = values.introduction === undefined ? '' : await readFile(values.introduction, 'utf8');
  const page = {
    vocabulary,
    single: single?.evidence ?? [],
    singlePrograms: single?.programs ?? 0,
    random,
    introduction,
  };
  process.stdout.write(renderPassPage(page));
} else {
  const suite = await prepareSuite(await programs(), options, progress);
  for (const { program, control, reason } of suite.leftOut)
    console.error(`left out: ${program} (${control}): ${reason}`);
  try {
    const passes = usablePasses(installation);
    const programsPerList = Math.min(Number(values['programs-per-list']), suite.builds.length);
    const draw = {
      passes,
      lists: Number(values.lists),
      longest: Number(values.longest),
      seed,
      programsPerList,
    };
    const evidence =
      step === 'single'
        ? await gatherSinglePasses(passes, suite, options, progress)
        : await gatherRandomLists(suite, { ...options, ...draw }, progress);
    const measured = { title: values.title, programs: suite.builds.length, programsPerList, evidence };
    await writeFile(values.out ?? `${step}.json`, JSON.stringify(measured));
  } finally {
    await suite.dispose();
  }
}
