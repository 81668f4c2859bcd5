import { createHash } from 'node:crypto';
import type { MediaClient } from '@media-network/chain';
import { createDevnet } from '@media-network/devnet';
import type { Devnet, DevnetOptions } from '@media-network/devnet';
import type { Edge } from '@media-network/edge';
import { hourAt, hourEnd, hourWindows, weekEnd } from '@media-network/protocol';
import type { Periods } from '@media-network/protocol';
import { createManualClock } from '@media-network/runtime/testing';
import { createTokenSource } from '@media-network/viewer';
import type { TokenSource } from '@media-network/viewer';
import type { ManualClock } from '@media-network/runtime/testing';

export const sha256 = (bytes: Uint8Array): Uint8Array => createHash('sha256').update(bytes).digest();

/** Real samples and hours, but a short week, so that an epoch closes within a few dozen steps of the clock. */
export const SHORT_WEEK = { hoursPerWeek: 3, finalHours: 4, lateHours: 6, dustBytes: 16_384n } as const;

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
  /** The publisher's tokens, as viewers get them. */
  readonly tokens: TokenSource;
}

export async function startNetwork(options: Omit<DevnetOptions, 'clock'> = {}): Promise<ManualNetwork> {
  const clock = createManualClock(Date.now());
  const devnet = await createDevnet({ periods: SHORT_WEEK, ...options, clock });
  const { client } = devnet;
  const periods = await client.config();

  async function advanceTo(unixSecs: bigint): Promise<void> {
    for (let now = await client.chainTime(); now < unixSecs; now = await client.chainTime()) {
      const sample = BigInt(periods.sampleSecs);
      const left = unixSecs - now;
      await devnet.advance(Number(left < sample ? left : sample));
    }
  }

  return {
    ...devnet,
    clock,
    periods,
    chainHour: async () => hourAt(periods, await client.chainTime()),
    advanceTo,
    // Guards reveal as soon as all of the set have committed; one sample is for the votes that follow.
    advancePast: (hour) =>
      advanceTo(hourWindows(periods, hour).reportsUntil + BigInt(2 * periods.sampleSecs)),
    advancePastWeek: (week) =>
      advanceTo(weekEnd(periods, week) + BigInt((periods.verdictSlots + 4) * periods.sampleSecs)),
    // The site by its name is at 127.0.0.1 only; without a name an edge serves the same.
    at: (edge, target) =>
      edge.urls[0]?.includes('//127.0.0.1:') === false
        ? `${edge.urls[0]}${target}`
        : `http://${devnet.host}:${edge.port}${target}`,
    tokens: createTokenSource(devnet.signerUrl),
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
