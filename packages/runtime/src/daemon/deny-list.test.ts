import { createHash } from 'node:crypto';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { silentLog } from '../log.ts';
import { createManualClock } from '../testing.ts';
import { openDenyList, parseDenyList } from './deny-list.ts';
import type { DenyList } from './deny-list.ts';

const ADDRESS = '8Ucr2RfdiAK8obU3fMZN3eZo1RyPSGZBVydmR7vSEspQ';
let dir: string;
let file: string;
beforeEach(async () => {
  dir = await mkdtemp(path.join(tmpdir(), 'deny-'));
  file = path.join(dir, 'deny.txt');
});
afterEach(() => rm(dir, { recursive: true, force: true }));

const open = (): Promise<DenyList> => openDenyList(file, { clock: createManualClock(), log: silentLog });
const sha256 = (text: string): string => createHash('sha256').update(text).digest('hex');

test('addresses, labels, hosts and hashes of them are listed, comments are not', async () => {
  await writeFile(
    file,
    `# why\n${ADDRESS} # by court order\r\n\nShop.Example\nsha256:${sha256('hidden.example')}\naaaaaaaaaaaaaaaaaaaa\n`,
  );
  const list = await open();
  expect(list.size).toBe(4);
  for (const name of [ADDRESS, 'shop.example', 'SHOP.example', 'hidden.example', 'aaaaaaaaaaaaaaaaaaaa'])
    expect(list.denies(['other', name]), name).toBe(true);
  for (const name of [ADDRESS.toLowerCase(), 'example', 'www.shop.example', 'hidden.example.org', 'why'])
    expect(list.denies([name]), name).toBe(false);
});

test('a change holds at the next look, and a damaged or missing file changes nothing', async () => {
  await writeFile(file, 'a.example\n');
  const list = await open();
  const { version } = list;
  await writeFile(file, 'a.example\nb.example\n');
  await list.task.runNow();
  expect([list.denies(['b.example']), list.version]).toEqual([true, version + 1]);
  await list.task.runNow();
  expect(list.version).toBe(version + 1);
  await writeFile(file, 'c.example\nnot a name\n');
  await expect(list.task.runNow()).rejects.toThrow('line 2');
  await rm(file);
  await expect(list.task.runNow()).rejects.toThrow('ENOENT');
  expect([list.denies(['a.example']), list.denies(['c.example']), list.size]).toEqual([true, false, 2]);
  await writeFile(file, '');
  await list.task.runNow();
  expect(list.denies(['a.example'])).toBe(false);
});

test('a list that cannot be read ends the start, in words', async () => {
  await expect(open()).rejects.toMatchObject({ code: 'config/bad-deny-list' });
  expect(() => parseDenyList('sha256:12', 'f')).toThrow('f, line 1');
  expect(() => parseDenyList('http://a.example/', 'f')).toThrow('line 1');
});
