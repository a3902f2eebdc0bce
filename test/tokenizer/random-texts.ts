// Random texts and bytes that like to hit the edges: markers, marks, digits, newlines, all of Unicode.

import { createRandom } from '#ozma/common/random.js';

const awkward = [
  '\u2581',
  '[INST]',
  '[/INST]',
  '<code>',
  '</code>',
  '<s>',
  '</s>',
  '<unk>',
  '<0x0A>',
  '\ufeff',
];
const usual = [
  '  ',
  '\n',
  '\n\n',
  '\t',
  '%',
  '@',
  ', align ',
  'call void @f(ptr %',
  '\tmovl\t',
  'i32 ',
  '100',
];

/** Texts without unpaired surrogates. The same seed gives the same texts. */
export function randomTexts(seed: number, count: number): string[] {
  const random = createRandom(seed);
  const piece = (): string => {
    const kind = random.next();
    if (kind < 0.1) return random.pick(awkward);
    if (kind < 0.5) return random.pick(usual);
    if (kind < 0.9) return String.fromCharCode(random.below(128));
    const code = random.below(0x11_0000 - 0x800);
    return String.fromCodePoint(code < 0xd800 ? code : code + 0x800);
  };
  return Array.from({ length: count }, () => Array.from({ length: random.below(60) }, piece).join(''));
}

/** Bytes that are mostly no UTF-8. */
export function randomBytes(seed: number, count: number): Uint8Array[] {
  const random = createRandom(seed);
  const byte = (): number => random.below(random.next() < 0.3 ? 256 : 128);
  return Array.from({ length: count }, () => Uint8Array.from({ length: random.below(200) }, byte));
}
