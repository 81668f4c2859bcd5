import { readFile, readdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { PROGRAM_ERRORS } from '@media-network/chain/schema';
import { programErrorCode } from '@media-network/chain';
import { expect, test } from 'vitest';
import { PROJECT_ROOT } from '../root.ts';
import { CATALOGUE } from './catalogue.ts';
import { ERROR_AREAS, renderErrors } from './render.ts';

const GUIDE = join(PROJECT_ROOT, 'docs', 'guides', 'errors.md');

/** Sources of everything that runs, tests and this catalogue apart. */
async function sources(): Promise<string> {
  const texts: string[] = [];
  for (const root of ['packages', 'apps', 'bench']) {
    for (const entry of await readdir(join(PROJECT_ROOT, root), { recursive: true, withFileTypes: true })) {
      const path = join(entry.parentPath, entry.name);
      const skip = /node_modules|\/test\/|\.test\.ts$|testing|\.types|cli\/src\/errors\//.test(path);
      if (entry.isFile() && path.endsWith('.ts') && path.includes('/src/') && !skip)
        texts.push(await readFile(path, 'utf8'));
    }
  }
  return texts.join('\n');
}

/** Words that look like codes and are none. */
const NO_CODES: ReadonlySet<string> = new Set(['front/handler-failed', 'edge/not-found']);

test('every code of the source is explained, and no other', async () => {
  const text = await sources();
  const found = new Set(
    [
      ...text.matchAll(new RegExp(`['"]((?:${ERROR_AREAS.join('|')})/[a-z0-9]+(?:-[a-z0-9]+)*)['"]`, 'g')),
    ].map((match) => match[1] ?? ''),
  );
  // Usage errors are named without their area.
  for (const match of text.matchAll(/usageError\(\s*'([a-z-]+)'/g)) found.add(`cli/${match[1]}`);
  for (const code of Object.keys(PROGRAM_ERRORS))
    // A key of the table is one of its codes.
    found.add(programErrorCode(Number(code) as keyof typeof PROGRAM_ERRORS));
  const missing = [...found].filter((code) => !CATALOGUE.has(code) && !NO_CODES.has(code));
  expect(missing, 'add these to apps/cli/src/errors').toEqual([]);
  const gone = [...CATALOGUE.keys()].filter((code) => !found.has(code));
  expect(gone, 'nothing shows these').toEqual([]);
});

test('meanings and remedies are sentences', () => {
  for (const [code, [meaning, remedy]] of CATALOGUE) {
    expect([code, meaning]).toEqual([code, expect.stringMatching(/^\S.*[.]$/)]);
    expect([code, remedy]).toEqual([code, expect.stringMatching(/^\S.*[.]$/)]);
  }
});

test('the guide is what the catalogue gives', async () => {
  const rendered = renderErrors();
  if (process.env['MEDIA_WRITE_GUIDES'] === '1') await writeFile(GUIDE, rendered);
  expect(await readFile(GUIDE, 'utf8')).toBe(rendered);
});
