// Texts that merging must never reach. llama.cpp looks a merged text up among all tokens, so that from the
// pieces `<s` and `>` it would make the control token `<s>` out of plain text.

/** Where a piece may still complete what: parts of the forbidden texts and their other parts. */
export class ForbiddenTexts {
  private readonly otherParts = new Map<string, string[]>();

  constructor(texts: readonly string[]) {
    for (const text of texts) {
      for (let at = 1; at < text.length; at++) {
        this.addPart(text.slice(0, at), text.slice(at));
        this.addPart(text.slice(at), text.slice(0, at));
      }
    }
  }

  /** Whether this piece, with one of those that are there, would make a forbidden text. */
  completedBy(piece: string, pieces: { has(text: string): boolean }): boolean {
    return this.otherParts.get(piece)?.some((other) => pieces.has(other)) ?? false;
  }

  private addPart(part: string, other: string): void {
    const others = this.otherParts.get(part);
    if (others === undefined) this.otherParts.set(part, [other]);
    else others.push(other);
  }
}
