// LLVM-IR text as a list of tokens and back. Tokens are plain strings whose first character tells what
// they are: `%` local or type, `@` global, `!` metadata, `#` attribute group, a digit or `-` number, a
// quote string; everything else is a word or one punctuation character. Writing them again gives one
// canonical spacing that LLVM's parser reads.

const tokenPattern =
  /c?"[^"]*"|[%@$]"[^"]*"|[%@$][-\w$.]+|!"[^"]*"|![-\w$.\\]*|#\w+|[su]?0x[KLMHR]?[0-9A-Fa-f]+|-?\d+(?:\.\d*)?(?:[eE][+-]?\d+)?|[A-Za-z_][\w.]*|\.\.\.|[^\s]/g;

/** Comments must be gone: `;` inside strings is text. */
export function tokenise(text: string): string[] {
  return text.match(tokenPattern) ?? [];
}

const opening = new Set(['(', '[', '{', '<']);
const closing = new Set([')', ']', '}', '>']);

/** Words that take their parenthesis without a space. */
const attributeWithOperand = /^(?:byval|sret|byref|preallocated|inalloca|elementtype|addrspace|syncscope)$/;

/** One line of text. */
export function write(tokens: readonly string[]): string {
  let text = '';
  let previous = '';
  for (const token of tokens) {
    if (text !== '' && needsSpace(previous, token)) text += ' ';
    text += token;
    previous = token;
  }
  return text;
}

function needsSpace(previous: string, token: string): boolean {
  if (token === ',' || closing.has(token)) return false;
  if (opening.has(previous)) return false;
  if (token === '(') return !(/^[@%]/.test(previous) || attributeWithOperand.test(previous));
  return true;
}

/** The index after the bracket that closes the one at `start`; the end of the list if none does. */
export function afterBracket(tokens: readonly string[], start: number): number {
  let depth = 0;
  for (let index = start; index < tokens.length; index++) {
    if (opening.has(tokens[index]!)) depth++;
    else if (closing.has(tokens[index]!)) {
      depth--;
      if (depth === 0) return index + 1;
    }
  }
  return tokens.length;
}

/** The list cut at the commas that stand outside all brackets. */
export function splitAtCommas(tokens: readonly string[]): string[][] {
  const parts: string[][] = [];
  let depth = 0;
  let part: string[] = [];
  for (const token of tokens) {
    if (opening.has(token)) depth++;
    else if (closing.has(token)) depth--;
    if (token === ',' && depth === 0) {
      parts.push(part);
      part = [];
    } else part.push(token);
  }
  if (part.length > 0 || parts.length > 0) parts.push(part);
  return parts;
}
