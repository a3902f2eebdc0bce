// Stop strings in a text that comes token by token. A stop string may begin in one token and end in
// another, so a search needs the last bytes of what was there, and a stream must hold back what may be
// the beginning of one, and the beginning of a character.

export class StopStrings {
  private readonly stops: readonly Uint8Array[];
  /** Bytes of the text before a new token that a search needs. */
  readonly tailLength: number;

  constructor(stops: readonly string[] = []) {
    const encoder = new TextEncoder();
    this.stops = stops.filter((stop) => stop !== '').map((stop) => encoder.encode(stop));
    this.tailLength = Math.max(0, ...this.stops.map((stop) => stop.length - 1));
  }

  /** Where the first stop string begins, or -1. */
  find(bytes: Uint8Array): number {
    const places = this.stops.map((stop) =>
      Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length).indexOf(stop),
    );
    const found = places.filter((place) => place >= 0);
    return found.length === 0 ? -1 : Math.min(...found);
  }

  /** How many bytes at the end may be the beginning of a stop string. */
  pending(bytes: Uint8Array): number {
    for (let length = Math.min(bytes.length, this.tailLength); length > 0; length--) {
      const end = Buffer.from(bytes.subarray(bytes.length - length));
      if (this.stops.some((stop) => stop.length > length && end.equals(stop.subarray(0, length))))
        return length;
    }
    return 0;
  }
}

/** Gives out text as soon as it is certain. */
export class TextStream {
  private readonly stops: StopStrings;
  private readonly emit: (piece: string) => void;
  private readonly decoder = new TextDecoder('utf-8', { ignoreBOM: true });
  private held = new Uint8Array(0);
  private given = 0;

  constructor(stops: StopStrings, emit: (piece: string) => void) {
    this.stops = stops;
    this.emit = emit;
  }

  push(bytes: Uint8Array): void {
    const all = joinBytes([this.held, bytes]);
    const certain = all.length - this.stops.pending(all);
    this.give(all.subarray(0, certain), true);
    this.held = all.slice(certain);
  }

  /** The text has so many bytes: of these last ones a stop string may have cut some off. */
  end(length: number, bytes: Uint8Array = new Uint8Array(0)): void {
    const all = joinBytes([this.held, bytes]);
    this.give(all.subarray(0, length - this.given), false);
  }

  private give(bytes: Uint8Array, more: boolean): void {
    this.given += bytes.length;
    const piece = this.decoder.decode(bytes, { stream: more });
    if (piece !== '') this.emit(piece);
  }
}

export function joinBytes(parts: readonly Uint8Array[]): Uint8Array<ArrayBuffer> {
  const joined = new Uint8Array(parts.reduce((sum, part) => sum + part.length, 0));
  let at = 0;
  for (const part of parts) {
    joined.set(part, at);
    at += part.length;
  }
  return joined;
}
