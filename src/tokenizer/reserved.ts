// The fixed beginning of our own vocabularies, and what pieces are made of. Changing anything here makes
// older vocabularies and models useless, which is why there are spare tokens.
//
//   0 <unk>   1 <s>   2 </s>   3–258 bytes   259–271 user-defined   272–368 characters   369… learned pieces

import { byteText } from './vocabulary.ts';
import type { Entry } from './vocabulary.ts';

/** Matched as whole tokens wherever they stand: the markers of prompts and answers, and nine spare ones. */
export const userDefinedTexts: readonly string[] = [
  '[INST]',
  '[/INST]',
  '<code>',
  '</code>',
  ...Array.from({ length: 9 }, (_, index) => `<|spare_${index}|>`),
];

/**
 * What learned pieces are made of: printable ASCII, newline and tab. LLVM escapes everything else in names
 * and strings, so other characters are spelled in bytes.
 */
export const pieceCharacters: readonly string[] = [
  '\n',
  '\t',
  ...Array.from({ length: 0x7f - 0x20 }, (_, index) => String.fromCharCode(0x20 + index)),
];

/** The entries that every vocabulary of ours begins with. */
export function reservedEntries(): Entry[] {
  const entry = (text: string, kind: Entry['kind']): Entry => ({ text, kind, score: 0 });
  return [
    entry('<unk>', 'unknown'),
    entry('<s>', 'control'),
    entry('</s>', 'control'),
    ...Array.from({ length: 256 }, (_, byte) => entry(byteText(byte), 'byte')),
    ...userDefinedTexts.map((text) => entry(text, 'userDefined')),
    ...pieceCharacters.map((text) => entry(text, 'normal')),
  ];
}
