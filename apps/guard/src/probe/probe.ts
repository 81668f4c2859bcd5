import type { Found } from '@media-network/chain';
import { NODE_STATUS, RESOURCE_STATUS } from '@media-network/chain/schema';
import { hourAt, hourSecs, hourStart, weekOfHour } from '@media-network/protocol';
import type { Clock, Log, RoundResult } from '@media-network/runtime';
import type { SettingsReader } from '../authorise/settings-reader.ts';
import { APART } from '../collect/collect.ts';
import type { Denials } from '../denials.ts';
import type { Counts } from '../counts.ts';
import type { Findings, Inquiry } from '../findings/findings.ts';
import type { Moments } from '../moments.ts';
import { byAddress } from '../network.ts';
import type { Network } from '../network.ts';
import { createSlots } from '../slots.ts';
import type { PaidShares } from './paid-shares.ts';
import type { ProbeBudget } from './probe-budget.ts';
import type { Prober } from './prober.ts';

export interface ProbeDeps {
  readonly network: Network;
  readonly settings: SettingsReader;
  readonly denials: Denials;
  readonly prober: Prober;
  readonly budget: ProbeBudget;
  readonly shares: PaidShares;
  readonly findings: Pick<Findings, 'toSecond' | 'seconded'>;
  readonly moments: Moments;
  readonly counts: Counts;
  readonly guardNo: number;
  readonly clock: Clock;
  readonly log: Log;
  readonly random: () => number;
  readonly zone: string;
  readonly onFailure: (error: unknown) => void;
}

/** Probes under way at the same time. */
const PARALLEL = 32;
/** Looks at one edge in an hour, on average; three that fail say that it does not serve. */
const LOOKS_PER_HOUR = 8;
/** Part of the looks that go to what edges are paid for, in proportion; the rest goes to all resources alike. */
const WHERE_PAID = 0.75;
/** While something is wrong: so that an hour is enough to be sure. */
const INQUIRY_LOOKS_PER_HOUR = 60;
/** Of an inquiry on another guard's word, those that go to the very target that it names; the rest to others of the resource. */
const AT_NAMED_TARGET = 0.5;
/** Of looks at an edge that is suspected, those that go to resources of other publishers: the fault may be one origin's (`mayBeOneOrigin`). */
const ELSEWHERE = 0.5;
/** How often one is drawn until it is another publisher's. */
const DRAWS = 8;

export interface Probe {
  round(signal: AbortSignal): Promise<RoundResult>;
  close(): Promise<void>;
}

/** The duty that looks at edges as a viewer would, each at times of its own. */
export function createProbe(deps: ProbeDeps): Probe {
  const { network, clock, random } = deps;
  const slots = createSlots(PARALLEL, deps.onFailure);
  /** By edge: when it is looked at next, and the resource that is inquired into. */
  const plans = new Map<string, { readonly atMs: number; readonly resource: string | undefined }>();

  /** Between half and one and a half times the mean, so that nobody can tell the next. */
  const pauseMs = (hourMs: number, looks: number): number => ((0.5 + random()) * hourMs) / looks;

  async function step(
    edge: Found<'edge'>,
    resource: Found<'resource'>,
    at: {
      readonly hour: bigint;
      readonly withinHour: boolean;
      readonly hourMs: number;
      readonly inquiry: Inquiry | undefined;
      /** Resource of the edge that this guard has seen wrong, and looks into. */
      readonly suspected: string | undefined;
      readonly signal: AbortSignal;
    },
  ): Promise<void> {
    const found = await deps.settings.read(resource);
    deps.moments.mark(edge.address, 'probe', clock.nowMs());
    if (found === undefined) return;
    const outcome = await deps.prober.look({
      edge,
      resource: resource.address,
      settings: found.settings,
      zone: deps.zone,
      wanted: random() < AT_NAMED_TARGET ? at.inquiry?.target : undefined,
      hour: at.hour,
      withinHour: at.withinHour,
      signal: at.signal,
    });
    deps.log.debug({ edge: edge.address, resource: resource.address, outcome }, 'edge probed');
    if (outcome === 'not-asked') return;
    deps.counts.add('probes');
    if (at.inquiry !== undefined) deps.findings.seconded(edge.address, at.hour);
    const suspect = [resource.address, at.suspected].find(
      (each) => each !== undefined && deps.budget.isSuspect(edge.address, each, at.hour),
    );
    if (outcome !== 'silent' && suspect === undefined) return;
    plans.set(edge.address, {
      atMs:
        clock.nowMs() +
        pauseMs(at.hourMs, outcome === 'silent' ? 3 * LOOKS_PER_HOUR : INQUIRY_LOOKS_PER_HOUR),
      resource: suspect,
    });
  }

  return {
    async round(signal) {
      const snapshot = await network.snapshot();
      const { config, edges, resources } = snapshot;
      const hourMs = Number(hourSecs(config)) * 1_000;
      const chainMs = await network.chainNowMs();
      const hour = hourAt(config, BigInt(Math.floor(chainMs / 1_000)));
      const intoMs = chainMs - Number(hourStart(config, hour)) * 1_000;
      const marginMs = Math.min(config.sampleSecs * 1_000, hourMs / 12);
      const withinHour = intoMs > marginMs && intoMs < hourMs - marginMs;
      const set = await network.guardSet(weekOfHour(config, hour), snapshot);
      deps.budget.share(set.numbers.length);
      deps.budget.forgetBefore(hour);
      const active = resources.filter(
        ({ address, status }) => status === RESOURCE_STATUS.active && !deps.denials.denies(address),
      );
      const usable = (resource: string | undefined): Found<'resource'> | undefined => {
        const found = byAddress(snapshot).get(resource ?? '');
        return found?.status === RESOURCE_STATUS.active && !deps.denials.denies(found.address)
          ? found
          : undefined;
      };
      /** A resource of another publisher than this one's, by turns of those that the edge is paid for and of all. */
      const elsewhere = (edge: Found<'edge'>, than: string): Found<'resource'> | undefined => {
        const { publisher } = byAddress(snapshot).get(than) ?? {};
        for (let i = 0; i < DRAWS; i += 1) {
          const paid = i % 2 === 0 ? usable(deps.shares.draw(edge.address, random())) : undefined;
          const drawn = paid ?? active[Math.floor(random() * active.length)];
          if (drawn !== undefined && drawn.publisher !== publisher) return drawn;
        }
        return undefined;
      };
      const nowMs = clock.nowMs();
      for (const edge of edges) {
        if (signal.aborted || slots.free === 0) break;
        if (edge.status !== NODE_STATUS.active || slots.has(edge.address)) continue;
        const plan = plans.get(edge.address);
        if (plan === undefined) {
          // The first look at an edge is at a random time too.
          plans.set(edge.address, {
            atMs: nowMs + (random() * hourMs) / LOOKS_PER_HOUR,
            resource: undefined,
          });
          continue;
        }
        const inquiry = deps.findings.toSecond(edge.address, hour);
        if (inquiry !== undefined && plan.atMs > nowMs + (1.5 * hourMs) / INQUIRY_LOOKS_PER_HOUR) {
          plans.set(edge.address, { ...plan, atMs: nowMs + pauseMs(hourMs, INQUIRY_LOOKS_PER_HOUR) });
          continue;
        }
        if (plan.atMs > nowMs) continue;
        const waitMs = deps.moments.wait(edge.address, 'probe', nowMs, APART * hourMs);
        if (waitMs > 0) {
          plans.set(edge.address, { ...plan, atMs: nowMs + waitMs });
          continue;
        }
        const paid = random() < WHERE_PAID ? deps.shares.draw(edge.address, random()) : undefined;
        const asked = plan.resource ?? inquiry?.resource;
        const chosen =
          (asked !== undefined && random() < ELSEWHERE ? elsewhere(edge, asked) : undefined) ??
          usable(asked ?? paid) ??
          active[Math.floor(random() * active.length)];
        const looks = inquiry === undefined ? LOOKS_PER_HOUR : INQUIRY_LOOKS_PER_HOUR;
        plans.set(edge.address, { atMs: nowMs + pauseMs(hourMs, looks), resource: undefined });
        if (inquiry !== undefined && chosen?.address === inquiry.resource)
          deps.budget.second(edge.address, chosen.address, hour);
        if (chosen !== undefined)
          slots.start(edge.address, (ending) =>
            step(edge, chosen, {
              hour,
              withinHour,
              hourMs,
              inquiry,
              suspected: plan.resource,
              signal: ending,
            }),
          );
      }
      for (const address of plans.keys())
        if (!edges.some((edge) => edge.address === address)) plans.delete(address);
      return (await slots.rest(1_000)) ? 'busy' : 'idle';
    },
    close: () => slots.close(),
  };
}
