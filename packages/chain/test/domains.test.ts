import * as fc from 'fast-check';
import { beforeEach, describe, expect, it } from 'vitest';

import { readOwnName } from '@media-network/protocol';
import { isHostName } from '../src/model/domain-rules.ts';
import { addressOf } from '../src/program-world/world.ts';
import { DOMAIN_STAKE, ROLE } from '../src/schema/index.ts';
import { TRACE_PARAMS } from './trace/begin.ts';
import { Bench, HOUR, MEDIA, lpOf } from './trace/bench.ts';
import { allOf, checkInvariants } from './trace/invariants.ts';

/** Domains of a standalone PeerPool (whitepaper §3.5). Each step runs in the program and in the model, or throws. */
const WEEK = HOUR * BigInt(TRACE_PARAMS.hoursPerWeek);
const ENOUGH = lpOf(DOMAIN_STAKE) + 2n;

let bench: Bench;
beforeEach(async () => {
  bench = await Bench.deep();
  await bench.stake(0, ROLE.peerpool, lpOf(100n * MEDIA));
});

const register = (name: string, lp = ENOUGH, by = 0, key = addressOf(name)): Promise<string> =>
  bench.run('registerDomain', { owner: bench.owner(by), pool: bench.pool, key, lp, name });
const at = (name: string) => bench.twin.world.addresses.domain(addressOf(name));
const found = (name: string) =>
  allOf(bench.twin.model, 'domain').find(({ value }) => value.name === name)?.value;
const stakeOf = (index: number) =>
  bench.twin.world.addresses.stake(bench.owner(index), bench.pool, ROLE.peerpool);
const allocated = async (): Promise<bigint> => {
  const mine = await stakeOf(0);
  return allOf(bench.twin.model, 'stake').find(({ address }) => address === mine)?.value.allocated ?? 0n;
};
const notice = async (name: string, by = 0): Promise<string> =>
  bench.run('noticeDomain', { caller: bench.owner(by), pool: bench.pool, domain: await at(name) });
const keep = async (name: string, lp: bigint, by = 0): Promise<string> =>
  bench.run('keepDomain', { owner: bench.owner(by), pool: bench.pool, domain: await at(name), lp });
const free = async (name: string, owner = 0): Promise<string> =>
  bench.run('freeDomain', { stake: await stakeOf(0), domain: await at(name), owner: bench.owner(owner) });
const unbond = (lp: bigint): Promise<string> =>
  bench.run('beginUnbond', { owner: bench.owner(0), pool: bench.pool, role: ROLE.peerpool, lp });
const set = async (fields: {
  readonly domainStake?: bigint;
  readonly domainNoticeHours?: number;
}): Promise<void> => bench.twin.change('config', await bench.twin.world.addresses.config(), fields);

describe('a domain', () => {
  it.each([
    'shop.example',
    'xn--bcher-kva.example',
    'a.b.c.d.e.example',
    '3com.example',
    `${'a'.repeat(63)}.example`,
    `${'ab.'.repeat(40)}exampl`,
    'shop.0x7g',
  ])('can be %s', async (name) => {
    expect(await register(name)).toBe('ok');
    expect(found(name)).toMatchObject({ owner: bench.owner(0), lp: ENOUGH, noticeAt: 0n });
  });

  it.each([
    '',
    'example',
    'Shop.example',
    'shop.example.',
    '.shop.example',
    'shop..example',
    '*.example',
    'shop.example:80',
    '127.0.0.1',
    'shop.0x7f',
    'shop.0x',
    '-a.example',
    'a-.example',
    'bücher.example',
    `${'a'.repeat(64)}.example`,
  ])('cannot be %j', async (name) => {
    expect(await register(name)).toBe('InvalidDomain');
  });

  it('is found by the hash of its name and by no other', async () => {
    expect(await register('shop.example', ENOUGH, 0, addressOf('other.example'))).toBe('InvalidDomain');
  });

  it('is what browsers and settings take for a name', () => {
    const labels = fc.stringMatching(/^[a-z0-9-]{1,5}$/);
    const names = fc.oneof(
      fc.domain(),
      fc.array(labels, { minLength: 1, maxLength: 4 }).map((each) => each.join('.')),
    );
    fc.assert(
      fc.property(names, (name) => {
        const reading = readOwnName(name);
        const canonical = reading.kind === 'name' && reading.name === name && name.length <= 126;
        return isHostName(name) === canonical;
      }),
    );
  });

  it('has one owner, until it is free again', async () => {
    await bench.stake(1, ROLE.peerpool, lpOf(100n * MEDIA));
    expect(await register('shop.example')).toBe('ok');
    expect(await register('shop.example')).toBe('AlreadyExists');
    expect(await register('shop.example', ENOUGH, 1)).toBe('AlreadyExists');
    expect(await notice('shop.example')).toBe('ok');
    expect(await register('shop.example', ENOUGH, 1)).toBe('AlreadyExists');
    bench.at(WEEK);
    expect(await free('shop.example')).toBe('ok');
    expect(await register('shop.example', ENOUGH, 1)).toBe('ok');
    expect(found('shop.example')?.owner).toBe(bench.owner(1));
  });

  it('needs LP worth what is set, to the unit', async () => {
    for (const [stake, lp] of [
      [0n, DOMAIN_STAKE / 2n],
      [40n * MEDIA, 20n * MEDIA],
    ] as const) {
      await set({ domainStake: stake });
      const name = `n${lp}.example`;
      let least = lp;
      // The pool is balanced but for what rounding takes.
      while ((await register(name, least)) === 'InsufficientStake' && least < lp + 5n) least += 1n;
      expect(found(name)?.lp).toBe(least);
      expect(least - lp).toBeLessThan(5n);
      expect(await register(`m${lp}.example`, least - 1n)).toBe('InsufficientStake');
    }
  });

  it('holds its LP for as long as it lasts, and no LP holds two', async () => {
    const { lp = 0n } =
      allOf(bench.twin.model, 'stake').find(({ value }) => value.flags === ROLE.peerpool)?.value ?? {};
    const count = lp / ENOUGH;
    for (let index = 0n; index < count; index += 1n) expect(await register(`s${index}.example`)).toBe('ok');
    expect(await register('one-more.example')).toBe('InsufficientStake');
    expect(await allocated()).toBe(count * ENOUGH);
    expect(await unbond(lp - count * ENOUGH + 1n)).toBe('StakeInUse');
    expect(await unbond(lp - count * ENOUGH)).toBe('ok');
    checkInvariants(bench.twin.model);
  });

  it('is for stakes of its role alone', async () => {
    await bench.stake(3, ROLE.user, lpOf(100n * MEDIA));
    const { world } = bench.twin;
    const stake = await world.addresses.stake(bench.owner(3), bench.pool, ROLE.user);
    const input = {
      owner: bench.owner(3),
      pool: bench.pool,
      key: addressOf('a.example'),
      lp: ENOUGH,
      name: 'a.example',
    };
    expect(await bench.run('registerDomain', { ...input, stake })).toBe('WrongRole');
  });
});

describe('notice', () => {
  beforeEach(async () => {
    expect(await register('shop.example')).toBe('ok');
  });

  it('is given by the owner at any time, and ends the domain a week later', async () => {
    bench.at(5n);
    expect(await free('shop.example')).toBe('WrongStatus');
    expect(await notice('shop.example')).toBe('ok');
    expect(await notice('shop.example')).toBe('WrongStatus');
    bench.at(5n + WEEK - 1n);
    expect(await free('shop.example')).toBe('TooEarly');
    bench.at(5n + WEEK);
    expect(await free('shop.example', 1)).toBe('WrongAddress');
    expect(await free('shop.example')).toBe('ok');
    expect([found('shop.example'), await allocated()]).toEqual([undefined, 0n]);
    expect(await unbond(ENOUGH)).toBe('ok');
  });

  it('lasts as long as is set', async () => {
    await set({ domainNoticeHours: 2 });
    expect(await notice('shop.example')).toBe('ok');
    bench.at(2n * HOUR - 1n);
    expect(await free('shop.example')).toBe('TooEarly');
    bench.at(2n * HOUR);
    expect(await free('shop.example')).toBe('ok');
  });

  it('is given by others only where the stake has lost what it was worth, and is taken back by more', async () => {
    expect(await notice('shop.example', 1)).toBe('StakeSuffices');
    await set({ domainStake: 30n * MEDIA });
    expect(await notice('shop.example', 1)).toBe('ok');
    expect(await keep('shop.example', ENOUGH)).toBe('InsufficientStake');
    await bench.stake(1, ROLE.peerpool, lpOf(100n * MEDIA));
    expect(await keep('shop.example', lpOf(31n * MEDIA), 1)).toBe('WrongAddress');
    expect(await keep('shop.example', lpOf(31n * MEDIA))).toBe('ok');
    expect(found('shop.example')).toMatchObject({ noticeAt: 0n, lp: lpOf(31n * MEDIA) });
    expect(await allocated()).toBe(lpOf(31n * MEDIA));
    expect(await notice('shop.example', 1)).toBe('StakeSuffices');
    // What is more than needed can be had back.
    await set({ domainStake: 0n });
    expect(await keep('shop.example', ENOUGH)).toBe('ok');
    expect(await allocated()).toBe(ENOUGH);
    expect(await keep('shop.example', lpOf(200n * MEDIA))).toBe('InsufficientStake');
    checkInvariants(bench.twin.model);
  });

  it('is not given by a price that was moved for it', async () => {
    const swap = { owner: bench.owner(1), quoteMint: bench.cast.quotes[0]!, direction: 0, minOut: 0n };
    bench.at(1_000n);
    await bench.must('swap', { ...swap, amountIn: 2n * 10n ** 14n });
    expect(await notice('shop.example', 1)).toBe('PriceMoved');
    bench.at(1_001n);
    expect(await notice('shop.example', 1)).toBe('PriceMoved');
  });
});
