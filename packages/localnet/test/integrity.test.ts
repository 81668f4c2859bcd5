import { createHash } from 'node:crypto';
import { copyFile, mkdir, mkdtemp, readFile, readdir, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { getTransferSolInstruction } from '@solana-program/system';
import { generateKeyPairSigner, getSignatureFromTransaction } from '@solana/kit';
import type { Address, Signature } from '@solana/kit';
import { silentLog, systemClock } from '@media-network/runtime';
import type { Log, MediaError } from '@media-network/runtime';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { createLocalnet } from '../src/index.ts';
import type { Localnet, LocalnetOptions } from '../src/index.ts';
import { openAppendFile } from '../src/ledger/files.ts';
import { kitClient, startChain } from './fixture.ts';

let dir: string;
beforeEach(async () => {
  dir = await mkdtemp(join(tmpdir(), 'localnet-integrity-'));
});
afterEach(() => rm(dir, { recursive: true, force: true }));

const reopen = (options: Partial<LocalnetOptions> = {}, log: Log = silentLog): Promise<Localnet> =>
  createLocalnet({ clock: systemClock, log }, { dir, ...options });

/** What the folder holds of logs, snapshots and the index, by name. */
async function filesOf(): Promise<ReadonlyMap<string, Buffer>> {
  const names = (await readdir(dir)).filter((n) => /^(log|snapshot|lost-log)-\d+$|^history\.db$/.test(n));
  return new Map(await Promise.all(names.map(async (n) => [n, await readFile(join(dir, n))] as const)));
}

/** The same, short enough to be shown where it differs. An index that was not there may have been made, empty. */
async function digests(names?: readonly string[]): Promise<unknown> {
  const files = [...(await filesOf())].filter(([n]) => names?.includes(n) ?? true);
  return files.map(([n, bytes]) => [n, createHash('sha256').update(bytes).digest('hex')]);
}

/** Opening is refused with the code, and not a byte has changed. */
async function refused(code: string): Promise<MediaError> {
  const names = [...(await filesOf()).keys()];
  const before = await digests();
  const error = await reopen().then(
    async (net) => {
      await net.close();
      return expect.unreachable('was opened');
    },
    (e: unknown) => e,
  );
  expect(error).toMatchObject({ code });
  expect(await digests(names)).toEqual(before);
  return error as MediaError;
}

interface Paid {
  readonly to: Address;
  readonly signatures: readonly Signature[];
  readonly log: string;
}

async function payments(count: number, options: Partial<LocalnetOptions> = {}): Promise<Paid> {
  const { net, client, payer } = await startChain({ dir, ...options });
  const to = (await generateKeyPairSigner()).address;
  const signatures: Signature[] = [];
  for (let i = 0; i < count; i += 1) {
    const transaction = await client.run(payer, [
      getTransferSolInstruction({ source: payer, destination: to, amount: 1_000_000n + BigInt(i) }),
    ]);
    signatures.push(getSignatureFromTransaction(transaction));
  }
  await net.close();
  return { to, signatures, log: join(dir, 'log-0') };
}

const cut = async (path: string, bytes: number): Promise<void> =>
  writeFile(path, (await readFile(path)).subarray(0, -bytes));

async function flip(path: string, at: number): Promise<void> {
  const bytes = await readFile(path);
  bytes[(at + bytes.length) % bytes.length]! ^= 0x01;
  await writeFile(path, bytes);
}

describe('a log that lost what was confirmed', () => {
  it('is refused with the number lost when its end is cut off', async () => {
    const { log } = await payments(3);
    await cut(log, 10);
    expect((await refused('localnet/log-behind')).context).toMatchObject({ lost: 1 });
  });

  it('is refused when a byte of its last record is flipped', async () => {
    const { log } = await payments(2);
    for (const at of [-1, -40]) {
      await flip(log, at);
      expect((await refused('localnet/log-behind')).message).toContain('1 confirmed');
      await flip(log, at);
    }
    await (await reopen()).close();
  });

  it('is refused when it is empty, cut to nothing useful, or missing', async () => {
    const { log } = await payments(1);
    const bytes = await readFile(log);
    for (const length of [0, 10, 40]) {
      await writeFile(log, bytes.subarray(0, length));
      await refused('localnet/log-corrupt');
    }
    await rm(log);
    await refused('localnet/log-missing');
    // Nor without the index, which is what a partial copy of the folder looks like.
    await rm(join(dir, 'history.db'));
    await refused('localnet/log-missing');
    await writeFile(log, '');
    await refused('localnet/log-corrupt');
  });

  it('is refused beside an index that is newer', async () => {
    await payments(1);
    const old = await readFile(join(dir, 'log-0'));
    const { net, client, payer } = await startChain({ dir });
    await client.run(payer, [
      getTransferSolInstruction({ source: payer, destination: payer.address, amount: 1n }),
    ]);
    await net.close();
    await writeFile(join(dir, 'log-0'), old);
    // The airdrop to the new payer and its payment.
    expect((await refused('localnet/log-behind')).context).toMatchObject({ lost: 2 });
  });

  it('is gone on from when that is asked for: what is lost is forgotten everywhere and set aside', async () => {
    const { to, signatures, log } = await payments(3);
    await cut(log, 10);
    const warned: object[] = [];
    const listening: Log = {
      ...silentLog,
      warn: (fields) => void warned.push(fields),
      child: () => listening,
    };
    const net = await reopen({ acceptLoss: true }, listening);
    expect(warned).toContainEqual(expect.objectContaining({ code: 'localnet/log-behind', lost: 1 }));
    const { rpc } = kitClient(net);
    const [first, second, third] = signatures as [Signature, Signature, Signature];
    expect(net.account(to)?.lamports).toBe(2_000_001n);
    const statuses = await rpc
      .getSignatureStatuses([first, second, third], { searchTransactionHistory: true })
      .send();
    expect(statuses.value.map((s) => s?.confirmationStatus)).toEqual(['finalized', 'finalized', undefined]);
    expect(
      await rpc.getTransaction(third, { maxSupportedTransactionVersion: 0, encoding: 'json' }).send(),
    ).toBe(null);
    // New transactions take the free numbers and are in the index.
    const added = await net.airdrop(to, 5_000_000n);
    await net.close();
    const again = await reopen();
    const listed = await kitClient(again).rpc.getSignaturesForAddress(to).send();
    expect(listed.map((s) => s.signature)).toEqual([added, second, first]);
    await again.close();
  });

  it('starts from the snapshot only when that is asked for', async () => {
    const { to, log } = await payments(1);
    await writeFile(log, '');
    const net = await reopen({ acceptLoss: true });
    expect(net.account(to)).toBe(undefined);
    expect(await kitClient(net).rpc.getSignaturesForAddress(to).send()).toEqual([]);
    await net.close();
    await (await reopen()).close();
  });

  it('with damage in its midst keeps the damaged file beside when it is gone on from', async () => {
    const { to, log } = await payments(3);
    const bytes = await readFile(log);
    await flip(log, Math.floor(bytes.length / 2));
    await refused('localnet/log-corrupt');
    const damaged = await readFile(log);
    const net = await reopen({ acceptLoss: true });
    expect(net.account(to)?.lamports ?? 0n).toBeLessThan(3_000_003n);
    await net.close();
    expect(await readFile(join(dir, 'lost-log-0'))).toEqual(damaged);
    await (await reopen()).close();
  });
});

describe('files that do not belong together', () => {
  it.each(['a copy', 'nothing', 'rubbish'])('a stray log with %s in it', async (what) => {
    const { log } = await payments(1);
    const stray = join(dir, 'log-5');
    if (what === 'a copy') await copyFile(log, stray);
    else await writeFile(stray, what === 'nothing' ? '' : 'rubbish');
    await refused('localnet/log-corrupt');
    await rm(stray);
    await (await reopen()).close();
  });

  it('a copy of the log under the next number', async () => {
    const { log } = await payments(1);
    await copyFile(log, join(dir, 'log-1'));
    await refused('localnet/log-corrupt');
  });

  it('logs between which one is missing, cut, or empty', async () => {
    const { net, payer } = await startChain({ dir, logRotateBytes: 4_000 });
    // A snapshot that cannot be written keeps all logs.
    for (let n = 1; n < 9; n += 1) await mkdir(join(dir, `snapshot-${n}.tmp`));
    for (let n = 0; n < 8; n += 1) await net.airdrop(payer.address, 1_000_000n);
    await net.close();
    expect([...(await filesOf()).keys()]).toEqual(expect.arrayContaining(['log-0', 'log-1', 'snapshot-0']));
    const first = await readFile(join(dir, 'log-0'));
    await rm(join(dir, 'log-0'));
    await refused('localnet/log-missing');
    await writeFile(join(dir, 'log-0'), first.subarray(0, -10));
    await refused('localnet/log-corrupt');
    await writeFile(join(dir, 'log-0'), '');
    await refused('localnet/log-corrupt');
    await writeFile(join(dir, 'log-0'), first);
    await (await reopen()).close();
  });

  it('the log or the index of another chain', async () => {
    await payments(1);
    const [log, index] = await Promise.all([readFile(join(dir, 'log-0')), readFile(join(dir, 'history.db'))]);
    const own = dir;
    dir = await mkdtemp(join(tmpdir(), 'localnet-other-'));
    try {
      await payments(1);
      const [ownLog, ownIndex] = [
        await readFile(join(dir, 'log-0')),
        await readFile(join(dir, 'history.db')),
      ];
      await writeFile(join(dir, 'log-0'), log);
      await refused('localnet/log-corrupt');
      await writeFile(join(dir, 'log-0'), ownLog);
      await writeFile(join(dir, 'history.db'), index);
      await refused('localnet/history-foreign');
      await writeFile(join(dir, 'history.db'), ownIndex);
      await (await reopen()).close();
    } finally {
      await rm(dir, { recursive: true });
      dir = own;
    }
  });

  it('the index of a copy that went another way', async () => {
    const { to } = await payments(1);
    const files = await filesOf();
    const branch = async (): Promise<void> => {
      const net = await reopen();
      await net.airdrop(to, 1_000_000n);
      await net.close();
    };
    await branch();
    const index = await readFile(join(dir, 'history.db'));
    for (const [name, bytes] of files) await writeFile(join(dir, name), bytes);
    await branch();
    await writeFile(join(dir, 'history.db'), index);
    await refused('localnet/history-foreign');
    // The log decides, when that is asked for.
    const net = await reopen({ acceptLoss: true });
    expect(await kitClient(net).rpc.getSignaturesForAddress(to).send()).toHaveLength(2);
    await net.close();
  });

  it('an index without snapshot and log does not become a new chain', async () => {
    await payments(1);
    await rm(join(dir, 'log-0'));
    await rm(join(dir, 'snapshot-0'));
    await refused('localnet/snapshot-missing');
  });
});

it.each([
  ['history.db', 'localnet/history-corrupt'],
  ['lock.db', 'localnet/lock-unreadable'],
])('names %s when it is rubbish, and how to get rid of it', async (name, code) => {
  await payments(1);
  await writeFile(join(dir, name), 'this is no database, whatever its name says '.repeat(100));
  const error = await refused(code);
  expect(error.message).toContain(join(dir, name));
  expect(error.message).toContain('remove it');
  await rm(join(dir, name));
  await (await reopen()).close();
});

/** A disk that takes names and no bytes. */
const openOnFullDisk: typeof openAppendFile = async (path) => ({
  ...(await openAppendFile(path)),
  write: () => Promise.reject(Object.assign(new Error('no space left on device'), { code: 'ENOSPC' })),
});

it('on a full disk says so before it listens', async () => {
  await payments(1);
  const started = createLocalnet({ clock: systemClock, log: silentLog, openFile: openOnFullDisk }, { dir });
  await expect(started).rejects.toMatchObject({
    code: 'localnet/disk-full',
    message: expect.stringContaining(dir) as unknown,
  });
});
