// Writes docs/passes.md: what was measured, then one row a pass with level, parameters, verdict, reason and how
// often it was seen in lists that passed and in lists that did not. It renders; evidence.ts measures.

import type { Blame, RandomListEvidence, SinglePassEvidence } from './evidence.ts';
import type { PassListResult } from './pass-list-evaluation.ts';
import type { Verdict } from './verdicts.ts';
import type { Vocabulary, VocabularyPass } from './vocabulary.ts';

export interface PassPageContent {
  vocabulary: Vocabulary;
  single: readonly SinglePassEvidence[];
  /** The programs of the single-pass runs. */
  singlePrograms: number;
  random: readonly {
    title: string;
    evidence: RandomListEvidence;
    programsPerList: number;
    programs: number;
  }[];
  /** Hand-written paragraphs that go before the tables. */
  introduction: string;
}

/** The page as Markdown. */
export function renderPassPage(content: PassPageContent): string {
  const { vocabulary } = content;
  const counts = new Map<string, number>();
  for (const pass of vocabulary.passes) counts.set(pass.verdict, (counts.get(pass.verdict) ?? 0) + 1);
  const verdicts = [...counts].map(([verdict, count]) => `${count} ${verdict}`).join(', ');
  return [
    '# Passes and how far they are trusted',
    '',
    content.introduction.trim(),
    '',
    `LLVM ${vocabulary.llvm} lists ${vocabulary.passes.length} transformation passes and named pipelines: ${verdicts}.`,
    '',
    '<!-- prettier-ignore-start -->',
    '',
    '## Random lists',
    '',
    '| lists | programs | a list | passed | crashed the compiler | time limit | broke a program |',
    '| --- | --- | --- | --- | --- | --- | --- |',
    ...content.random.map(({ title, evidence, programsPerList, programs }) => {
      const by = (verdict: PassListResult['verdict']): string => {
        const count = evidence.results.filter((result) => result.verdict === verdict).length;
        return `${count} (${((100 * count) / evidence.results.length).toFixed(1)} %)`;
      };
      const cells = [by('passed'), by('crashed'), by('timed-out'), by('broken')];
      return `| ${evidence.results.length} ${title} | ${programs} | ${programsPerList} | ${cells.join(' | ')} |`;
    }),
    '',
    ...renderBlames(content.random.flatMap(({ evidence }) => evidence.blames)),
    '## Every pass',
    '',
    `Alone and after \`sroa, instcombine, simplifycfg\`: programs passed of ${content.singlePrograms}. Lists: random lists ` +
      'that held the pass and passed, of those that held it.',
    '',
    '| pass | level | parameters | verdict | reason | alone | after the usual | lists |',
    '| --- | --- | --- | --- | --- | --- | --- | --- |',
    ...[...vocabulary.passes].sort(byVerdict).map((pass) => renderRow(pass, content)),
    '',
    '<!-- prettier-ignore-end -->',
    '',
  ].join('\n');
}

const verdictOrder: readonly Verdict[] = [
  'usable',
  'not-semantics-preserving',
  'not-deterministic',
  'not-judged',
  'not-an-optimisation',
];

/** Usable ones first; the sort is stable, so LLVM's order stays within a verdict. */
function byVerdict(a: VocabularyPass, b: VocabularyPass): number {
  return verdictOrder.indexOf(a.verdict) - verdictOrder.indexOf(b.verdict);
}

function renderBlames(blames: readonly Blame[]): string[] {
  if (blames.length === 0) return ['No list failed.', ''];
  const groups = new Map<string, { blame: Blame; count: number; programs: Set<string> }>();
  for (const blame of blames) {
    const key = blame.minimalPipeline;
    const group = groups.get(key) ?? { blame, count: 0, programs: new Set() };
    group.count += 1;
    group.programs.add(blame.program);
    groups.set(key, group);
  }
  return [
    'Failing lists, cut down to the passes without which they do not fail:',
    '',
    '| smallest failing list | lists | on | failure |',
    '| --- | --- | --- | --- |',
    ...[...groups.values()]
      .sort((a, b) => b.count - a.count)
      .map(({ blame, count, programs }) => {
        const failure = escapeCell(blame.failure);
        return `| \`${escapeCell(blame.minimalPipeline)}\` | ${count} | ${[...programs].join(', ')} | ${failure} |`;
      }),
    '',
  ];
}

function renderRow(pass: VocabularyPass, content: PassPageContent): string {
  const found = content.single.find((single) => single.pass === pass.name);
  const share = (result: PassListResult | undefined): string =>
    result === undefined ? '' : `${result.passed}/${result.programs}`;
  let held = 0;
  let passed = 0;
  for (const { evidence } of content.random) {
    for (const [index, list] of evidence.lists.entries()) {
      if (!list.some((entry) => entry.name === pass.name)) continue;
      const verdict = evidence.results[index]?.verdict;
      if (verdict === undefined || verdict === 'incomplete') continue;
      held += 1;
      if (verdict === 'passed') passed += 1;
    }
  }
  const parameters = pass.parameters
    .map(({ name, kind }) => (kind === 'flag' ? name : `${name}=${kind === 'number' ? 'N' : '…'}`))
    .join('; ');
  const cells = [
    `\`${escapeCell(pass.name)}\``,
    pass.level,
    escapeCell(parameters),
    pass.verdict,
    escapeCell(pass.reason),
    share(found?.alone),
    share(found?.afterUsual),
    held === 0 ? '' : `${passed}/${held}`,
  ];
  return `| ${cells.join(' | ')} |`;
}

function escapeCell(text: string): string {
  return text.replaceAll('|', '\\|').replaceAll('\n', ' ');
}
