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
import type { Prober, Wanted } from './prober.ts';

export interface ProbeDeps {
  readonly network: Pick<Network, 'snapshot' | 'chainNowMs' | 'guardSet'>;
  readonly settings: Pick<SettingsReader, 'read'>;
  readonly denials: Denials;
  readonly prober: Pick<Prober, 'look'>;
  readonly budget: ProbeBudget;
  readonly shares: Pick<PaidShares, 'draw'>;
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
/** Looks at others beside one edge within an hour, to see whose doing a wrong answer is. */
const BESIDE_PER_HOUR = 12;
/** How often one is drawn until it is another publisher's. */
const DRAWS = 8;

/** When an edge is looked at next. */
interface Plan {
  readonly atMs: number;
  /** The resource that is inquired into. */
  readonly resource?: string | undefined;
}

/** What another edge gave a wrong answer for: what this one has there tells whose doing that is. */
interface Aside {
  readonly atMs: number;
  readonly wanted: Wanted & { readonly resource: string };
}

export interface Probe {
  round(signal: AbortSignal): Promise<RoundResult>;
  close(): Promise<void>;
}

/** The duty that looks at edges as a viewer would, each at times of its own. */
export function createProbe(deps: ProbeDeps): Probe {
  const { network, clock, random } = deps;
  const slots = createSlots(PARALLEL, deps.onFailure);
  /** By edge. */
  const plans = new Map<string, Plan>();
  /** By edge: beside its plan, so that an edge that is wrong on purpose keeps nobody's eyes off another. */
  const asides = new Map<string, Aside>();

  /** Between half and one and a half times the mean, so that nobody can tell the next. */
  const pauseMs = (hourMs: number, looks: number): number => ((0.5 + random()) * hourMs) / looks;

  /** By edge: how often others were asked beside it in the hour. */
  const besides = new Map<string, { readonly hour: bigint; readonly times: number }>();

  /** Has another edge asked soon for what this one gave a wrong answer for, unless that one is to be asked such already. */
  function askBeside(
    edge: Found<'edge'>,
    wanted: Aside['wanted'],
    at: { readonly edges: readonly Found<'edge'>[]; readonly hour: bigint; readonly hourMs: number },
  ): void {
    const { edges, hour, hourMs } = at;
    const before = besides.get(edge.address);
    const times = before?.hour === hour ? before.times : 0;
    if (times >= BESIDE_PER_HOUR) return;
    const others = edges.filter(
      ({ address, status }) =>
        status === NODE_STATUS.active && address !== edge.address && !asides.has(address),
    );
    const other = others[Math.floor(random() * others.length)];
    if (other === undefined) return;
    besides.set(edge.address, { hour, times: times + 1 });
    asides.set(other.address, { atMs: clock.nowMs() + pauseMs(hourMs, INQUIRY_LOOKS_PER_HOUR), wanted });
  }

  /** What to look at of a resource, and whether that is on somebody's word, which opens room of its own. */
  function askedFor(
    resource: string | undefined,
    aside: Aside['wanted'] | undefined,
    inquiry: Inquiry | undefined,
  ): { readonly wanted: Wanted | undefined; readonly isAsked: boolean } {
    if (aside !== undefined && resource === aside.resource) return { wanted: aside, isAsked: true };
    if (inquiry === undefined) return { wanted: undefined, isAsked: false };
    return {
      wanted: random() < AT_NAMED_TARGET ? { target: inquiry.target } : undefined,
      isAsked: resource === inquiry.resource,
    };
  }

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
      readonly wanted: Wanted | undefined;
      readonly edges: readonly Found<'edge'>[];
      readonly signal: AbortSignal;
    },
  ): Promise<void> {
    const found = await deps.settings.read(resource);
    deps.moments.mark(edge.address, 'probe', clock.nowMs());
    if (found === undefined) return;
    const { outcome, compared } = await deps.prober.look({
      edge,
      resource: resource.address,
      settings: found.settings,
      zone: deps.zone,
      wanted: at.wanted,
      hour: at.hour,
      withinHour: at.withinHour,
      signal: at.signal,
    });
    deps.log.debug({ edge: edge.address, resource: resource.address, outcome }, 'edge probed');
    if (outcome === 'not-asked') return;
    deps.counts.add('probes');
    if (at.inquiry !== undefined) deps.findings.seconded(edge.address, at.hour);
    if (outcome === 'wrong' && compared !== undefined)
      askBeside(edge, { ...compared, resource: resource.address }, at);
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
          plans.set(edge.address, { atMs: nowMs + (random() * hourMs) / LOOKS_PER_HOUR });
          continue;
        }
        const inquiry = deps.findings.toSecond(edge.address, hour);
        if (inquiry !== undefined && plan.atMs > nowMs + (1.5 * hourMs) / INQUIRY_LOOKS_PER_HOUR) {
          plans.set(edge.address, { ...plan, atMs: nowMs + pauseMs(hourMs, INQUIRY_LOOKS_PER_HOUR) });
          continue;
        }
        const aside = asides.get(edge.address);
        const isAside = aside !== undefined && aside.atMs <= nowMs;
        if (plan.atMs > nowMs && !isAside) continue;
        const waitMs = deps.moments.wait(edge.address, 'probe', nowMs, APART * hourMs);
        if (waitMs > 0) {
          if (isAside) asides.set(edge.address, { ...aside, atMs: nowMs + waitMs });
          else plans.set(edge.address, { ...plan, atMs: nowMs + waitMs });
          continue;
        }
        const paid = random() < WHERE_PAID ? deps.shares.draw(edge.address, random()) : undefined;
        const asked = plan.resource ?? inquiry?.resource;
        const chosen =
          usable(isAside ? aside.wanted.resource : undefined) ??
          (asked !== undefined && random() < ELSEWHERE ? elsewhere(edge, asked) : undefined) ??
          usable(asked ?? paid) ??
          active[Math.floor(random() * active.length)];
        const looks = inquiry === undefined ? LOOKS_PER_HOUR : INQUIRY_LOOKS_PER_HOUR;
        if (isAside) asides.delete(edge.address);
        else plans.set(edge.address, { atMs: nowMs + pauseMs(hourMs, looks) });
        const { wanted, isAsked } = askedFor(chosen?.address, isAside ? aside.wanted : undefined, inquiry);
        if (chosen !== undefined && isAsked) deps.budget.second(edge.address, chosen.address, hour);
        if (chosen !== undefined)
          slots.start(edge.address, (ending) =>
            step(edge, chosen, {
              hour,
              withinHour,
              hourMs,
              inquiry,
              suspected: plan.resource,
              wanted,
              edges,
              signal: ending,
            }),
          );
      }
      for (const book of [plans, asides, besides])
        for (const address of book.keys())
          if (!edges.some((edge) => edge.address === address)) book.delete(address);
      return (await slots.rest(1_000)) ? 'busy' : 'idle';
    },
    close: () => slots.close(),
  };
}
