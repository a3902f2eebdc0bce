// What a compile worker asks of the operating system about itself. On others than Linux nothing happens, and
// time limits alone protect the parent.

import koffi from 'koffi';

/** Linux counts private writable memory against this limit, so a runaway pass fails to allocate. */
export function limitMemory(megabytes: number): void {
  if (process.platform !== 'linux') return;
  const dataSegment = 2;
  const bytes = BigInt(megabytes) * 1024n * 1024n;
  const libc = koffi.load('libc.so.6');
  const setrlimit = libc.func('int setrlimit(int resource, const uint64_t *limits)') as (
    resource: number,
    limits: BigUint64Array,
  ) => number;
  setrlimit(dataSegment, new BigUint64Array([bytes, bytes]));
}

/** The kernel ends this process with its parent, also while LLVM loops and no message is read. */
export function dieWithParent(): void {
  if (process.platform !== 'linux') return;
  const parentDeathSignal = 1;
  const kill = 9;
  const control = koffi.load('libc.so.6').func('int prctl(int option, unsigned long signal)') as (
    option: number,
    signal: number,
  ) => number;
  control(parentDeathSignal, kill);
}
