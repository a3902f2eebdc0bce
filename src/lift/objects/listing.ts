// llvm-objdump's listing, line by line as it is written, so that a large program needs no large string: where
// each instruction lies and what it says. Addresses are the image's.

import { OzmaError } from '../../common/errors.ts';
import { failureLine, linesOfProgram } from '../../llvm/run-program.ts';
import type { Image, ImageSection } from './image.ts';

export interface CodeLine {
  address: number;
  /** Where the next one starts. */
  end: number;
  /** Mnemonic and operands, notes of llvm-objdump cut off. */
  text: string;
  /** The address that llvm-objdump worked out, and what it says about it: `puts@plt`, `main+0x10`. */
  note?: { address: number; name: string };
}

const sectionLine = /^Disassembly of section (.+):$/;
const instructionLine = /^\s*([\da-f]+):\s+(\S.*)$/;
const notePattern = /(?:# )?0x([\da-f]+) <([^>]*)>\s*$/;

/** Collects instructions from lines of `llvm-objdump -d`. */
export class ListingReader {
  readonly lines: CodeLine[] = [];
  private readonly image: Image;
  private readonly comment: RegExp;
  private section: ImageSection | undefined;
  private number = -1;

  constructor(image: Image) {
    this.image = image;
    this.comment = image.target === 'aarch64' ? /\s*(?:\/\/|;).*$/ : /\s*#.*$/;
  }

  readonly read = (line: string): void => {
    const instruction = instructionLine.exec(line);
    if (instruction === null) {
      const name = sectionLine.exec(line)?.[1];
      if (name !== undefined) this.enter(name);
      return;
    }
    const { section } = this;
    if (section === undefined) return;
    const base = this.image.relocatable ? section.address : 0;
    const address = base + parseInt(instruction[1]!, 16);
    const written = instruction[2]!;
    const note = notePattern.exec(written);
    const last = this.lines.at(-1);
    if (last !== undefined && last.address >= section.address) last.end = address;
    const text = written
      .replace(this.comment, '')
      .replace(/ <[^>]*>$/, '')
      .replace(/\s+/g, ' ')
      .trim();
    this.lines.push({
      address,
      end: section.address + section.size,
      text,
      ...(note === null ? {} : { note: { address: base + parseInt(note[1]!, 16), name: note[2]! } }),
    });
  };

  /** Sections come in the order of the file; several may have one name. */
  private enter(name: string): void {
    const { sections } = this.image;
    for (let number = this.number + 1; number < sections.length; number++) {
      if (sections[number]!.name !== name) continue;
      this.number = number;
      this.section = sections[number]!;
      return;
    }
    this.section = undefined;
  }
}

/** Seconds: llvm-objdump writes some ten megabytes each second. */
const timeoutSeconds = 600;

/** Disassembles all code of a file. Throws `refused` with llvm-objdump's own words. */
export async function listCode(objdump: string, file: string, image: Image): Promise<CodeLine[]> {
  const reader = new ListingReader(image);
  const words = ['-d', '-z', '--no-show-raw-insn', file];
  const result = await linesOfProgram(objdump, words, reader.read, { timeoutSeconds });
  if (result.exitCode !== 0) throw new OzmaError('refused', failureLine(result));
  return reader.lines.sort((left, right) => left.address - right.address);
}
