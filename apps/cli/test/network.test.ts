import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { LOCAL_PROGRAM_ID, PROGRAM_PATH } from '@media-network/devnet';
import { createLocalnet } from '@media-network/localnet';
import type { Localnet } from '@media-network/localnet';
import { silentLog } from '@media-network/runtime';
import { createManualClock } from '@media-network/runtime/testing';
import { afterAll, beforeAll, expect, test, vi } from 'vitest';
import { cli } from './in-process.ts';

vi.setConfig({ testTimeout: 120_000, hookTimeout: 120_000 });

/** A network as `network create` makes it, with the documents' allocations, whose clock is turned by the years. */
let dir: string;
let chain: Localnet;

async function media(...args: readonly string[]): Promise<Record<string, unknown>> {
  const { code, stdout, stderr } = await cli([...args, '--dir', dir, '--json'], { cwd: dir });
  const line: unknown = JSON.parse(stdout.trimEnd().split('\n').at(-1) ?? '{}');
  expect([args.join(' '), code, stderr]).toEqual([args.join(' '), 0, '']);
  return line as Record<string, unknown>;
}

beforeAll(async () => {
  dir = await mkdtemp(join(tmpdir(), 'media-vesting-'));
  chain = await createLocalnet(
    { clock: createManualClock(1_800_000_000_000), log: silentLog },
    { dir: join(dir, 'chain'), rpcPort: 0, programs: [{ address: LOCAL_PROGRAM_ID, soPath: PROGRAM_PATH }] },
  );
  const at = ['--url', chain.rpcUrl, '--ws', chain.wsUrl];
  await cli(['wallet', 'new', 'founder', '--dir', dir]);
  await cli(['wallet', 'new', 'builders', '--dir', dir]);
  for (const name of ['founder', 'builders'])
    expect((await cli(['wallet', 'airdrop', '50', name, '--dir', dir, ...at])).stderr).toBe('');
  const create = ['network', 'create', '--keypair', 'founder', '--technology', 'builders'];
  expect((await cli([...create, '--dir', dir, ...at])).code).toBe(0);
});

afterAll(async () => {
  await chain?.close();
  await rm(dir, { recursive: true, force: true });
});

interface Listed {
  readonly held: string;
  readonly toFund: string;
  readonly toTreasury: string;
  readonly lockedUntil: string;
  readonly allocations: readonly {
    readonly amount: string;
    readonly released: string;
    readonly payable: string;
  }[];
}
const listed = async (): Promise<Listed> => (await media('vesting', 'show')) as unknown as Listed;
const DAY = 86_400;

test('a network that is created for good locks what the documents lock', async () => {
  const { held, toFund, toTreasury, allocations } = await listed();
  expect([held, toFund, toTreasury]).toEqual(['9600000000000000', '300000000000000', '100000000000000']);
  expect(allocations.map(({ amount }) => Number(amount) / 1e9)).toEqual([
    1_700_000, 2_250_000, 1_500_000, 4_150_000,
  ]);
  const { stderr, code } = await cli(['vesting', 'release', '--keypair', 'builders', '--dir', dir], {
    cwd: dir,
  });
  expect([code, stderr]).toEqual([1, expect.stringContaining('locked until 2034-')]);
});

test('seven years later it vests, and whoever asks has it paid to whom it is for', async () => {
  chain.advanceSeconds(2_557 * DAY);
  // A tenth of the four years after them.
  chain.advanceSeconds((1_461 * DAY) / 10);
  const paid = (await media('vesting', 'release', '2', '--keypair', 'founder'))['paid'];
  const [{ amount = '0' } = {}] = paid as { amount?: string }[];
  expect(Number(amount) / 1e9).toBeCloseTo(150_000, -1);
  const balance = JSON.stringify(await media('wallet', 'balance', 'builders'));
  expect(balance).toContain(amount);
  await media('vesting', 'release', '--keypair', 'builders');
  const after = await listed();
  expect(after.allocations.every(({ released }) => BigInt(released) > 0n)).toBe(true);
});

test('the rest goes to whom its beneficiary names', async () => {
  const { stderr } = await cli(
    ['vesting', 'hand-over', '1', 'builders', '--keypair', 'builders', '--dir', dir],
    { cwd: dir },
  );
  expect(stderr).toContain('is for founder');
  await media('vesting', 'hand-over', '1', 'builders', '--keypair', 'founder');
  chain.advanceSeconds(1_461 * DAY);
  const before = await listed();
  await media('vesting', 'release', '--keypair', 'founder');
  const after = await listed();
  expect(after.allocations.map(({ amount, released }) => amount === released)).toEqual([
    true,
    true,
    true,
    true,
  ]);
  expect([after.held, before.allocations.length]).toEqual(['0', 4]);
});

test('a second pool, of SOL, is made, filled, swapped in and emptied', async () => {
  const sol = ['--quote', 'sol', '--keypair', 'founder'];
  const lamports = async (): Promise<number> => {
    const { lamports: held } = await media('wallet', 'balance', 'founder');
    return Number(held);
  };
  expect((await cli(['pool', 'show', '--quote', 'sol', '--dir', dir], { cwd: dir })).stderr).toContain(
    'There is no pool',
  );
  const before = await lamports();
  const made = await media('pool', 'create', 'sol', '1000', '10', '--keypair', 'founder');
  expect(made).toMatchObject({ lpSupply: String(10n ** 11n) });
  expect(before - (await lamports())).toBeGreaterThan(10e9);
  const again = await cli(['pool', 'create', 'sol', '1', '1', '--keypair', 'founder', '--dir', dir], {
    cwd: dir,
  });
  expect(again.stderr).toContain('There is a pool with the quote token');
  await media('pool', 'add', '500', '5', ...sol);
  // SOL goes in as lamports and comes out as lamports.
  const full = await lamports();
  await media('pool', 'swap', '1', 'quote', ...sol);
  expect(full - (await lamports())).toBeGreaterThan(1e9 - 1e6);
  await media('pool', 'swap', '50', 'media', ...sol);
  const { lp } = await media('pool', 'remove', '10', ...sol);
  expect(lp).toBe(String(10n ** 10n));
  expect(await lamports()).toBeGreaterThan(full);
  const shown = await media('pool', 'show', '--quote', 'sol');
  expect(shown).toMatchObject({ quoteMint: 'So11111111111111111111111111111111111111112' });
});

test('a domain is allowed by LP, and ends a week after notice', async () => {
  const staked = ['--keypair', 'founder'];
  await media('stake', 'add', '3', '--role', 'peerpool', ...staked);
  // The clock has stood still for years: averages are those of the moment.
  const none = await cli(['peerpool', 'add', '127.0.0.1', ...staked, '--dir', dir], { cwd: dir });
  expect(none.stderr).toContain('is no domain');
  await media('peerpool', 'add', 'Shop.example', ...staked);
  const list = async () =>
    (await media('peerpool', 'domains', '--all'))['domains'] as { name: string; endsAt: string | null }[];
  expect(await list()).toMatchObject([{ name: 'shop.example', enough: true, endsAt: null }]);
  const taken = await cli(['peerpool', 'add', 'shop.example', '--keypair', 'builders', '--dir', dir], {
    cwd: dir,
  });
  expect(taken.stderr).toContain('is allowed already, by founder');
  const mine = await cli(['peerpool', 'remove', 'shop.example', '--keypair', 'builders', '--dir', dir], {
    cwd: dir,
  });
  expect(mine.stderr).toContain('what stands for it is enough');
  await media('peerpool', 'remove', 'shop.example', ...staked);
  expect((await list())[0]?.endsAt).toMatch(/^20/);
  await media('peerpool', 'keep', 'shop.example', ...staked);
  expect((await list())[0]?.endsAt).toBeNull();
  await media('peerpool', 'remove', 'shop.example', ...staked);
  const early = await cli(['peerpool', 'remove', 'shop.example', ...staked, '--dir', dir], { cwd: dir });
  expect(early.stderr).toContain('under notice already');
  chain.advanceSeconds(7 * DAY);
  expect(await media('peerpool', 'remove', 'shop.example', ...staked)).toMatchObject({ ended: true });
  expect(await list()).toEqual([]);
});

test("an end user's stake is made and comes back", async () => {
  const user = ['--role', 'user', '--keypair', 'founder'];
  await media('stake', 'add', '7', ...user);
  await media('stake', 'unbond', '7', ...user);
  chain.advanceSeconds(21 * DAY);
  expect(await media('stake', 'withdraw', ...user)).toMatchObject({ lp: String(7n * 10n ** 9n) });
});
