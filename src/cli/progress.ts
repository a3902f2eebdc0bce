// A progress bar on stderr, drawn only when stderr is a terminal, so logs and pipes stay clean. One bar at
// a time; what a command has to say meanwhile goes through `say`, which keeps the bar below it.

/** At most ten drawings a second: more costs time and shows nothing. */
const drawingInterval = 100;

export interface Progress {
  /** Moves the bar to `done` of `total`; `note` is short, such as the best size so far. */
  update(done: number, note?: string): void;
  /** Writes a line above the bar. */
  say(line: string): void;
  /** Takes the bar away. Call it also after an error. */
  stop(): void;
}

export interface ProgressSettings {
  label: string;
  /** How many steps there are; the bar is full there. */
  total: number;
  stream?: NodeJS.WriteStream;
}

/** The text of one drawing, cut to `columns` characters. */
export function progressLine(
  settings: ProgressSettings,
  done: number,
  note: string,
  columns: number,
): string {
  const share = settings.total > 0 ? Math.min(1, done / settings.total) : 0;
  const width = 24;
  const full = Math.round(share * width);
  const bar = '█'.repeat(full) + '░'.repeat(width - full);
  return `${settings.label} ${bar} ${done}/${settings.total}${note === '' ? '' : `  ${note}`}`.slice(
    0,
    columns - 1,
  );
}

export function startProgress(settings: ProgressSettings): Progress {
  const stream = settings.stream ?? process.stderr;
  const say = (line: string): void => void stream.write(`${line}\n`);
  if (!stream.isTTY) return { update: () => {}, say, stop: () => {} };
  const erase = '\r\x1b[2K';
  let line = '';
  let drawnAt = Number.NEGATIVE_INFINITY;
  return {
    update: (done, note = '') => {
      line = progressLine(settings, done, note, stream.columns ?? 80);
      const now = performance.now();
      if (now - drawnAt < drawingInterval && done < settings.total) return;
      drawnAt = now;
      stream.write(erase + line);
    },
    say: (text) => void stream.write(`${erase}${text}\n${line}`),
    stop: () => void stream.write(erase),
  };
}
