import { readFile, readdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { VERBS } from '@media-network/rules';
import { expect, test } from 'vitest';
import { PROJECT_ROOT } from '../root.ts';
import { rulesPage } from './rules.ts';

const PAGE = join(PROJECT_ROOT, 'docs', 'rules.md');

test('docs/rules.md says what the rules say (MEDIA_WRITE_GUIDES=1 writes it)', async () => {
  if (process.env['MEDIA_WRITE_GUIDES'] === '1') await writeFile(PAGE, rulesPage());
  expect(await readFile(PAGE, 'utf8')).toBe(rulesPage());
});

test('every example of a rule is seen at a real edge by some test', async () => {
  const folders = ['apps/edge/test', 'tests'].map((folder) => join(PROJECT_ROOT, folder));
  const sources: string[] = [];
  for (const folder of folders)
    for (const name of await readdir(folder))
      if (name.endsWith('.test.ts')) sources.push(await readFile(join(folder, name), 'utf8'));
  const all = sources.join('\n');
  const unseen = VERBS.flatMap(({ examples }) => examples).filter(
    // A key of one word needs no quotes.
    (line) => !all.includes(`'${line}'`) && !all.includes(`async ${line}(`),
  );
  expect(unseen).toEqual([]);
});
