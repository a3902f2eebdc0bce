// Ctrl-C. By default it ends the process with exit code 130. A command that can stop early with the best
// so far asks for the signal; it then has until the second Ctrl-C to write it. A terminal sends Ctrl-C to
// child processes too, so compile workers must ignore SIGINT themselves.

import { exitCodes, OzmaError } from '../common/errors.ts';

const controller = new AbortController();
let someoneStopsEarly = false;

/** Aborts at the first Ctrl-C; its reason is an OzmaError `interrupted`. From then on the caller must end soon. */
export function interruptSignal(): AbortSignal {
  someoneStopsEarly = true;
  return controller.signal;
}

/** Whether Ctrl-C was pressed, in which case the exit code is 130 whatever the command returned. */
export function wasInterrupted(): boolean {
  return controller.signal.aborted;
}

/** Called once, by main.ts. */
export function listenForInterrupts(): void {
  const interrupt = (): void => {
    if (!someoneStopsEarly || controller.signal.aborted) process.exit(exitCodes.interrupted);
    controller.abort(new OzmaError('interrupted', 'interrupted'));
  };
  process.on('SIGINT', interrupt);
  process.on('SIGTERM', interrupt);
}
