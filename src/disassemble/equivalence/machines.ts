// What the two machines have of their own: system calls, triples, and how IR names addresses and functions.

export type Machine = 'x86_64' | 'aarch64';

interface Calls {
  read: number;
  write: number;
  map: number;
  exit: number;
  control: number;
  /** Inline assembly of a system call with six parameters, and its constraints. */
  instruction: string;
  constraints: string;
}

export const systemCalls: Readonly<Record<Machine, Calls>> = {
  x86_64: {
    read: 0,
    write: 1,
    map: 9,
    exit: 60,
    control: 157,
    instruction: 'syscall',
    constraints: '={rax},{rax},{rdi},{rsi},{rdx},{r10},{r8},{r9},~{rcx},~{r11},~{memory}',
  },
  aarch64: {
    read: 63,
    write: 64,
    map: 222,
    exit: 93,
    control: 167,
    instruction: 'svc #0',
    constraints: '={x0},{x8},{x0},{x1},{x2},{x3},{x4},{x5},~{memory}',
  },
};

export const triples: Readonly<Record<Machine, string>> = {
  x86_64: 'x86_64-unknown-linux-gnu',
  aarch64: 'aarch64-unknown-linux-gnu',
};

export const pointer = (address: number): string => `inttoptr (i64 ${address} to ptr)`;
export const quoted = (name: string): string => `@"${name}"`;

export function systemCall(machine: Machine): string {
  const { instruction, constraints } = systemCalls[machine];
  return `define internal i64 @ozma_system(i64 %n, i64 %a, i64 %b, i64 %c, i64 %d, i64 %e, i64 %f) noinline {
  %r = call i64 asm sideeffect "${instruction}", "${constraints}"(i64 %n, i64 %a, i64 %b, i64 %c, i64 %d, i64 %e, i64 %f)
  ret i64 %r
}`;
}

export function system(
  number: number,
  first: number | string,
  second: number | string,
  third: number | string,
) {
  return `call i64 @ozma_system(i64 ${number}, i64 ${first}, i64 ${second}, i64 ${third}, i64 0, i64 0, i64 0)`;
}
