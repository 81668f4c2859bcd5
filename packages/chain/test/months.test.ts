import type { Address } from '@solana/kit';
import { beforeEach, describe, expect, it } from 'vitest';

import { decodeAccount, encodeAccount } from '../src/codec/accounts.ts';
import { merkleTree } from '../src/model/merkle.ts';
import { ACCOUNTS, HOUR_STATUS, ROLE, SAMPLE_RING } from '../src/schema/index.ts';
import { TRACE_PARAMS } from './trace/begin.ts';
import { Bench, HOUR, MEDIA, SLOT, lpOf } from './trace/bench.ts';
import { allOf } from './trace/invariants.ts';
import { packRecords, rangeProof } from './trace/records.ts';
import { hourLeafOf } from './trace/scene.ts';

/** Two hours a month: one of its 24 samples is ignored. Each step runs in the program and in the model, to the same byte. */
const MONTH_SLOTS = 24;
const MONTH = BigInt(MONTH_SLOTS) * SLOT;
/** What a month's last hour takes until its own set no longer decides it. */
const OWN = BigInt(TRACE_PARAMS.verdictSlots) * SLOT + BigInt(TRACE_PARAMS.finalHours) * HOUR;
const due = (month: bigint): bigint => (month + 1n) * MONTH + OWN;
/** Bytes of a sample that make so many kbit/s. */
const bytesOf = (kbps: number): bigint => (BigInt(kbps) * 1_000n * SLOT) / 8n;

let bench: Bench;
let resource: Address;
let ring: Address;
beforeEach(async () => {
  bench = await Bench.deep({ monthSlots: MONTH_SLOTS });
  await bench.stake(2, ROLE.publisher, lpOf(4_000n * MEDIA));
  resource = await bench.resource(2, 1n, lpOf(40n * MEDIA));
  ring = await bench.twin.world.addresses.ring(bench.owner(2), resource);
});

const account = () => allOf(bench.twin.model, 'resource')[0]!.value;
const samples = () => allOf(bench.twin.model, 'ring')[0]!.value;
const finalise = (month: number, p95Kbps: number): Promise<string> =>
  bench.run('finaliseMonth', { resource, ring, month, p95Kbps });

/** An hour as if its set had decided it: rates of its first samples, and the bytes that are billed. */
async function record(hour: bigint, rates: readonly number[], billable = 0n): Promise<string> {
  const { twin } = bench;
  const numbers = [...Array.from({ length: 12 }, (_, slot) => bytesOf(rates[slot] ?? 0)), billable, 0n];
  const leaf = hourLeafOf(resource, numbers);
  const [address, bump] = await twin.world.addresses.derive(ACCOUNTS.hour.seeds, { hour });
  const zeros = { no: 0, leaves: 0, root: new Uint8Array(32) };
  const value = {
    bump,
    status: HOUR_STATUS.final,
    flags: 0,
    hour,
    payer: bench.owner(0),
    reports: 1,
    commits: 1,
    reveals: 1,
    setCount: 1,
    reportedBytes: 1n,
    feePerGb: 10n ** 9n,
    dustBytes: 0n,
    guardShareBps: 0,
    openYieldBps: 0,
    finalAt: 1n,
    root: merkleTree([leaf]).root,
    leaves: 1,
    voteCount: 0,
    voteWeek: 0n,
    votes: Array.from({ length: 21 }, () => zeros),
    reserved: new Uint8Array(64),
  };
  const data = encodeAccount('hour', value);
  twin.model.accounts.set(address, { kind: 'hour', value: decodeAccount('hour', data) });
  twin.world.setAccount(address, { owner: twin.world.programId, data, lamports: 10n ** 10n });
  const tail = packRecords(numbers, rangeProof([leaf], 0, 1));
  return bench.run('record', { resources: [{ resource, ring }], hour, index: 0, count: 1, tail });
}

describe('a month', () => {
  it('is finalised when the own set of its last hour no longer decides it, once', async () => {
    expect(await record(0n, [5, 4])).toBe('ok');
    bench.at(due(0n) - 1n);
    expect(await finalise(0, 4)).toBe('TooEarly');
    bench.at(due(0n));
    expect(await finalise(0, 4)).toBe('ok');
    expect(account()).toMatchObject({ p95Kbps: 4, monthsClosed: 1 });
    expect(account().months[0]).toEqual({ month: 1, p95Kbps: 4, quotaKbps: account().quotaKbps });
    expect(await finalise(0, 4)).toBe('AlreadyDecided');
    expect(await finalise(1, 0)).toBe('TooEarly');
  });

  it('has one rate, and any other is refused', async () => {
    expect(await record(0n, [7, 9, 9, 3])).toBe('ok');
    expect(await record(1n, [3, 8])).toBe('ok');
    bench.at(due(0n));
    for (const wrong of [0, 3, 7, 8, 10, 0xffff_ffff])
      expect(await finalise(0, wrong)).toBe('WrongPercentile');
    expect(await finalise(0, 9)).toBe('ok');
  });

  it('counts slots without an hour as 0: they are its publisher’s', async () => {
    expect(await record(0n, [5])).toBe('ok');
    bench.at(due(0n));
    expect(await finalise(0, 5)).toBe('WrongPercentile');
    expect(await finalise(0, 0)).toBe('ok');
  });

  it('is not passed over while it has samples, and without any it is closed with a later one', async () => {
    expect(await record(0n, [5, 5])).toBe('ok');
    expect(await record(10n, [6, 6])).toBe('ok');
    bench.at(due(9n));
    expect(await finalise(1, 0)).toBe('MonthOpen');
    expect(await finalise(5, 6)).toBe('MonthOpen');
    expect(await finalise(0, 5)).toBe('ok');
    expect(await finalise(6, 0)).toBe('MonthOpen');
    expect(await finalise(5, 6)).toBe('ok');
    expect(account().months.map(({ month }) => month)).toEqual([1, 0, 0, 0, 0, 6, 0, 0, 0, 0, 0, 0]);
    expect(account().monthsClosed).toBe(6);
    expect(await finalise(4, 0)).toBe('AlreadyDecided');
    // Nothing has been recorded since: far ahead, and over the place of an old one.
    expect(await finalise(9, 0)).toBe('ok');
    bench.at(due(24n));
    expect(await finalise(24, 0)).toBe('ok');
    expect(account().months[0]).toEqual({ month: 25, p95Kbps: 0, quotaKbps: account().quotaKbps });
  });

  it('stays as it was finalised: an hour of it that is decided late is billed, and not sampled', async () => {
    expect(await record(0n, [5, 4])).toBe('ok');
    bench.at(due(0n));
    expect(await finalise(0, 4)).toBe('ok');
    const before = Array.from(samples().tail);
    expect(await record(1n, [900, 900], 10n ** 9n)).toBe('ok');
    expect([samples().head, Array.from(samples().tail)]).toEqual([24n, before]);
    expect(account().weeks[0]?.due).toBe(10n ** 9n);
    expect(account().bytesTotal).toBe(bytesOf(5 + 4 + 900 + 900));
    // The next month's are.
    expect(await record(2n, [8])).toBe('ok');
    expect(samples().tail[24]).toBe(8);
  });

  it('is finalised before its ring is written over', async () => {
    expect(await record(1n, [5, 5])).toBe('ok');
    const fits = BigInt(SAMPLE_RING) / 12n;
    bench.at(due(fits));
    expect(await record(fits - 1n, [6])).toBe('ok');
    expect(account().monthsClosed).toBe(0);
    expect(await record(fits, [7])).toBe('MonthOpen');
    expect(samples().tail[12]).toBe(5);
    expect(await finalise(0, 5)).toBe('ok');
    expect(await record(fits, [7])).toBe('ok');
    // Hour 0's place: hours of month 1 are whole still.
    expect([samples().tail[0], samples().tail[12]]).toEqual([7, 5]);
    expect(await record(fits + 1n, [8])).toBe('ok');
    expect(await record(fits + 2n, [9])).toBe('MonthOpen');
  });

  it('has nothing of what lies in the ring from a turn before', async () => {
    expect(await record(1n, [5, 5])).toBe('ok');
    const fits = BigInt(SAMPLE_RING) / 12n;
    const month = Number(fits) / 2;
    bench.at(due(fits));
    expect(await finalise(0, 5)).toBe('ok');
    expect(await record(fits, [7])).toBe('ok');
    expect(samples().tail.slice(12, 14)).toEqual(Uint32Array.of(5, 5));
    expect(await finalise(month, 5)).toBe('WrongPercentile');
    expect(await finalise(month, 0)).toBe('ok');
  });

  it('without a sample gives way by itself, in a ring of a resource that begins late', async () => {
    const fits = BigInt(SAMPLE_RING) / 12n;
    bench.at(due(fits));
    expect(await record(fits + 2n, [6])).toBe('ok');
    // Three hours do not fit beside it, which is month 0 and half of month 1.
    expect(account().monthsClosed).toBe(2);
    // Hour 3 lies in what is closed, hour 4 in what is open.
    expect(await record(3n, [7])).toBe('TooLate');
    expect(await record(fits + 2n - 500n, [7])).toBe('ok');
    expect(await finalise(1, 0)).toBe('AlreadyDecided');
    expect(await finalise(2, 0)).toBe('ok');
  });

  it('across the end of the ring is one month', async () => {
    const first = BigInt(SAMPLE_RING) / BigInt(MONTH_SLOTS);
    // The ring is a whole number of such months: an odd one begins in another place.
    const odd = await Bench.deep({ monthSlots: 100 });
    bench = odd;
    await bench.stake(2, ROLE.publisher, lpOf(4_000n * MEDIA));
    resource = await bench.resource(2, 1n, lpOf(40n * MEDIA));
    ring = await bench.twin.world.addresses.ring(bench.owner(2), resource);
    expect(first).toBe(372n);
    // Month 89 is samples 8,900 to 8,999: five of a hundred are ignored.
    bench.at(90n * 100n * SLOT + OWN + 12n * SLOT);
    // Hour 744 is the first that is written over old ones; months up to then are silent.
    for (const [hour, rate] of [
      [742n, [0, 0, 0, 0, 4, 4, 4]],
      [743n, [0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 5, 5]],
    ] as const)
      expect(await record(hour, rate)).toBe('ok');
    expect(await record(744n, [6])).toBe('MonthOpen');
    expect(await finalise(88, 0)).toBe('ok');
    expect(await record(744n, [6, 6])).toBe('ok');
    // 5, 5, 6, 6 and two of the three 4 at the begin of hour 742: the sixth highest.
    expect(await finalise(89, 5)).toBe('WrongPercentile');
    expect(await finalise(89, 4)).toBe('ok');
    expect(account().monthsClosed).toBe(90);
  });

  it('of any number is refused where it is none', async () => {
    for (const month of [1, 0x7fff_ffff, 0xffff_ffff]) expect(await finalise(month, 0)).toBe('TooEarly');
    bench.at(due(2n ** 32n));
    expect(await finalise(0xffff_ffff, 0)).toBe('Overflow');
    expect(await finalise(0xffff_fffe, 1)).toBe('WrongPercentile');
    expect(await finalise(0xffff_fffe, 0)).toBe('ok');
    expect(await finalise(0xffff_ffff, 0)).toBe('Overflow');
    expect(account().monthsClosed).toBe(0xffff_ffff);
  });

  it('is of its resource and its ring', async () => {
    bench.at(due(0n));
    await bench.stake(3, ROLE.publisher, lpOf(4_000n * MEDIA));
    const other = await bench.resource(3, 1n, lpOf(40n * MEDIA));
    const others = await bench.twin.world.addresses.ring(bench.owner(3), other);
    const given = { month: 0, p95Kbps: 0 };
    expect(await bench.run('finaliseMonth', { resource, ring: others, ...given })).toBe('WrongAddress');
    expect(await bench.run('finaliseMonth', { resource: other, ring, ...given })).toBe('WrongAddress');
    expect(await bench.run('finaliseMonth', { resource: ring, ring: resource, ...given })).toBe('WrongTag');
    expect(await bench.run('finaliseMonth', { resource: other, ring: others, ...given })).toBe('ok');
  });
});
