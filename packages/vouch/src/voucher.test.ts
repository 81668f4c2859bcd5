import { mkdtemp, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import {
  addressOf,
  createSessionKey,
  decodeToken,
  toHex,
  verifyTokenSignature,
} from '@media-network/protocol';
import { errorCode } from '@media-network/runtime';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { createVoucher } from './voucher.ts';
import type { TokenRequest, Voucher, VoucherOptions } from './voucher.ts';
import { ensureVouchingKey, generateVouchingKey, readVouchingKey } from './vouching-key.ts';

const RESOURCE = addressOf(new Uint8Array(32).fill(3));
const OTHER = addressOf(new Uint8Array(32).fill(4));
const key = generateVouchingKey();
const client = await createSessionKey();
const clientKey = toHex(client.publicKey);
/** Hours of a minute from second 1,000 on. */
const HOURS = { epochZero: 1_000, sampleSecs: 5 };

function voucherAt(
  secs: number,
  change: Partial<VoucherOptions> = {},
): { voucher: Voucher; clock: { secs: number } } {
  const clock = { secs };
  const voucher = createVoucher({
    resource: RESOURCE,
    vouchingKey: key,
    hours: HOURS,
    clock: { nowMs: () => clock.secs * 1_000 },
    ...change,
  });
  return { voucher, clock };
}
const codeOf = async (voucher: Voucher, request: TokenRequest, address = '1.2.3.4'): Promise<string> => {
  const answer = await voucher.issue(request, address);
  return answer.kind === 'token' ? 'token' : `${answer.status} ${answer.code}`;
};

const hex = (n: number): string => n.toString(16);

const option = (change: Partial<VoucherOptions>): string => {
  try {
    voucherAt(0, change);
    return 'none';
  } catch (error) {
    return `${errorCode(error)} ${error instanceof Error ? error.message.split(' ')[0] : ''}`;
  }
};

describe('a voucher', () => {
  it('signs for the client, the resource and its own hour', async () => {
    const { voucher } = voucherAt(1_000 + 7 * 60 + 59, {
      ceilingBytes: 99n,
      creditWindowBytes: 65_536,
      bytesPerHour: 99n,
    });
    const answer = await voucher.issue({ clientKey }, '1.2.3.4');
    const token = answer.kind === 'token' ? decodeToken(answer.bytes) : undefined;
    if (token === undefined) throw new Error('no token');
    expect(token).toMatchObject({ resource: RESOURCE, hour: 7n, ceiling: 99n, creditWindow: 65_536 });
    expect(toHex(token.clientKey)).toBe(clientKey);
    expect(await verifyTokenSignature(token, key.address)).toBe(true);
    expect(voucher).toMatchObject({ resource: RESOURCE, vouchingKey: key.address });
  });

  it('takes the hour of an edge where it is next to its own, else signs for its own', async () => {
    const { voucher } = voucherAt(1_000 + 7 * 60);
    const hours = await Promise.all(
      ['5', '6', '7', '8', '9', undefined].map(async (hour) => {
        const answer = await voucher.issue(
          hour === undefined ? { clientKey } : { clientKey, hour },
          '1.2.3.4',
        );
        return answer.kind === 'token' ? answer.hour : undefined;
      }),
    );
    expect(hours).toEqual([7n, 6n, 7n, 8n, 7n, 7n]);
  });

  it('gives each session another id', async () => {
    const { voucher } = voucherAt(2_000);
    const tokens = await Promise.all([1, 2].map(() => voucher.issue({ clientKey }, '1.2.3.4')));
    const ids = tokens.map((each) =>
      each.kind === 'token' ? toHex(decodeToken(each.bytes)?.session ?? new Uint8Array()) : '',
    );
    expect(ids[0]).not.toBe(ids[1]);
  });

  it('refuses what it cannot sign, with a code', async () => {
    const { voucher } = voucherAt(2_000);
    for (const wrong of [
      {},
      { clientKey: 5 },
      { clientKey: 'ab' },
      { clientKey: `${clientKey}00` },
      { clientKey: clientKey.toUpperCase() },
    ])
      expect(await codeOf(voucher, wrong)).toBe('400 vouch/malformed');
    for (const hour of [5, '-1', '1.5', 'x', '', '9'.repeat(40), null])
      expect([hour, await codeOf(voucher, { clientKey, hour })]).toEqual([hour, '400 vouch/malformed']);
    expect(await codeOf(voucher, { clientKey, resource: OTHER })).toBe('404 vouch/unknown-resource');
    expect(await codeOf(voucher, { clientKey, resource: RESOURCE })).toBe('token');
    // What was refused has cost no budget.
    expect(voucher.given.tokens).toBe(1);
  });

  it('gives an address so many an hour, and says when there are more', async () => {
    const { voucher, clock } = voucherAt(1_000 + 60 + 20, { tokensPerAddress: 2 });
    expect(await codeOf(voucher, { clientKey })).toBe('token');
    expect(await codeOf(voucher, { clientKey })).toBe('token');
    expect(await voucher.issue({ clientKey }, '1.2.3.4')).toMatchObject({
      status: 429,
      code: 'vouch/too-many',
      retryAfterSecs: 40,
    });
    expect(await codeOf(voucher, { clientKey }, '1.2.3.5')).toBe('token');
    clock.secs += 40;
    expect(await codeOf(voucher, { clientKey })).toBe('token');
    // A token for the next hour is one of this hour's, and takes none of the next.
    expect(await codeOf(voucher, { clientKey, hour: '3' })).toBe('token');
    expect(await codeOf(voucher, { clientKey, hour: '3' })).toBe('429 vouch/too-many');
    clock.secs += 60;
    expect(await codeOf(voucher, { clientKey })).toBe('token');
  });

  it('never vouches for more bytes of an hour than its budget, whichever hour is asked for', async () => {
    const { voucher, clock } = voucherAt(1_000 + 60, { ceilingBytes: 10n, bytesPerHour: 25n });
    const ask = (hour: string, address: string): Promise<string> =>
      codeOf(voucher, { clientKey, hour }, address);
    expect([await ask('1', 'a'), await ask('2', 'b'), await ask('1', 'c')]).toEqual([
      'token',
      'token',
      'token',
    ]);
    expect(await ask('1', 'e')).toBe('429 vouch/too-many');
    clock.secs += 60;
    // Hour 2 has begun; what was given for it before counts.
    expect([await ask('2', 'f'), await ask('2', 'g')]).toEqual(['token', '429 vouch/too-many']);
    expect(await ask('3', 'f')).toBe('token');
    // Nor for hour 1 now, which has no more.
    expect(await ask('1', 'h')).toBe('429 vouch/too-many');
  });

  it('gives a small part of an hour away before it has begun, and one token at least', async () => {
    const { voucher, clock } = voucherAt(1_000 + 60, { ceilingBytes: 10n, bytesPerHour: 160n });
    const ask = (hour: string, address: string): Promise<string> =>
      codeOf(voucher, { clientKey, hour }, address);
    expect([await ask('2', 'a'), await ask('2', 'b'), await ask('2', 'c')]).toEqual([
      'token',
      'token',
      '429 vouch/too-many',
    ]);
    // Each neighbour has its own, and the running hour all of its own.
    expect([await ask('0', 'c'), await ask('0', 'd'), await ask('0', 'e')]).toEqual([
      'token',
      'token',
      '429 vouch/too-many',
    ]);
    const running = await Promise.all(Array.from({ length: 17 }, (_, n) => ask('1', `r${n}`)));
    expect(running.filter((code) => code === 'token')).toHaveLength(16);
    clock.secs += 60;
    const next = await Promise.all(Array.from({ length: 17 }, (_, n) => ask('2', `n${n}`)));
    expect(next.filter((code) => code === 'token')).toHaveLength(14);
  });

  it('counts the wider IPv6 networks, too, which one household or organisation can have', async () => {
    const { voucher } = voucherAt(2_000, { tokensPerAddress: 2 });
    const tokensOf = async (addresses: readonly string[]): Promise<number> => {
      const codes = await Promise.all(addresses.map((address) => codeOf(voucher, { clientKey }, address)));
      return codes.filter((code) => code === 'token').length;
    };
    const hosts = Array.from({ length: 40 }, (_, n) => n);
    expect(await tokensOf(hosts.map((n) => `2001:db8:1:100::${hex(n)}`))).toBe(2);
    expect(await tokensOf(hosts.map((n) => `2001:db8:1:1${hex(0x20 + n)}::1`))).toBe(6);
    expect(await tokensOf(hosts.map((n) => `2001:db8:1:${hex(0x20 + n)}00::1`))).toBe(24);
    // Others have theirs.
    expect(await tokensOf(['2001:db8:2:100::1', '192.0.2.1', '192.0.2.1', '192.0.2.1'])).toBe(3);
  });

  it('says which option cannot be', () => {
    expect(option({ resource: 'x' })).toBe('vouch/bad-option resource');
    expect(option({ ceilingBytes: 0n })).toBe('vouch/bad-option ceilingBytes');
    expect(option({ ceilingBytes: 1n << 64n })).toBe('vouch/bad-option ceilingBytes');
    expect(option({ creditWindowBytes: 65_535 })).toBe('vouch/bad-option creditWindowBytes');
    expect(option({ tokensPerAddress: 0 })).toBe('vouch/bad-option tokensPerAddress');
    expect(option({ ceilingBytes: 10n, bytesPerHour: 9n })).toBe('vouch/bad-option bytesPerHour');
    expect(option({ hours: { epochZero: 0, sampleSecs: 0 } })).toBe('vouch/bad-option hours.sampleSecs');
    expect(option({})).toBe('none');
  });
});

describe('a vouching key', () => {
  let dir = '';
  beforeAll(async () => {
    dir = await mkdtemp(join(tmpdir(), 'media-vouch-'));
  });
  afterAll(() => rm(dir, { recursive: true }));

  it('is made once, for its owner only, and read from then on', async () => {
    const path = join(dir, 'new', 'key.json');
    const first = await ensureVouchingKey(path);
    expect(first.made).toBe(true);
    expect((await stat(path)).mode & 0o777).toBe(0o600);
    const again = await ensureVouchingKey(path);
    expect(again.made).toBe(false);
    expect(again.key.address).toBe(first.key.address);
    expect((await readVouchingKey(path)).address).toBe(first.key.address);
    expect(JSON.stringify(first.key)).not.toContain(first.key.seed.reveal());
  });

  it('is never taken out of a wallet, nor of a file that names another', async () => {
    const codeAt = async (text: string): Promise<string> => {
      const path = join(dir, 'other.json');
      await writeFile(path, text);
      const code = await ensureVouchingKey(path).then(() => 'none', errorCode);
      // What was there is there still.
      expect(await readFile(path, 'utf8')).toBe(text);
      return code;
    };
    expect(await codeAt(JSON.stringify(Array.from({ length: 64 }, () => 1)))).toBe('vouch/bad-key');
    expect(await codeAt('')).toBe('vouch/bad-key');
    const seed = generateVouchingKey().seed.reveal();
    expect(await codeAt(JSON.stringify({ kind: 'media-vouching-key', address: RESOURCE, seed }))).toBe(
      'vouch/bad-key',
    );
    expect(await codeAt(JSON.stringify({ kind: 'media-vouching-key', address: RESOURCE, seed: 'ab' }))).toBe(
      'vouch/bad-key',
    );
    expect(await readVouchingKey(join(dir, 'missing.json')).then(() => 'none', errorCode)).toBe(
      'vouch/no-key',
    );
    await writeFile(join(dir, 'file'), '');
    expect(await ensureVouchingKey(join(dir, 'file', 'key.json')).then(() => 'none', errorCode)).not.toBe(
      'none',
    );
  });
});
