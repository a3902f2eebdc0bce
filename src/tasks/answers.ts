// What a model answers: rendered for training to the character, read back with tolerance. The wording of
// Meta's weights is not known, and a small model is cut off or rambles, so the reader takes the code
// between the tags (or up to the end, and says so), the pass list where one stands in quotes, and numbers
// however they are introduced. Nothing here judges an answer: the compiler does.

import { codeBlock, type Sizes } from './prompts.ts';

export interface EmulateAnswer {
  task: 'emulate';
  /** IR or assembly, as the prompt asked. */
  code: string;
  sizes: Sizes;
}

export interface TuneAnswer {
  task: 'tune';
  pipeline: string;
  bytesBefore: number;
  bytesAfter: number;
  /** The optimised IR. */
  code: string;
}

export interface DisassembleAnswer {
  task: 'disassemble';
  code: string;
}

export type Answer = EmulateAnswer | TuneAnswer | DisassembleAnswer;

export function renderAnswer(answer: Answer): string {
  switch (answer.task) {
    case 'emulate': {
      const { instructions, bytes } = answer.sizes;
      return (
        `${codeBlock(answer.code)}\n\n` +
        `The output code has instruction count ${instructions} and binary size ${bytes} bytes.`
      );
    }
    case 'tune':
      return (
        `opt -p '${answer.pipeline}'\n\n` +
        `The binary size goes from ${answer.bytesBefore} to ${answer.bytesAfter} bytes.\n\n` +
        codeBlock(answer.code)
      );
    case 'disassemble':
      return codeBlock(answer.code);
  }
}

/** What could be read from an answer; a part that is not there is absent. */
export interface ParsedAnswer {
  pipeline?: string;
  code?: string;
  /** False where the code had no closing tag: the answer was cut off. */
  codeComplete?: boolean;
  instructions?: number;
  /** Of the optimised code. */
  bytes?: number;
  bytesBefore?: number;
}

const openingTag = /<code>|```[\w+-]*\n/;
const pipelinePattern = /\bopt\s+(?:-{1,2}passes\s*=?\s*|-p\s*)(?:'([^']*)'|"([^"]*)"|`([^`]*)`|([^\s'"`]+))/;
/** `1,234` and `1234`. */
const number = String.raw`(\d{1,3}(?:,\d{3})+|\d+)`;

/** Reads any of the three answers. Text around the parts is ignored; the first of each part counts. */
export function parseAnswer(text: string): ParsedAnswer {
  const { prose, code, complete } = takeCode(text);
  const parsed: ParsedAnswer = {};
  if (code !== undefined) {
    parsed.code = code;
    parsed.codeComplete = complete;
  }
  const pipeline = pipelinePattern.exec(prose);
  if (pipeline !== null)
    parsed.pipeline = pipeline
      .slice(1)
      .find((group) => group !== undefined)!
      .trim();
  const change = new RegExp(String.raw`\bfrom\s+${number}(?:\s*bytes?)?\s+to\s+${number}`, 'i').exec(prose);
  if (change !== null) {
    parsed.bytesBefore = readNumber(change[1]!);
    parsed.bytes = readNumber(change[2]!);
  }
  const instructions =
    wordsThenNumber(prose, 'instruction(?:s|\\s+count)') ??
    numberThenWords(prose, '(?:IR\\s+)?instructions?');
  if (instructions !== undefined) parsed.instructions = instructions;
  if (change === null) {
    const bytes =
      wordsThenNumber(prose, '(?:binary|object|code)?\\s*(?:file\\s+)?size') ??
      numberThenWords(prose, 'bytes?');
    if (bytes !== undefined) parsed.bytes = bytes;
  }
  return parsed;
}

/** The first code block, by our tags or a Markdown fence, and the text around it. */
function takeCode(text: string): { prose: string; code?: string; complete: boolean } {
  const opening = openingTag.exec(text);
  if (opening === null) return { prose: text, complete: false };
  const start = opening.index + opening[0].length;
  const closingTag = opening[0] === '<code>' ? '</code>' : '```';
  const end = text.indexOf(closingTag, start);
  const complete = end >= 0;
  const code = complete ? text.slice(start, end) : text.slice(start);
  const after = complete ? text.slice(end + closingTag.length) : '';
  return { prose: `${text.slice(0, opening.index)}\n${after}`, code, complete };
}

/** `instruction count 12`, `instruction count is: 12`, `instruction count of 12`. */
function wordsThenNumber(prose: string, words: string): number | undefined {
  const match = new RegExp(
    String.raw`\b${words}\b\s*(?:is|of|will\s+be|becomes|=|:|\s)*\s*${number}\b`,
    'i',
  ).exec(prose);
  return match === null ? undefined : readNumber(match[1]!);
}

/** `12 instructions`. */
function numberThenWords(prose: string, words: string): number | undefined {
  const match = new RegExp(String.raw`\b${number}\s+${words}\b`, 'i').exec(prose);
  return match === null ? undefined : readNumber(match[1]!);
}

function readNumber(digits: string): number {
  return Number(digits.replaceAll(',', ''));
}
