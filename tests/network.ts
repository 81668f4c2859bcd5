import { createDevnet } from '@media-network/devnet';
import type { Devnet, DevnetOptions } from '@media-network/devnet';
import type { Edge } from '@media-network/edge';
import { hourAt, hourEnd, hourStart, weekEnd, weekAt } from '@media-network/protocol';
import { createManualClock } from '@media-network/runtime/testing';
import { FAST_PARAMS } from '@media-network/devnet';

/** A network whose clock only the test turns: a week of four hours of twelve seconds. */
export async function manualNetwork(options: Omit<DevnetOptions, 'clock' | 'periods'> = {}): Promise<Devnet> {
  return createDevnet({
    ...options,
    clock: createManualClock(Date.UTC(2026, 0, 1)),
    periods: { ...FAST_PARAMS, hoursPerWeek: 4 },
  });
}

/** The resource at an edge. */
export function urlAt(devnet: Devnet, edge: Edge, target: string): string {
  return `http://${devnet.host}:${edge.port}${target}`;
}

export async function currentHour(devnet: Devnet): Promise<bigint> {
  return hourAt(await devnet.client.config(), await devnet.client.chainTime());
}

/** Turns the clock to a moment `after` seconds into the next hour, settling on the way. */
export async function toNextHour(devnet: Devnet, after = 1): Promise<bigint> {
  const config = await devnet.client.config();
  const now = await devnet.client.chainTime();
  const next = hourAt(config, now) + 1n;
  await devnet.advance(Number(hourStart(config, next) - now) + after);
  return next;
}

/** Turns the clock until an hour is final or can no longer become so. */
export async function pastHour(devnet: Devnet, hour: bigint): Promise<void> {
  const config = await devnet.client.config();
  const now = await devnet.client.chainTime();
  const end = hourEnd(config, hour) + BigInt(config.verdictSlots * config.sampleSecs) + 2n;
  if (end > now) await devnet.advance(Number(end - now));
}

/** Turns the clock past the current week and to where its epoch is closed. */
export async function pastWeek(devnet: Devnet): Promise<bigint> {
  const config = await devnet.client.config();
  const now = await devnet.client.chainTime();
  const week = weekAt(config, now);
  const end = weekEnd(config, week) + BigInt(config.verdictSlots * config.sampleSecs) + 4n;
  await devnet.advance(Number(end - now));
  return week;
}

/** Bytes that the guards' own probes received from an edge in an hour. */
export function probedBytes(devnet: Devnet, edge: Edge, hour: bigint): bigint {
  return devnet.guards
    .flatMap((guard) => guard.stats().probedBytes)
    .filter((each) => each.edge === edge.address && each.hour === hour)
    .reduce((sum, each) => sum + each.bytes, 0n);
}
