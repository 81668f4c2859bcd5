import { createHash } from 'node:crypto';
import type { MediaClient } from '@media-network/chain';
import { createDevnet } from '@media-network/devnet';
import type { Devnet, DevnetOptions } from '@media-network/devnet';
import type { Edge } from '@media-network/edge';
import { hourAt, hourEnd, hourWindows, weekEnd } from '@media-network/protocol';
import type { Periods } from '@media-network/protocol';
import { createManualClock } from '@media-network/runtime/testing';
import type { ManualClock } from '@media-network/runtime/testing';

export const sha256 = (bytes: Uint8Array): Uint8Array => createHash('sha256').update(bytes).digest();

/** Real samples and hours, but a short week, so that an epoch closes within a few dozen steps of the clock. */
const SHORT_WEEK = { hoursPerWeek: 3, finalHours: 4 } as const;

/** A network whose clock only the test turns. */
export interface ManualNetwork extends Devnet {
  readonly clock: ManualClock;
  readonly periods: Periods;
  chainHour(): Promise<bigint>;
  /** Turns the clock until the chain's time is `unixSecs` or later. */
  advanceTo(unixSecs: bigint): Promise<void>;
  /** Until reports of the hour can be made, checked, and its root be final. */
  advancePast(hour: bigint): Promise<void>;
  /** Until the week is over and its epoch can be closed. */
  advancePastWeek(week: bigint): Promise<void>;
  /** URL of a target at an edge. */
  at(edge: Edge, target: string): string;
  /** Bytes of the guards' own probes, by edge account and hour, also of hours the guards have forgotten. */
  probed(edge: Edge, hour: bigint): bigint;
}

export async function startNetwork(options: Omit<DevnetOptions, 'clock'> = {}): Promise<ManualNetwork> {
  const clock = createManualClock(Date.now());
  const devnet = await createDevnet({ periods: SHORT_WEEK, ...options, clock });
  const { client } = devnet;
  const periods = await client.config();
  const probes = new Map<string, { readonly key: string; readonly bytes: bigint }>();

  function readProbes(): void {
    for (const [index, guard] of devnet.guards.entries()) {
      for (const { edge, resource, hour, bytes } of guard.stats().probedBytes) {
        probes.set(`${index}/${edge}/${resource}/${hour}`, { key: `${edge}/${hour}`, bytes });
      }
    }
  }

  async function advanceTo(unixSecs: bigint): Promise<void> {
    for (let now = await client.chainTime(); now < unixSecs; now = await client.chainTime()) {
      const sample = BigInt(periods.sampleSecs);
      const left = unixSecs - now;
      await devnet.advance(Number(left < sample ? left : sample));
      readProbes();
    }
  }

  return {
    ...devnet,
    clock,
    periods,
    chainHour: async () => hourAt(periods, await client.chainTime()),
    advanceTo,
    advancePast: (hour) => advanceTo(hourWindows(periods, hour).reportsUntil + BigInt(periods.sampleSecs)),
    advancePastWeek: (week) =>
      advanceTo(weekEnd(periods, week) + BigInt((periods.verdictSlots + 4) * periods.sampleSecs)),
    at: (edge, target) => `http://${devnet.host}:${edge.port}${target}`,
    probed(edge, hour) {
      readProbes();
      let total = 0n;
      for (const { key, bytes } of probes.values()) if (key === `${edge.address}/${hour}`) total += bytes;
      return total;
    },
  };
}

/** What must be there: the account, or a failure that names it. */
export function present<T>(value: T | null | undefined, what: string): T {
  if (value === null || value === undefined) throw new Error(`${what} is not there`);
  return value;
}

/** Seconds of the chain at which an hour is over. */
export function endOf(network: Pick<ManualNetwork, 'periods'>, hour: bigint): bigint {
  return hourEnd(network.periods, hour);
}

/** The same client with some of its reads replaced: what a node that lies would show. */
export function lyingClient(client: MediaClient, replaced: Partial<MediaClient>): MediaClient {
  return { ...client, ...replaced };
}
