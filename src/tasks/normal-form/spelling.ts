// Names without digits. A tokenizer that keeps numbers copyable makes every digit a token of its own, and
// `i32`, `r12` or `x19` would cost three for a thing that is one: so a digit in our text stands for a number
// and nothing else. Integer types are words, numbered registers have letters. (Measured: a third fewer
// tokens; docs/normal-form.md.)

const typeWords: Record<string, string> = { i1: 'bit', i8: 'byte', i16: 'short', i32: 'int', i64: 'long' };
const typesByWord = Object.fromEntries(Object.entries(typeWords).map(([type, word]) => [word, type]));

/** Types stand alone or as a part of an intrinsic's name: `@llvm.smax.i32`, `@llvm.memcpy.p0.p0.i64`. */
const typePattern = /(?<![%@\w])i(?:1|8|16|32|64)\b/g;
const wordPattern = /(?<![%@\w])(?:bit|byte|short|int|long)\b/g;

/** A line of IR with the types spelled as words. */
export function spellTypes(line: string): string {
  return outsideQuotes(line, (text) =>
    text
      .replaceAll(typePattern, (type) => typeWords[type]!)
      .replaceAll(/(@llvm\.[\w.]*)/g, (name) =>
        name
          .replaceAll(/\.p0(?=\.|$)/g, '.p')
          .replaceAll(/\.f64(?=\.|$)/g, '.double')
          .replaceAll(/\.f32(?=\.|$)/g, '.float'),
      ),
  );
}

/** The other way; a line that has LLVM's own names already stays as it is. */
export function llvmTypes(line: string): string {
  return outsideQuotes(line, (text) =>
    text
      .replaceAll(wordPattern, (word) => typesByWord[word]!)
      .replaceAll(/(@llvm\.[\w.]*)/g, (name) =>
        name
          .replaceAll(/\.p(?=\.|$)/g, '.p0')
          .replaceAll(/\.double(?=\.|$)/g, '.f64')
          .replaceAll(/\.float(?=\.|$)/g, '.f32'),
      ),
  );
}

function outsideQuotes(line: string, change: (text: string) => string): string {
  if (!line.includes('"')) return change(line);
  return line
    .split(/("[^"]*")/)
    .map((part, index) => (index % 2 === 0 ? change(part) : part))
    .join('');
}

/** `r8d` is `rad`, `r15` is `rh`, `xmm3` is `xmmd`. */
export function spellX86Register(register: string): string {
  return register
    .replace(/^%r(\d+)/, (_, number: string) => `%r${letterOf(Number(number) - 8)}`)
    .replace(/^(%[xyz]mm)(\d+)/, (_, kind: string, number: string) => kind + letterOf(Number(number)));
}

/** `x19` is `xT`, `w0` is `wA`, `d28` is `dCC`: the letter says the register, its case that it is one. */
export function spellAarch64Registers(operand: string): string {
  return operand.replaceAll(
    /(?<![\w.@:$])([xwdsqbhv])([0-9]|[12][0-9]|3[01])\b/g,
    (_, kind: string, number: string) => {
      return kind + letterOf(Number(number)).toUpperCase();
    },
  );
}

/** a … z, then aa, bb, …: 0 to 51. */
function letterOf(number: number): string {
  const letter = String.fromCharCode('a'.charCodeAt(0) + (number % 26));
  return number < 26 ? letter : letter + letter;
}
