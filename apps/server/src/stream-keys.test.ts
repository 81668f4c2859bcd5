import { mkdtemp, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { channelNames, openStreamKeys } from './stream-keys.ts';

let dir: string;
beforeEach(async () => {
  dir = await mkdtemp(join(tmpdir(), 'server-keys-'));
});
afterEach(() => rm(dir, { recursive: true, force: true }));

describe('stream keys', () => {
  it('are made once, kept where only the owner reads them, and open their channel alone', async () => {
    const first = await openStreamKeys(dir, ['stage']);
    const both = await openStreamKeys(dir, ['stage', 'studio']);
    expect(both.keyOf('stage')).toBe(first.keyOf('stage'));
    expect(both.channelOf(both.keyOf('studio') ?? '')).toBe('studio');
    expect(both.keyOf('studio')).toMatch(/^[a-z2-9]{26}$/);
    expect([both.channelOf(''), both.channelOf('stage'), both.channelOf(`${both.keyOf('stage')}x`)]).toEqual([
      undefined,
      undefined,
      undefined,
    ]);
    expect((await stat(join(dir, 'stream-keys.json'))).mode & 0o777).toBe(0o600);
  });

  it('of a channel that is left out for a while are kept, and open nothing', async () => {
    const key = (await openStreamKeys(dir, ['stage'])).keyOf('stage') ?? '';
    expect((await openStreamKeys(dir, ['studio'])).channelOf(key)).toBeUndefined();
    expect((await openStreamKeys(dir, ['stage'])).channelOf(key)).toBe('stage');
  });

  it('that cannot be read are not replaced', async () => {
    for (const text of ['{', '{"keys":{"stage":"short"}}', '[]']) {
      await writeFile(join(dir, 'stream-keys.json'), text);
      await expect(openStreamKeys(dir, ['stage'])).rejects.toMatchObject({ code: 'server/bad-keys' });
      expect(await readFile(join(dir, 'stream-keys.json'), 'utf8')).toBe(text);
    }
  });
});

describe('names of channels', () => {
  it('are what a path can be', () => {
    expect(channelNames('a, stage-2,a')).toEqual(['a', 'stage-2']);
    for (const list of [
      '',
      'a,,b',
      'A',
      '-a',
      'a-',
      'a/b',
      '..',
      'x'.repeat(33),
      Array.from({ length: 201 }, (_, i) => `c${i}`).join(','),
    ])
      expect(() => channelNames(list)).toThrow(expect.objectContaining({ code: 'server/bad-channel' }));
  });
});
