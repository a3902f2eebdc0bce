// Command lines in one text, as compilation databases and response files hold them. Apart from both, since
// `ozma cc` must start without loading a schema library.

/** Splits a command as a POSIX shell does: quotes and backslashes, no expansion. */
export function splitCommand(command: string): string[] {
  const words: string[] = [];
  const piece = /\s+|'([^']*)'|"((?:[^"\\]|\\.)*)"|\\(.)|([^\s'"\\]+)/gs;
  let word: string | undefined;
  for (const [whole, single, double, escaped, plain] of command.matchAll(piece)) {
    if (/^\s+$/.test(whole)) {
      if (word !== undefined) words.push(word);
      word = undefined;
    } else {
      word = (word ?? '') + (single ?? double?.replace(/\\(["\\$`])/g, '$1') ?? escaped ?? plain ?? '');
    }
  }
  if (word !== undefined) words.push(word);
  return words;
}
