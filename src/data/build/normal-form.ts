// What a function is, names aside: the tokens of its body and of the types in it, with symbols, types,
// values and labels numbered in the order in which they appear, without metadata and attribute groups, and
// without the constants and declarations around it. Two functions with the same normal form teach the same
// thing. A normal form cannot be compiled; it is only hashed and compared.

import { createHash } from 'node:crypto';

const token =
  /c?"[^"]*"|^[-\w.$]+:|^"[^"]*":|[@%](?:"[^"]*"|[-\w.$]+)|![a-zA-Z_.]+|!\d+|#\d+|-?\d[\w.]*|[A-Za-z_][\w.]*|[^\s\w]/gm;

/** `, !tbaa !5` */
function withoutAttachments(definition: string): string {
  return definition.replaceAll(/,? ![a-zA-Z_.]+ !\d+/g, '');
}

/** The tokens of all function bodies, and after them of the types that they use. */
export function normalTokens(ir: string): string[] {
  const types = new Map<string, string>();
  for (const [, name = '', type = ''] of ir.matchAll(/^(%(?:"[^"]*"|[-\w.$]+)) = type (.*)$/gm))
    types.set(name, type);
  const typeNames = new Map<string, string>();
  const symbols = new Map<string, string>();
  const tokens: string[] = [];
  const number = (names: Map<string, string>, name: string, prefix: string): string => {
    const known = names.get(name);
    if (known !== undefined) return known;
    const given = `${prefix}${names.size}`;
    names.set(name, given);
    return given;
  };
  const read = (piece: string, values: Map<string, string>): void => {
    for (const [word] of piece.matchAll(token)) {
      if (word[0] === '%') {
        tokens.push(types.has(word) ? number(typeNames, word, '%t') : number(values, word, '%'));
      } else if (word[0] === '@') {
        tokens.push(word.startsWith('@llvm.') ? word : number(symbols, word, '@'));
      } else if (word.endsWith(':') && word.length > 1) {
        tokens.push(number(values, `%${word.slice(0, -1)}`, '%'), ':');
      } else if (word[0] !== '#' && word[0] !== '!') {
        tokens.push(word);
      }
    }
  };
  for (const [definition] of ir.matchAll(/^define [^]*?^\}$/gm))
    read(withoutAttachments(definition), new Map());
  // Types may name further types; the map grows while it is read.
  for (const [name] of typeNames) read(types.get(name) ?? '', new Map());
  return tokens;
}

/** 32 hexadecimal digits of the sha256 of the normal form. */
export function normalHash(tokens: readonly string[]): string {
  return createHash('sha256').update(tokens.join(' ')).digest('hex').slice(0, 32);
}
