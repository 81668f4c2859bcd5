import { getAddressEncoder } from '@solana/kit';
import type { Address } from '@solana/kit';

import { viewOf } from '../codec/fields.ts';
import { PROGRAMS } from '../programs.ts';
import {
  HOUR_STATUS,
  RECORD_LEAVES,
  RECORD_WINDOW,
  RESOURCE_STATUS,
  SAMPLES_PER_REPORT,
  SAMPLE_RING,
} from '../schema/index.ts';
import { U64_MAX, feeOf, sampleKbps, saturated } from './arithmetic.ts';
import type { Context } from './context.ts';
import { fail } from './failure.ts';
import { leafHash, provesRange } from './merkle.ts';
import { makeRoom } from './month-rules.ts';
import { checkSame } from './pool-rules.ts';
import type { Rules } from './rules.ts';
import type { Draft } from './state.ts';
import { weekOf } from './time.ts';

/** Twelve slots, billable, disputed. */
const NUMBERS = SAMPLES_PER_REPORT + 2;
const addressBytes = getAddressEncoder();

/** LEB128 numbers end to end; every byte must belong to one. */
function unpack(packed: Uint8Array, count: number): bigint[] {
  const numbers: bigint[] = [];
  let at = 0;
  for (let index = 0; index < count; index += 1) {
    let value = 0n;
    for (let shift = 0n; ; shift += 7n) {
      const byte = packed[at];
      if (byte === undefined || shift > 63n) return fail('InvalidParameter');
      // A number has one form: no byte of zero at its end.
      if (byte === 0 && shift > 0n) return fail('InvalidParameter');
      at += 1;
      value |= BigInt(byte & 0x7f) << shift;
      if (byte < 0x80) break;
    }
    if (value > U64_MAX) return fail('InvalidParameter');
    numbers.push(value);
  }
  return at === packed.length ? numbers : fail('InvalidParameter');
}

interface Leaf {
  readonly slots: readonly bigint[];
  readonly billable: bigint;
  readonly disputed: bigint;
  readonly hash: Uint8Array;
}

function leafOf(resource: Address, numbers: readonly bigint[]): Leaf {
  const payload = new Uint8Array(32 + NUMBERS * 8);
  payload.set(addressBytes.encode(resource));
  for (const [index, number] of numbers.entries()) viewOf(payload).setBigUint64(32 + index * 8, number, true);
  return {
    slots: numbers.slice(0, SAMPLES_PER_REPORT),
    billable: numbers[SAMPLES_PER_REPORT] ?? 0n,
    disputed: numbers[SAMPLES_PER_REPORT + 1] ?? 0n,
    hash: leafHash('mn.hour.', payload),
  };
}

/** Byte and mask of an hour in `recorded`. */
function place(hour: bigint): readonly [number, number] {
  const bit = Number(hour % BigInt(RECORD_WINDOW));
  return [bit >> 3, 1 << (bit & 7)];
}

/** Whether an hour is recorded already; sets its bit where it is not. Bits of hours that fall out are cleared. */
function markRecorded(resource: Draft<'resource'>, hour: bigint): boolean {
  const newest = resource.lastHour;
  if (hour + BigInt(RECORD_WINDOW) < newest) fail('TooLate');
  const bits = Uint8Array.from(resource.recorded);
  if (hour >= newest) {
    const oldest = hour + 1n - BigInt(RECORD_WINDOW);
    for (let each = newest > oldest ? newest : oldest < 0n ? 0n : oldest; each < hour; each += 1n) {
      const [byte, mask] = place(each);
      bits[byte] = (bits[byte] ?? 0) & ~mask;
    }
    resource.lastHour = hour + 1n;
  }
  const [byte, mask] = place(hour);
  const before = hour < newest && ((bits[byte] ?? 0) & mask) !== 0;
  bits[byte] = (bits[byte] ?? 0) | mask;
  resource.recorded = bits;
  return before;
}

/** Adds to what is due for a week of service. */
function addDue(resource: Draft<'resource'>, week: bigint, fee: bigint): void {
  const place = Number(week % BigInt(resource.weeks.length));
  const entry = resource.weeks[place] ?? { week: 0n, due: 0n, kept: 0n };
  if (entry.week > week + 1n) fail('TooLate');
  if (entry.week < week + 1n && entry.due > 0n) fail('ChargeFirst');
  const kept = entry.week === week + 1n ? entry.kept : 0n;
  const next = { week: week + 1n, due: saturated(entry.due + fee), kept };
  resource.weeks = resource.weeks.with(place, next);
}

function writeSamples(
  ring: Draft<'ring'>,
  resource: Draft<'resource'>,
  config: Draft<'config'>,
  hour: bigint,
  slots: readonly bigint[],
): void {
  const samples = Uint32Array.from(ring.tail);
  const ringSize = BigInt(SAMPLE_RING);
  const first = hour * BigInt(SAMPLES_PER_REPORT);
  const end = first + BigInt(SAMPLES_PER_REPORT);
  if (end > ring.head) makeRoom(config, resource, ring, end);
  const open = BigInt(resource.monthsClosed) * BigInt(config.monthSlots);
  for (let each = ring.head > end - ringSize ? ring.head : end - ringSize; each < end; each += 1n)
    if (each >= 0n) samples[Number(each % ringSize)] = 0;
  if (end > ring.head) ring.head = end;
  for (const [index, bytes] of slots.entries()) {
    const sample = first + BigInt(index);
    // Older than what the ring holds.
    if (sample + ringSize < ring.head) continue;
    // Of a month that is closed.
    if (sample < open) continue;
    samples[Number(sample % ringSize)] = sampleKbps(bytes, config.sampleSecs);
  }
  ring.tail = samples;
}

/** Hours of resources, by proof (docs/chain.md, Evidence). */
export const recordRules: Pick<Rules, 'record'> = {
  record(context, args) {
    const config = context.open('config', context.at('config'));
    const hour = context.open('hour', context.at('hourAccount'));
    const places = openPlaces(context, args.count);
    if (hour.status !== HOUR_STATUS.final) fail('WrongStatus');
    if (places.some(({ resource }) => resource.status === RESOURCE_STATUS.draft)) fail('WrongStatus');
    const leaves = readLeaves(context, args);
    const proof = context.tail.subarray(2 + viewOf(context.tail).getUint16(0, true));
    const hashes = leaves.map(({ hash }) => hash);
    if (!provesRange(hashes, args.index, hour.leaves, proof, hour.root)) fail('WrongProof');
    const week = weekOf(config, args.hour);
    let recorded = 0;
    for (const [index, leaf] of leaves.entries()) {
      const { resource, ring } = places[index] ?? fail('NotEnoughAccounts');
      if (markRecorded(resource, args.hour)) continue;
      recorded += 1;
      // A tombstone owes nothing any more, but its hours are still recorded, once each.
      const fee = ring === null ? 0n : feeOf(saturated(leaf.billable + leaf.disputed), hour.feePerGb);
      if (fee > 0n) addDue(resource, week, fee);
      const total = leaf.slots.reduce((sum, bytes) => saturated(sum + bytes), 0n);
      resource.bytesTotal = saturated(resource.bytesTotal + total);
      if (ring !== null) writeSamples(ring, resource, config, args.hour, leaf.slots);
    }
    if (recorded === 0) fail('AlreadyExists');
  },
};

interface Place {
  readonly resource: Draft<'resource'>;
  /** None of a released resource. */
  readonly ring: Draft<'ring'> | null;
}

/** The resources and rings that follow, as many as the leaves. */
function openPlaces(context: Context, count: number): Place[] {
  const { remaining } = context;
  if (remaining.length !== 2 * count) fail('NotEnoughAccounts');
  if (count > RECORD_LEAVES) fail('TooManyLeaves');
  if (count < 1) fail('InvalidParameter');
  return Array.from({ length: count }, (_, index) => {
    const [at, ringAt] = [remaining[2 * index], remaining[2 * index + 1]];
    if (at === undefined || ringAt === undefined) return fail('NotEnoughAccounts');
    const resource = context.open('resource', at);
    const released = resource.status === RESOURCE_STATUS.released;
    checkSame(ringAt, released ? PROGRAMS.system : resource.ring);
    return { resource, ring: released ? null : context.open('ring', ringAt) };
  });
}

function readLeaves(context: Context, args: { readonly count: number }): Leaf[] {
  const { tail, remaining } = context;
  if (tail.length < 2) fail('InvalidParameter');
  const length = viewOf(tail).getUint16(0, true);
  if (2 + length > tail.length) fail('InvalidParameter');
  const numbers = unpack(tail.subarray(2, 2 + length), NUMBERS * args.count);
  return Array.from({ length: args.count }, (_, index) => {
    const resource = remaining[2 * index] ?? fail('NotEnoughAccounts');
    return leafOf(resource, numbers.slice(index * NUMBERS, (index + 1) * NUMBERS));
  });
}
