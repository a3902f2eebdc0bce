// Functions of the C library that code generation calls where the original has the x87 instruction: real ones,
// which say what the instruction says. They stand in the driver's program like memcpy.

const controlWords: Readonly<Record<string, number | undefined>> = {
  rintl: undefined,
  floorl: 0x77f,
  ceill: 0xb7f,
  truncl: 0xf7f,
};

export const roundingNames: ReadonlySet<string> = new Set(Object.keys(controlWords));

/** Their definitions, with the usual control word before and after. */
export function roundingFunctions(): string {
  return Object.entries(controlWords)
    .map(([name, word]) => {
      const head = `define x86_fp80 @${name}(x86_fp80 %x) {`;
      if (word === undefined) {
        return `${head}\n  %r = call x86_fp80 asm "frndint", "={st},0"(x86_fp80 %x)\n  ret x86_fp80 %r\n}`;
      }
      return `@ozma_${name} = internal constant [2 x i16] [i16 ${word}, i16 ${0x37f}]
${head}
  %usual = getelementptr i16, ptr @ozma_${name}, i64 1
  %r = call x86_fp80 asm sideeffect "fldcw $2; frndint; fldcw $3", "={st},0,*m,*m"(x86_fp80 %x, ptr elementtype(i16) @ozma_${name}, ptr elementtype(i16) %usual)
  ret x86_fp80 %r
}`;
    })
    .join('\n');
}
