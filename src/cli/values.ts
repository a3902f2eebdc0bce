// The kinds of value that an option takes: how it is read from text, what was expected when it cannot be.
// Hand-written and not a schema library, which takes longer to load than `ozma cc` takes to start.
// Which options exist is in options.ts.

/** Reads one value from the command line. `undefined` means that the text is not such a value. */
export interface ValueKind<T> {
  /** Completes "expected …" in an error, for example `a whole number of at least 1`. */
  readonly expected: string;
  /** The value's name in the help: `<n>`. Missing for a flag, which takes no value. */
  readonly placeholder?: string;
  read(text: string): T | undefined;
}

/** Present or not. From the environment it is read as 1, true, 0 or false. */
export const flag: ValueKind<boolean> = {
  expected: '1, true, 0 or false',
  read: (found) => (/^(1|true)$/.test(found) ? true : /^(0|false)$/.test(found) ? false : undefined),
};

/** A decimal integer of at least `minimum` and at most `maximum`. */
export function wholeNumber(minimum: number, maximum = Number.MAX_SAFE_INTEGER): ValueKind<number> {
  const upTo =
    maximum === Number.MAX_SAFE_INTEGER ? `of at least ${minimum}` : `from ${minimum} to ${maximum}`;
  return {
    expected: `a whole number ${upTo}`,
    placeholder: '<n>',
    read: (text) => {
      const value = /^\d+$/.test(text) ? Number(text) : Number.NaN;
      return value >= minimum && value <= maximum ? value : undefined;
    },
  };
}

/** A time span in seconds, above zero, with or without decimals. */
export const seconds: ValueKind<number> = {
  expected: 'a number of seconds above 0',
  placeholder: '<seconds>',
  read: (text) => {
    const value = /^\d+(\.\d+)?$/.test(text) ? Number(text) : 0;
    return value > 0 ? value : undefined;
  },
};

/** A number above zero, with or without decimals or an exponent. */
export function positiveNumber(what: string, placeholder: string): ValueKind<number> {
  return {
    expected: `${what} above 0`,
    placeholder,
    read: (text) => {
      const value = /^\d+(\.\d+)?(e-?\d+)?$/i.test(text) ? Number(text) : 0;
      return value > 0 ? value : undefined;
    },
  };
}

/** One of a few words, written exactly so. */
export function oneOf<const Word extends string>(...words: Word[]): ValueKind<Word> {
  const last = words.at(-1) ?? '';
  return {
    expected: words.length > 1 ? `${words.slice(0, -1).join(', ')} or ${last}` : last,
    placeholder: `<${words.join('|')}>`,
    read: (text) => words.find((word) => word === text),
  };
}

export type ByName<Name extends string, T> = Readonly<Partial<Record<Name, T>>>;

/**
 * A value for each of some names: `100` for all of them, `tune=40,code=20` for two, `100,tune=40` for all and
 * another one for tune.
 */
export function byName<const Name extends string, T>(
  names: readonly Name[],
  kind: ValueKind<T>,
): ValueKind<ByName<Name, T>> {
  const [first = '', second = ''] = names;
  return {
    expected: `${kind.expected}, for all or by name (${first}=40,${second}=100; names: ${names.join(', ')})`,
    placeholder: '<n|name=n,...>',
    read: (found) => {
      const parts = found.split(',').map((part) => {
        const [, name, value = ''] = /^(?:([a-z]+)=)?(.*)$/.exec(part) ?? [];
        return {
          name: names.find((one) => one === name),
          known: name === undefined,
          value: kind.read(value),
        };
      });
      if (parts.some(({ name, known, value }) => value === undefined || (name === undefined && !known)))
        return undefined;
      const general = parts.findLast(({ name }) => name === undefined)?.value;
      const all = general === undefined ? [] : names.map((name) => [name, general]);
      const own = parts.flatMap(({ name, value }) => (name === undefined ? [] : [[name, value]]));
      return Object.fromEntries([...all, ...own]) as ByName<Name, T>;
    },
  };
}

/** Any text that is not empty, such as the name of a file. */
export function text(what: string, placeholder: string): ValueKind<string> {
  return { expected: what, placeholder, read: (found) => (found === '' ? undefined : found) };
}

/** The shape of a target triple. Whether LLVM knows the target is LLVM's to say. */
export const targetTriple: ValueKind<string> = {
  expected: 'a target triple such as aarch64-linux-gnu',
  placeholder: '<triple>',
  read: (found) => (/^[a-z][\w.]*(-[\w.]*)*$/i.test(found) ? found : undefined),
};
