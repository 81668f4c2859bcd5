import type { Found } from '@media-network/chain';
import { NODE_STATUS, RESOURCE_STATUS } from '@media-network/chain/schema';
import { hourAt } from '@media-network/protocol';
import type { Clock, RoundResult } from '@media-network/runtime';
import type { SettingsReader } from '../authorise/settings-reader.ts';
import type { Counts } from '../counts.ts';
import type { Network } from '../network.ts';
import type { ProbeBook } from './probe-book.ts';
import type { Prober } from './prober.ts';

export interface ProbeDeps {
  readonly network: Network;
  readonly settings: SettingsReader;
  readonly prober: Prober;
  readonly book: ProbeBook;
  readonly counts: Counts;
  readonly clock: Clock;
  readonly random: () => number;
  readonly zone: string;
  readonly maxBytes: number;
}

/** Probes of one round that run side by side. */
const PARALLEL = 4;
/** Probes an edge gets in a sample, on average. */
const PROBES_PER_SAMPLE = 1;

/** The duty that looks at edges as a viewer would, each at times of its own. */
export function createProbe(deps: ProbeDeps): { round(signal: AbortSignal): Promise<RoundResult> } {
  const { network, clock, random } = deps;
  /** By edge: when it is looked at next. */
  const due = new Map<string, number>();

  /** Between half and one and a half times the mean, so that nobody can tell the next. */
  function pause(sampleSecs: number): number {
    return ((0.5 + random()) * sampleSecs * 1_000) / PROBES_PER_SAMPLE;
  }

  async function probeEdge(
    edge: Found<'edge'>,
    resources: readonly Found<'resource'>[],
    hour: bigint,
    sampleSecs: number,
  ): Promise<void> {
    const resource = resources[Math.floor(random() * resources.length)];
    const found = resource === undefined ? undefined : await deps.settings.read(resource);
    if (resource === undefined || found === undefined || found.settings.probe.length === 0) return;
    await deps.prober.probe({
      edge,
      resource: resource.address,
      settings: found.settings,
      zone: deps.zone,
      hour,
      maxBytes: deps.maxBytes,
      pauseMs: Math.min(sampleSecs * 100, 500) * (0.3 + 0.7 * random()),
    });
    deps.counts.add('probes');
  }

  return {
    async round(signal) {
      const { config, edges, resources, now } = await network.snapshot();
      const { sampleSecs } = config;
      const hour = hourAt(config, now);
      deps.book.forgetBefore(hour - BigInt(Math.ceil(config.verdictSlots / 12)) - 1n);
      const active = resources.filter(({ status }) => status === RESOURCE_STATUS.active);
      const nowMs = clock.nowMs();
      const waiting = edges.filter((edge) => {
        if (edge.status !== NODE_STATUS.active) return false;
        const at = due.get(edge.address);
        if (at === undefined) due.set(edge.address, nowMs + random() * sampleSecs * 1_000);
        return at !== undefined && at <= nowMs;
      });
      for (let from = 0; from < waiting.length && !signal.aborted; from += PARALLEL) {
        const batch = waiting.slice(from, from + PARALLEL);
        for (const edge of batch) due.set(edge.address, nowMs + pause(sampleSecs));
        await Promise.all(batch.map((edge) => probeEdge(edge, active, hour, sampleSecs)));
      }
      for (const address of due.keys())
        if (!edges.some((edge) => edge.address === address)) due.delete(address);
      return 'idle';
    },
  };
}
