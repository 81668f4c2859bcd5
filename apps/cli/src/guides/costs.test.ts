import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { PROJECT_ROOT } from '../root.ts';
import { renderCosts, renderSites, rentOf } from './costs.ts';

test('rent is that of Solana', () => {
  // What `solana rent 165` and `solana rent 0` print.
  expect(rentOf(165)).toBe(2_039_280n);
  expect(rentOf(0)).toBe(890_880n);
});

test.each([
  ['public-cluster.md', 'costs', renderCosts],
  ['what-it-costs.md', 'sites', renderSites],
])('the table of %s is what the schema and the parameters give', async (file, name, render) => {
  const path = join(PROJECT_ROOT, 'docs', 'guides', file);
  const text = await readFile(path, 'utf8');
  const block = new RegExp(`(<!-- ${name} -->\n)[^]*?(\n<!-- /${name} -->)`);
  expect(text).toMatch(block);
  const wanted = text.replace(block, (_all, before: string, after: string) => before + render() + after);
  if (process.env['MEDIA_WRITE_GUIDES'] === '1') await writeFile(path, wanted);
  expect(await readFile(path, 'utf8')).toBe(wanted);
});
