// Places in variables that have no name of their own: clang merges variables of a file and names the whole
// `.L_MergedGlobals`, of which the variables are aliases.

import type { AssemblyFile, DataLabel } from './assembly/types.ts';

/**
 * A name that the linker knows in the same section, and how many bytes behind it the label lies: one that others know
 * before local ones, then one at a distance that keeps the alignment.
 */
export function namedPlace(
  { data, globals }: AssemblyFile,
  label: DataLabel,
): { name: string; distance: number } | undefined {
  const inSection = [...data].filter(
    ([name, { section }]) => section === label.section && !name.startsWith('.L'),
  );
  const visible = inSection.filter(([known]) => globals.has(known));
  const choices = visible.length > 0 ? visible : inSection;
  const isAligned = (offset: number): boolean => (label.offset - offset) % 16 === 0;
  const [name, other] = choices.find(([, { offset }]) => isAligned(offset)) ?? choices[0] ?? [];
  return name === undefined || other === undefined
    ? undefined
    : { name, distance: label.offset - other.offset };
}
