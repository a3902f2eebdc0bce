// gcc (-fipa-ra) looks at the code of a callee that it has compiled already, and lets callers keep values in
// registers which that code happens to leave alone. What a call changes is then no longer the convention's to
// say: it is read off the callee, and off what the callee calls.

import type { AssemblyFile, AssemblyFunction } from './assembly/types.ts';
import type { FunctionBody } from './blocks.ts';
import { Unsupported, type Step } from './step.ts';
import type { CallingConvention, Target } from './targets/target.ts';

/** By function of the file: the registers that it changes, among those that the convention lets it change. */
export type Clobbers = ReadonlyMap<string, readonly number[]>;

/** What the call of a step changes. */
export function clobberedBy(
  { flow }: Step,
  { clobbered }: Pick<CallingConvention, 'clobbered'>,
): readonly number[] {
  return (flow?.kind === 'call' ? flow.clobbered : undefined) ?? clobbered;
}

const anywhere = '';

/** Where a step goes outside its function: the name of a function, or anywhere. */
function leavesTo({ flow }: Step, labels: ReadonlySet<string>): string | undefined {
  if (flow?.kind === 'indirect') return anywhere;
  if (flow?.kind === 'call') return typeof flow.target === 'string' ? flow.target : anywhere;
  if (flow?.kind !== 'jump' && flow?.kind !== 'branch') return undefined;
  return labels.has(flow.target) ? undefined : flow.target;
}

function clobbersOf(
  { name, aliases, items }: AssemblyFunction,
  known: Clobbers,
  target: Target,
): readonly number[] {
  const { clobbered, changedByCall } = target.convention;
  const labels = new Set(items.flatMap((item) => (item.kind === 'label' ? [item.name] : [])));
  const changed = new Set(changedByCall);
  const steps: Step[] = [];
  for (const item of items) {
    if (item.kind === 'label') continue;
    let translated: Step[];
    try {
      translated = target.translate(item.instruction, steps);
    } catch (error) {
      if (error instanceof Unsupported) return clobbered;
      throw error;
    }
    steps.push(...translated);
    for (const step of translated) {
      for (const register of [...step.writes.map((write) => write.register), ...step.undefined])
        changed.add(register);
      const to = leavesTo(step, labels);
      // A jump through a table stays in the function, but nothing here says so: it goes anywhere.
      if (to === undefined || to === name || aliases.includes(to)) continue;
      for (const register of known.get(to) ?? clobbered) changed.add(register);
    }
  }
  return clobbered.filter((register) => changed.has(register));
}

/** Of a file by gcc; it has seen the code of those that stand before their callers. Empty for others. */
export function findClobbers(file: AssemblyFile, target: Target): Clobbers {
  const found = new Map<string, readonly number[]>();
  if (file.compiler !== 'gcc') return found;
  for (const source of file.functions) {
    const clobbers = clobbersOf(source, found, target);
    for (const name of [source.name, ...source.aliases]) found.set(name, clobbers);
  }
  return found;
}

/** The functions of a file that callers may rely on to leave more alone than the convention asks for. */
export function keepingFunctions(file: AssemblyFile): ReadonlySet<string> {
  return new Set(
    file.compiler === 'gcc' ? file.functions.flatMap(({ name, aliases }) => [name, ...aliases]) : [],
  );
}

/** Tells every call what it changes, in place. */
export function noteClobbers(body: FunctionBody, clobbers: Clobbers): void {
  if (clobbers.size === 0) return;
  for (const { flow } of body.blocks.flatMap(({ steps }) => steps)) {
    if (flow?.kind !== 'call' || typeof flow.target !== 'string' || flow.target === body.name) continue;
    const known = clobbers.get(flow.target);
    if (known !== undefined) flow.clobbered = known;
  }
}
