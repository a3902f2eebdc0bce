// Assembly text (clang, gcc; AT&T x86-64, AArch64) to functions, data and symbols. A reader, not an
// assembler: statements that it does not understand are noted as problems and passed over, so that any
// text gives an answer. Time and memory are linear in the text.

import { directiveHandlers, type Reader } from './directives.ts';
import { parseOperandsAarch64 } from './operands-aarch64.ts';
import { parseOperandsX86 } from './operands-x86.ts';
import { splitOutside, unquote, withoutComment } from './tokens.ts';
import type { AssemblyFile, AssemblyFunction, DataSection, Operand, TargetName } from './types.ts';

/** A longer line is not assembly. */
const longestLine = 1 << 16;
const problemsKept = 100;
const prefixes = new Set(['lock', 'rep', 'repe', 'repz', 'repne', 'repnz', 'notrack', 'bnd', 'data16']);

class AssemblyReader implements Reader {
  readonly file: AssemblyFile;
  readonly declaredFunctions = new Set<string>();
  readonly functionsByName = new Map<string, AssemblyFunction>();
  section: DataSection;
  executable = true;
  line = 0;
  open: AssemblyFunction | undefined;
  alignment = 0;
  private readonly sections = new Map<string, DataSection>();
  private readonly numericLabels = new Map<string, number>();
  private pendingPrefix: string | undefined;
  private linkedThroughTables = false;
  private usesAbsoluteAddresses = false;

  constructor(target: TargetName) {
    this.file = {
      target,
      functions: [],
      data: new Map(),
      globals: new Set(),
      defined: new Set(),
      threadLocal: new Set(),
      preemptible: new Set(),
      positionIndependent: true,
      problems: [],
    };
    this.section = this.sectionNamed('.text', true, true);
  }

  sectionNamed(name: string, executable: boolean, writable: boolean): DataSection {
    this.executable = executable;
    let section = this.sections.get(name);
    if (section === undefined) {
      section = { name, writable, bytes: [], relocations: new Map(), alignments: new Map() };
      this.sections.set(name, section);
    }
    this.section = section;
    return section;
  }

  problem(text: string): void {
    if (this.file.problems.length < problemsKept) {
      this.file.problems.push({ line: this.line, text: text.slice(0, 200) });
    }
  }

  /** Data among code: the address is taken of it, or it is reached by mistake. */
  noteDataInCode(): void {
    const items = this.open?.items;
    const last = items?.at(-1);
    if (items === undefined || (last?.kind === 'instruction' && last.instruction.mnemonic === '.data'))
      return;
    items.push({ kind: 'instruction', instruction: { mnemonic: '.data', operands: [], line: this.line } });
  }

  label(written: string): void {
    const numeric = /^\d+$/.test(written);
    const name = numeric ? this.numericLabel(written) : unquote(written);
    this.file.data.set(name, { section: this.section, offset: this.section.bytes.length });
    if (!name.startsWith('.L') && !numeric) this.file.defined.add(name);
    if (!this.executable) return;
    const parent = /^(.+)\.cold(\.\d+)?$/.exec(name)?.[1];
    const cold = parent === undefined ? undefined : this.functionsByName.get(parent);
    if (cold !== undefined) this.open = cold;
    else if (this.startsFunction(name, numeric)) {
      const last = this.open;
      if (last !== undefined && last.items.length === 0 && last.section === this.section.name) {
        last.aliases.push(name);
        this.functionsByName.set(name, last);
        return;
      }
      this.openFunction(name);
      return;
    }
    this.open?.items.push({ kind: 'label', name });
  }

  private startsFunction(name: string, numeric: boolean): boolean {
    if (this.declaredFunctions.has(name)) return true;
    if (numeric || name.startsWith('.L')) return false;
    return this.open === undefined || this.file.globals.has(name);
  }

  private openFunction(name: string): void {
    this.open = {
      name,
      global: this.file.globals.has(name),
      weak: false,
      section: this.section.name,
      alignment: this.alignment,
      line: this.line,
      items: [],
      aliases: [],
    };
    this.alignment = 0;
    this.functionsByName.set(name, this.open);
    this.file.functions.push(this.open);
  }

  private numericLabel(number: string): string {
    const count = (this.numericLabels.get(number) ?? 0) + 1;
    this.numericLabels.set(number, count);
    return `${number}#${count}`;
  }

  /** `1b` and `1f` are the last and the next label `1`. */
  private resolveNumeric(operand: Operand): Operand {
    if (operand.kind === 'indirect') return { ...operand, target: this.resolveNumeric(operand.target) };
    if (operand.kind !== 'symbol') return operand;
    const match = /^(\d+)([bf])$/.exec(operand.symbol);
    if (match === null) return operand;
    const count = this.numericLabels.get(match[1]!) ?? 0;
    return { ...operand, symbol: `${match[1]}#${match[2] === 'b' ? count : count + 1}` };
  }

  instruction(text: string): void {
    const match = /^([A-Za-z][\w.]*)(?:\s+(.*))?$/.exec(text);
    if (match === null) {
      this.problem(text);
      // Something stands here that is not known: whoever reaches it cannot be lifted.
      this.noteDataInCode();
      return;
    }
    const mnemonic = match[1]!.toLowerCase();
    const rest = (match[2] ?? '').trim();
    if (this.file.target === 'x86-64' && prefixes.has(mnemonic)) {
      this.pendingPrefix = mnemonic;
      if (rest !== '') this.instruction(rest);
      return;
    }
    const parse = this.file.target === 'x86-64' ? parseOperandsX86 : parseOperandsAarch64;
    const operands = parse(rest, mnemonic).map((operand) => this.resolveNumeric(operand));
    const prefix = this.pendingPrefix;
    this.pendingPrefix = undefined;
    for (const operand of operands) this.noteReferences(operand);
    if (this.open === undefined) this.openFunction(`.Lcode.${this.line}`);
    this.open!.items.push({
      kind: 'instruction',
      instruction: { mnemonic, operands, line: this.line, ...(prefix === undefined ? {} : { prefix }) },
    });
  }

  private noteReferences(operand: Operand): void {
    if (operand.kind === 'indirect') this.noteReferences(operand.target);
    const symbol =
      operand.kind === 'symbol' ? operand : operand.kind === 'memory' ? operand.symbol : undefined;
    if (symbol === undefined) return;
    const absolute =
      operand.kind === 'symbol'
        ? symbol.immediate === true
        : operand.kind === 'memory' && operand.base !== 'rip';
    if (symbol.modifier === undefined) {
      if (absolute && this.file.target === 'x86-64') this.usesAbsoluteAddresses = true;
      return;
    }
    if (/^(plt|got)/.test(symbol.modifier)) {
      this.linkedThroughTables = true;
      this.file.preemptible.add(symbol.symbol);
    }
    if (/tpoff|tls|tprel|dtprel/.test(symbol.modifier)) this.file.threadLocal.add(symbol.symbol);
  }

  /** Code that names addresses as numbers is not position independent, unless it also uses the linker's tables. */
  finish(): AssemblyFile {
    this.file.positionIndependent = this.linkedThroughTables || !this.usesAbsoluteAddresses;
    for (const { name, aliases } of this.file.functions) {
      for (const other of [name, ...aliases]) this.file.data.delete(other);
    }
    return this.file;
  }

  statement(text: string): void {
    const label = /^("[^"]*"|[\w.$]+):(?!:)\s*(.*)$/s.exec(text);
    if (label !== null) {
      this.label(label[1]!);
      if (label[2] !== '') this.statement(label[2]!);
      return;
    }
    const assignment = /^([\w.$]+)\s*=\s*([\w.$]+(?:\s*[+-]\s*\d+)?)$/.exec(text);
    if (assignment !== null) {
      directiveHandlers['.set']!(this, [assignment[1]!, assignment[2]!]);
      return;
    }
    if (!text.startsWith('.')) {
      this.instruction(text);
      return;
    }
    const space = text.search(/\s/);
    const directive = space < 0 ? text : text.slice(0, space);
    const handler = directiveHandlers[directive];
    // Most directives (.cfi_…, .file, .loc) say nothing about the code.
    if (handler !== undefined) handler(this, space < 0 ? [] : splitOutside(text.slice(space + 1), ','));
  }
}

/** Reads a whole file. Never throws on its content: what could not be read is in `problems`. */
export function parseAssembly(text: string, target: TargetName): AssemblyFile {
  const reader = new AssemblyReader(target);
  let start = 0;
  while (start < text.length) {
    const newline = text.indexOf('\n', start);
    const end = newline < 0 ? text.length : newline;
    const line = text.slice(start, end);
    start = end + 1;
    reader.line++;
    if (line.length > longestLine) {
      reader.problem(line);
      continue;
    }
    const bare = withoutComment(line, target).trim();
    if (bare === '') continue;
    if (!bare.includes(';')) reader.statement(bare);
    else for (const part of splitOutside(bare, ';')) if (part !== '') reader.statement(part);
  }
  return reader.finish();
}
