import { copyFile, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createAddresses } from '@media-network/chain';
import { LOCAL_PROGRAM_ID, PROGRAM_PATH } from '@media-network/devnet';
import { createLocalnet } from '@media-network/localnet';
import type { Localnet } from '@media-network/localnet';
import { silentLog } from '@media-network/runtime';
import { createManualClock } from '@media-network/runtime/testing';
import { afterAll, beforeAll, expect, test, vi } from 'vitest';
import { cli } from './in-process.ts';

vi.setConfig({ testTimeout: 120_000, hookTimeout: 120_000 });

/** Proposals on a network with the whitepaper's periods, whose clock is turned by days; the program upgrades itself. */
let dir: string;
let chain: Localnet;
const DAY = 86_400;

async function media(...args: readonly string[]): Promise<Record<string, unknown>> {
  const { code, stdout, stderr } = await cli([...args, '--dir', dir, '--json'], { cwd: dir });
  const line: unknown = JSON.parse(stdout.trimEnd().split('\n').at(-1) ?? '{}');
  expect([args.join(' '), code, stderr]).toEqual([args.join(' '), 0, '']);
  return line as Record<string, unknown>;
}
const refused = async (...args: readonly string[]): Promise<string> => {
  const { code, stderr } = await cli([...args, '--dir', dir], { cwd: dir });
  expect(code).toBe(1);
  return stderr;
};
const as = ['--keypair', 'founder'];

/** Voted for and passed, up to the moment at which it may be executed. */
async function pass(...proposal: readonly string[]): Promise<string> {
  const number = String((await media('gov', 'propose', ...proposal, ...as))['number']);
  expect(await media('gov', 'vote', number, 'for', ...as)).toMatchObject({ side: 'for' });
  expect(await refused('gov', 'finalise', number, ...as)).toContain('is voted on until');
  chain.advanceSeconds(3 * DAY);
  expect(await refused('gov', 'vote', number, 'for', ...as)).toContain('was voted on until');
  await media('gov', 'finalise', number, ...as);
  expect(await media('gov', 'show', number, ...as)).toMatchObject({ state: 'passed' });
  expect(await refused('gov', 'execute', number, ...as)).toMatch(/can be carried out from|buffer/);
  chain.advanceSeconds(3 * DAY);
  return number;
}

beforeAll(async () => {
  dir = await mkdtemp(join(tmpdir(), 'media-gov-'));
  const upgradeAuthority = await createAddresses(LOCAL_PROGRAM_ID).upgradeAuthority();
  chain = await createLocalnet(
    { clock: createManualClock(1_800_000_000_000), log: silentLog },
    {
      dir: join(dir, 'chain'),
      rpcPort: 0,
      programs: [{ address: LOCAL_PROGRAM_ID, soPath: PROGRAM_PATH, upgradeAuthority }],
    },
  );
  const at = ['--url', chain.rpcUrl, '--ws', chain.wsUrl];
  await cli(['wallet', 'new', 'founder', '--dir', dir]);
  expect((await cli(['wallet', 'airdrop', '50', 'founder', '--dir', dir, ...at])).stderr).toBe('');
  const create = ['network', 'create', '--keypair', 'founder', '--unlocked', '--dir', dir];
  expect((await cli([...create, ...at])).code).toBe(0);
});

afterAll(async () => {
  await chain?.close();
  await rm(dir, { recursive: true, force: true });
});

test('what is locked votes when it has lain for a fortnight', async () => {
  expect(await media('gov', 'lock', '1200000', ...as)).toMatchObject({ locked: '1200000000000000' });
  expect(await media('gov', 'list')).toEqual({ proposals: [] });
  await media('gov', 'propose', 'dataFees', 'feePerGb=0.004MEDIA', ...as);
  expect(await refused('gov', 'vote', '1', 'for', ...as)).toContain('Nothing of this wallet');
  expect(await refused('gov', 'vote', '1', 'maybe', ...as)).toContain('"for" or "against"');
  expect(await refused('gov', 'show', '7')).toContain('no proposal 7');
  chain.advanceSeconds(14 * DAY);
  await media('gov', 'finalise', '1', ...as);
  expect(await media('gov', 'show', '1', ...as)).toMatchObject({ state: 'rejected', deposit: '0' });
});

test('a proposal is typed: its kind, its fields, their bounds', async () => {
  expect(await refused('gov', 'propose', 'nonsense', 'a=1', ...as)).toContain('there are dataFees');
  expect(await refused('gov', 'propose', 'dataFees', 'fee=1', ...as)).toContain('it has feePerGb');
  expect(await refused('gov', 'propose', 'dataFees', 'feePerGb=0', ...as)).toContain('from 1 to 10000000000');
  expect(await refused('gov', 'propose', 'grant', 'amount=1MEDIA', ...as)).toContain('needs recipient');
  expect(await refused('gov', 'propose', 'removeResource', 'resource=9', ...as)).toContain('no resource');
  const text = ['--text', 'none.md'];
  expect(await refused('gov', 'propose', 'dataFees', 'feePerGb=0.004MEDIA', ...text, ...as)).toContain(
    'none.md cannot be read: there is no such file',
  );
  const { parameters } = await media('gov', 'parameters');
  expect(parameters).toContainEqual(
    expect.objectContaining({ kind: 'structure', name: 'votingSecs', value: 3 * DAY, gradual: true }),
  );
});

test('one that passes is carried out, its deposit returned, and what voted freed', async () => {
  const number = await pass('dataFees', 'feePerGb=0.003MEDIA');
  await media('gov', 'execute', number, ...as);
  expect(await refused('gov', 'execute', number, ...as)).toContain('carried out already');
  const { parameters } = await media('gov', 'parameters');
  expect(parameters).toContainEqual(expect.objectContaining({ name: 'feePerGb', value: '3000000' }));
  expect(await media('gov', 'refund', number, ...as)).toMatchObject({
    deposit: expect.stringMatching(/^\d+$/),
  });
  expect(await media('gov', 'unlock', '100', ...as)).toMatchObject({ votesClosed: 2 });
  expect(await media('gov', 'show', number, ...as)).toMatchObject({ state: 'executed', deposit: '0' });
});

test('an upgrade puts in force just the program that was voted for', async () => {
  const file = join(dir, 'media.so');
  await copyFile(PROGRAM_PATH, file);
  const { buffer, length } = await media('gov', 'buffer', 'media.so', ...as);
  const number = await pass('upgrade', 'file=media.so');
  expect(await media('gov', 'show', number)).toMatchObject({ kind: 'upgrade', action: { length } });
  await media('gov', 'execute', number, '--buffer', String(buffer), ...as);
  // The program goes on in the slot after.
  chain.advanceSeconds(1);
  await media('gov', 'unlock', 'all', ...as);
});
