import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { buildCommit, createSessionKey, signCommit } from '@media-network/protocol';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { sha256 } from '../evidence/blob-roots.ts';
import { addressAt } from '../testing-accounts.ts';
import { openHourBook } from './hour-book.ts';
import type { HourBook, SavedVerdict } from './hour-book.ts';
import { openHourLog } from './hour-log.ts';
import type { HourLog } from './hour-log.ts';

const EDGE = addressAt(3);
let dir = '';
let log: HourLog;
beforeEach(async () => {
  dir = await mkdtemp(path.join(tmpdir(), 'guard-book-'));
});
afterEach(() => rm(dir, { recursive: true, force: true }));

async function openBook(): Promise<HourBook> {
  log = await openHourLog(dir);
  return openHourBook(log, (error) => {
    throw error;
  });
}

async function commitOf(slot: number, bytes: bigint) {
  const { sign } = await createSessionKey();
  const at = { edge: EDGE, boot: 1, hour: 7n, slot, unixMs: 1n };
  const { body } = buildCommit(at, [{ resource: addressAt(1), bytes }], sha256);
  return signCommit({ ...body, root: new Uint8Array(body.root) }, sign);
}

const verdict: SavedVerdict = {
  payload: Uint8Array.of(1, 0, 0, 0, 1, 0, 0),
  holding: new Uint8Array(32).fill(1),
  prevRoot: new Uint8Array(32).fill(2),
  salt: new Uint8Array(32).fill(3),
  said: [{ report: addressAt(9), edge: EDGE, level: 1, reason: 'full', words: 'all checks passed' }],
  disputed: [],
};

it('knows after a restart in mid-hour what it saw and what it committed to', async () => {
  const book = await openBook();
  book.addAsk(EDGE, 7n, true);
  book.addAsk(EDGE, 7n, false);
  book.addContact(EDGE, 7n, true);
  book.addContact(EDGE, 7n, false);
  book.addBytes(EDGE, addressAt(1), 7n, 5n, true);
  book.addBytes(EDGE, addressAt(1), 7n, 2n ** 60n, true);
  book.addBytes(EDGE, addressAt(1), 7n, 9n, false);
  expect(book.probedBytes).toEqual([
    { edge: EDGE, resource: addressAt(1), hour: 7n, bytes: 14n + 2n ** 60n },
  ]);
  const look = {
    resource: addressAt(1),
    target: 'aa',
    bodyHash: 'bb',
    finding: 'wrong',
    by: 'self',
  } as const;
  book.addLook(EDGE, 7n, look);
  const commit = await commitOf(4, 9n);
  expect(book.addCommit(commit)).toBeUndefined();
  await book.saveVerdict(7n, verdict);
  await log.close();

  const again = await openBook();
  expect(again.of(EDGE, 7n)).toEqual({
    asks: { answered: 1, refused: 1 },
    contacts: { answered: 1, silent: 1 },
    probed: new Map([[addressAt(1), 5n + 2n ** 60n]]),
    looks: [look],
    commits: [commit],
  });
  expect(again.verdict(7n)).toEqual(verdict);
  expect(again.edgesOf(7n)).toEqual([EDGE]);
  // One that was never committed to is gone after the next start, too, and may be made anew.
  await again.dropVerdict(7n);
  expect(again.verdict(7n)).toBeUndefined();
  await log.close();
  const third = await openBook();
  expect(third.verdict(7n)).toBeUndefined();
  await third.saveVerdict(7n, verdict);
  expect(third.verdict(7n)).toEqual(verdict);
  await again.forgetBefore(8n);
  expect(again.verdict(7n)).toBeUndefined();
  expect(again.edgesOf(7n)).toEqual([]);
  await log.close();
  expect((await openBook()).edgesOf(7n)).toEqual([]);
  await log.close();
});

it('sees a contradiction, also with what it knew before a restart', async () => {
  const first = await openBook();
  const honest = await commitOf(4, 9n);
  first.addCommit(honest);
  await log.close();
  const book = await openBook();
  expect(book.addCommit(await commitOf(5, 9n))).toBeUndefined();
  expect(book.addCommit(await commitOf(4, 10n))).toEqual(honest);
  await log.close();
});

it('keeps a commit once, whoever brings it, and no more than tell something', async () => {
  const book = await openBook();
  const commit = await commitOf(4, 9n);
  for (let i = 0; i < 3; i += 1) book.addCommit(commit);
  expect(book.of(EDGE, 7n).commits).toHaveLength(1);
  for (let i = 0; i < 100; i += 1) book.addCommit(await commitOf(i % 12, BigInt(i)));
  expect(book.of(EDGE, 7n).commits.length).toBeLessThanOrEqual(64);
  const look = { resource: 'r', target: 'aa', bodyHash: 'bb', finding: 'wrong', by: 's' } as const;
  for (let i = 0; i < 600; i += 1) book.addLook(EDGE, 7n, look);
  expect(book.of(EDGE, 7n).looks).toHaveLength(512);
  await log.close();
});

it('does not say that a verdict is saved when it is not', async () => {
  const book = await openBook();
  await rm(dir, { recursive: true });
  await expect(book.saveVerdict(7n, verdict)).rejects.toMatchObject({ code: 'ENOENT' });
  expect(book.verdict(7n)).toBeUndefined();
  await log.close();
});
