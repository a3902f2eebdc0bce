// Reads a JSON compilation database (clang.llvm.org/docs/JSONCompilationDatabase.html), as CMake, Meson and
// Bear write it: each entry a folder, a file and the command that compiles it.

import { z } from 'zod';
import { OzmaError } from '../common/errors.ts';
import { splitCommand } from './split-command.ts';

const database = z.array(
  z
    .object({
      directory: z.string(),
      file: z.string(),
      arguments: z.array(z.string()).optional(),
      command: z.string().optional(),
    })
    .refine(
      (entry) => entry.arguments !== undefined || entry.command !== undefined,
      'expected arguments or command',
    ),
);

export interface CompileCommand {
  directory: string;
  /** The source, relative to `directory` or absolute. */
  input: string;
  /** The command without the compiler's name. */
  words: string[];
}

/** Throws `usage` where the text is not such a database. */
export function readCompileCommands(text: string, name: string): CompileCommand[] {
  let parsed: unknown;
  try {
    parsed = JSON.parse(text);
  } catch (cause) {
    throw new OzmaError('usage', `${name}: expected a compilation database in JSON`, { cause });
  }
  const checked = database.safeParse(parsed);
  if (!checked.success) {
    const [issue] = checked.error.issues;
    throw new OzmaError('usage', `${name}, ${issue?.path.join('.') || 'top'}: ${issue?.message ?? 'wrong'}`);
  }
  return checked.data.map((entry) => {
    const [, ...words] = entry.arguments ?? splitCommand(entry.command ?? '');
    return { directory: entry.directory, input: entry.file, words };
  });
}
