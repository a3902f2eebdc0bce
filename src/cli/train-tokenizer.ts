// `ozma train tokenizer`: texts in, a folder with tokenizer.json out. The learning is src/tokenizer/'s.

import { OzmaError } from '../common/errors.ts';
import { mustBeFolder } from '../common/files.ts';
import { saveTokenizer } from '../tokenizer/hugging-face-writing.ts';
import { createTokenizer } from '../tokenizer/tokenizer.ts';
import { trainVocabulary } from '../tokenizer/training.ts';
import { mergeRules } from '../tokenizer/training-text.ts';
import type { CommandInput } from './command-row.ts';
import { interruptSignal } from './interruption.ts';
import type { trainTokenizerOptions } from './options.ts';
import { startProgress } from './progress.ts';
import { readTexts } from './text-inputs.ts';

function words(list: string): string[] {
  return list.split(',').map((word) => word.trim());
}

/** Resolves to 0. Throws `usage` without `--output`, and for inputs without text. */
export async function trainTokenizer(input: CommandInput<typeof trainTokenizerOptions>): Promise<number> {
  const { operands, options } = input;
  const { output, vocabulary: size, longestPiece } = options;
  if (output === undefined) throw new OzmaError('usage', 'expected -o FOLDER, found none');
  await mustBeFolder(output);
  const endings = words(options.endings).map((ending) => ending.replace(/^\./, ''));
  const columns = words(options.columns);
  const started = performance.now();
  const progress = startProgress({ label: 'learning', total: size });
  let trained;
  try {
    trained = await trainVocabulary(readTexts(operands, { endings, columns }), {
      size,
      longestPiece,
      rule: mergeRules[options.digits],
      onProgress: (entries) => progress.update(entries),
      signal: interruptSignal(),
    });
  } finally {
    progress.stop();
  }
  const tokenizer = createTokenizer(trained.vocabulary);
  await saveTokenizer(tokenizer, output);
  const { bytes, tokens } = trained;
  const result = {
    output,
    vocabulary: tokenizer.size,
    bytes,
    tokens,
    bytesPerToken: tokens === 0 ? null : bytes / tokens,
    seconds: (performance.now() - started) / 1000,
  };
  if (tokenizer.size < size) {
    process.stderr.write(
      `ozma: the text has no more pairs that come twice: ${tokenizer.size} entries, not ${size}\n`,
    );
  }
  if (options.json) process.stdout.write(`${JSON.stringify(result, undefined, 2)}\n`);
  else {
    const density = result.bytesPerToken?.toFixed(2) ?? 'no';
    process.stdout.write(
      `${output}: ${tokenizer.size} entries from ${(bytes / 1e6).toFixed(1)} MB, ` +
        `${density} bytes a token on it, ${result.seconds.toFixed(1)} s\n`,
    );
  }
  return 0;
}
