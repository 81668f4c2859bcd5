import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { expect, it } from 'vitest';

import { readNamedFile } from './named-file.ts';

it('reads a file beside the command, and says which one it cannot read and why', async () => {
  const cwd = await mkdtemp(join(tmpdir(), 'media-named-'));
  try {
    await writeFile(join(cwd, 'text.md'), 'words');
    expect((await readNamedFile('text.md', { cwd })).toString()).toBe('words');
    await expect(readNamedFile('other.md', { cwd })).rejects.toMatchObject({
      code: 'cli/no-file',
      message: `${join(cwd, 'other.md')} cannot be read: there is no such file.`,
    });
    await expect(readNamedFile('.', { cwd })).rejects.toMatchObject({
      code: 'cli/no-file',
      message: `${cwd} cannot be read: it is a folder.`,
    });
  } finally {
    await rm(cwd, { recursive: true });
  }
});
