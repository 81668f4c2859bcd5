import type { Found } from '@media-network/chain';
import { NODE_STATUS, RESOURCE_STATUS } from '@media-network/chain/schema';
import { hourAt } from '@media-network/protocol';
import type { Clock, RoundResult } from '@media-network/runtime';
import type { SettingsReader } from '../authorise/settings-reader.ts';
import type { Counts } from '../counts.ts';
import type { Network } from '../network.ts';
import type { ProbeBook } from './probe-book.ts';
import type { OpenProbe, Prober } from './prober.ts';

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
  /** By edge: when it is looked at next, and the probe under way. */
  const plans = new Map<string, { readonly atMs: number; readonly open: OpenProbe | undefined }>();

  /** Between half and one and a half times the mean, so that nobody can tell the next. */
  const pauseMs = (meanMs: number): number => (0.5 + random()) * meanMs;

  async function step(
    edge: Found<'edge'>,
    resources: readonly Found<'resource'>[],
    hour: bigint,
    sampleMs: number,
  ): Promise<void> {
    const nowMs = clock.nowMs();
    const plan = plans.get(edge.address);
    if (plan?.open !== undefined) {
      plans.set(edge.address, { atMs: nowMs + pauseMs(sampleMs / PROBES_PER_SAMPLE), open: undefined });
      await deps.prober.finish({ ...plan.open, task: { ...plan.open.task, edge } });
      deps.counts.add('probes');
      return;
    }
    plans.set(edge.address, { atMs: nowMs + pauseMs(sampleMs / PROBES_PER_SAMPLE), open: undefined });
    const resource = resources[Math.floor(random() * resources.length)];
    const found = resource === undefined ? undefined : await deps.settings.read(resource);
    if (resource === undefined || found === undefined || found.settings.probe.length === 0) return;
    const task = {
      edge,
      resource: resource.address,
      settings: found.settings,
      zone: deps.zone,
      hour,
      maxBytes: deps.maxBytes,
    };
    plans.set(edge.address, {
      atMs: nowMs + pauseMs(Math.min(sampleMs / 10, 500)),
      open: await deps.prober.open(task),
    });
  }

  return {
    async round(signal) {
      const { config, edges, resources, now } = await network.snapshot();
      const sampleMs = config.sampleSecs * 1_000;
      const hour = hourAt(config, now);
      deps.book.forgetBefore(hour - BigInt(Math.ceil(config.verdictSlots / 12)) - 1n);
      const active = resources.filter(({ status }) => status === RESOURCE_STATUS.active);
      const nowMs = clock.nowMs();
      const due = edges.filter((edge) => {
        if (edge.status !== NODE_STATUS.active) return false;
        const plan = plans.get(edge.address);
        // The first look at an edge is at a random time too.
        if (plan === undefined)
          plans.set(edge.address, { atMs: nowMs + random() * sampleMs, open: undefined });
        return plan !== undefined && plan.atMs <= nowMs;
      });
      for (let from = 0; from < due.length && !signal.aborted; from += PARALLEL) {
        await Promise.all(due.slice(from, from + PARALLEL).map((edge) => step(edge, active, hour, sampleMs)));
      }
      for (const address of plans.keys())
        if (!edges.some((edge) => edge.address === address)) plans.delete(address);
      return 'idle';
    },
  };
}
