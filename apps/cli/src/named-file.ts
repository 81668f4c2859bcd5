import { readFile } from 'node:fs/promises';
import { resolve } from 'node:path';

import { MediaError, errorCode, errorMessage } from '@media-network/runtime';

/** Why the system does not give a file, for people. */
const REASONS: Readonly<Record<string, string>> = {
  ENOENT: 'there is no such file',
  EACCES: 'this user may not read it',
  EISDIR: 'it is a folder',
};

/** The error for a file that a command line names and that cannot be read. */
export function unreadable(path: string, cause: unknown): MediaError {
  return new MediaError({
    code: 'cli/no-file',
    message: `${path} cannot be read: ${REASONS[errorCode(cause)] ?? errorMessage(cause)}.`,
    hint: 'Check its name, and who may read it.',
    source: 'client',
    context: { path },
    cause,
  });
}

/** A file that a command line names, as a whole. Throws `cli/no-file`. */
export async function readNamedFile(name: string, { cwd }: { readonly cwd: string }): Promise<Buffer> {
  const path = resolve(cwd, name);
  return await readFile(path).catch((cause: unknown) => {
    throw unreadable(path, cause);
  });
}
