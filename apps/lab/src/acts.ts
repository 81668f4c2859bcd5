import { createHash } from 'node:crypto';
import { auditHour, createHttpBlobs } from '@media-network/audit';
import { EPOCH_STATUS, HOUR_STATUS } from '@media-network/chain/schema';
import type { Edge } from '@media-network/edge';
import { decodeHour, toHex } from '@media-network/protocol';
import type { Hour } from '@media-network/protocol';
import type { Stage } from './stage.ts';

/** A file of the sample origin of some 180 KB. */
export const PICTURE = '/pictures/set.jpg';

export const sha256 = (bytes: Uint8Array): Uint8Array => createHash('sha256').update(bytes).digest();

export interface Traffic {
  /** Downloads of the picture that carry the publisher's token, an edge and hour. */
  readonly vouched: number;
  /** Downloads without, an edge and hour. */
  readonly open: number;
}

/** What viewers usually do: most of it vouched for. */
export const USUAL: Traffic = { vouched: 24, open: 6 };

/** One hour of viewers at these edges. */
export async function serve(stage: Stage, edges: readonly Edge[], traffic: Traffic = USUAL): Promise<void> {
  for (const edge of edges) {
    if (traffic.vouched > 0) await stage.watch(edge, PICTURE, { vouched: true, times: traffic.vouched });
    if (traffic.open > 0) await stage.watch(edge, PICTURE, { vouched: false, times: traffic.open });
  }
}

/**
 * The rest of the first week with viewers in each of its hours, the one that runs included, and then until it is paid.
 * Returns the hours in which viewers came.
 */
export async function week(
  stage: Stage,
  inHour: (hour: bigint) => Promise<void>,
): Promise<readonly bigint[]> {
  const number = await stage.week();
  const hours = await restOfWeek(stage, inHour);
  await paid(stage, number);
  return hours;
}

/** The hours of a week from now on, with viewers in each. */
export async function restOfWeek(
  stage: Stage,
  inHour: (hour: bigint) => Promise<void>,
): Promise<readonly bigint[]> {
  const hours: bigint[] = [];
  const number = await stage.week();
  const last = (number + 1n) * BigInt(stage.periods.hoursPerWeek) - 1n;
  for (let hour = await stage.hour(); ; hour = await stage.nextHour()) {
    hours.push(hour);
    await inHour(hour);
    if (hour >= last) return hours;
  }
}

/** Hours that may pass until a week is endorsed, when some of its hours were decided late. */
const PATIENCE_HOURS = 14n;

/** Until a week is endorsed and its owners have claimed, late hours included. */
export async function paid(stage: Stage, number: bigint): Promise<void> {
  await stage.pastWeek(number);
  for (let waited = 0n; waited < PATIENCE_HOURS; waited += 1n) {
    const epoch = await stage.client.epoch(number);
    if (epoch !== null && epoch.status === EPOCH_STATUS.endorsed) break;
    await stage.nextHour();
  }
  // Claims follow in the next rounds of whoever has earned something.
  await stage.nextHour();
}

/** The hour behind a final root, from the first guard that has it; undefined when the hour was not decided. */
export async function finalHour(stage: Stage, hour: bigint): Promise<Hour | undefined> {
  const account = await stage.client.hour(hour);
  if (account === null || account.status !== HOUR_STATUS.final) return undefined;
  for (const guard of stage.guards) {
    const answer = await stage.viewer.get(`${guard.url}/v1/hours/${toHex(account.root)}`, { keepBody: true });
    const decoded = answer.status === 200 ? decodeHour(answer.body, sha256) : undefined;
    if (decoded !== undefined) return decoded;
  }
  return undefined;
}

/**
 * How many reports of honest edges that viewers came to were rejected, or disputed for a resource, in hours that were
 * decided: recomputed from what guards publish.
 */
export async function blamed(
  stage: Stage,
  edges: readonly Edge[],
  hours: readonly bigint[],
): Promise<number> {
  const { client } = stage;
  const guards = stage.guards.map(({ url }) => url);
  const deps = { client, sha256, blobs: createHttpBlobs({ fetch, sources: () => Promise.resolve(guards) }) };
  const isHonest = (address: string): boolean => edges.some((edge) => edge.address === address);
  let count = 0;
  for (const hour of hours) {
    if ((await client.hour(hour))?.status !== HOUR_STATUS.final) continue;
    const { figures } = await auditHour(deps, hour);
    count += figures.reports.filter(({ edge, decision }) => isHonest(edge) && decision === 'rejected').length;
    count += figures.disputes.filter(({ edge }) => isHonest(edge)).length;
  }
  return count;
}

/** Bytes that an edge was credited in these hours. */
export async function credited(stage: Stage, edge: Edge, hours: readonly bigint[]): Promise<bigint> {
  let sum = 0n;
  for (const hour of hours) {
    const final = await finalHour(stage, hour);
    for (const { credited: bytes } of final?.edges.find((each) => each.edge === edge.address)?.rows ?? [])
      sum += bytes;
  }
  return sum;
}

export function names(prefix: string, count: number, from = 1): readonly string[] {
  return Array.from({ length: count }, (_, i) => `${prefix}-${from + i}`);
}
