import { activeGuards } from '../sharers.ts';
import type { Found, MediaClient } from '@media-network/chain';
import { EPOCH_STATUS, HOUR_STATUS, RESOURCE_STATUS, VERDICT_STATUS } from '@media-network/chain/schema';
import { hourAt, hourWindows, toHex, weekAt, weekOfHour } from '@media-network/protocol';
import type { Periods } from '@media-network/protocol';
import type { Inspector } from '../inspect/inspector.ts';
import type { GuardSetFacts, Network, Snapshot } from '../network.ts';
import type { HourBook } from '../state/hour-book.ts';
import type { GuardOverrides } from '../types.ts';
import type { EpochFacts, HourFacts, MeterFacts, ResourceFacts } from './facts.ts';
import { isVoid } from './is-void.ts';
import { forgetBefore, noteFinal, settleHour } from './meter-state.ts';
import type { MeterState } from './meter-state.ts';
import { isRecorded } from './plan-money.ts';

export interface ReadDeps {
  readonly client: MediaClient;
  readonly network: Network;
  readonly guard: Found<'guard'>;
  readonly inspector: Pick<Inspector, 'settled' | 'forgetBefore'>;
  readonly book: HourBook;
  readonly chargeEveryHours: bigint;
  readonly claim: boolean;
  readonly overrides: Pick<GuardOverrides, 'root' | 'reveal'>;
}

/** Facts for the planner, with the accounts that the executor needs beside them. */
export interface MeterReading {
  readonly facts: MeterFacts;
  readonly snapshot: Snapshot;
  readonly hours: ReadonlyMap<bigint, Found<'hour'>>;
  readonly epochs: ReadonlyMap<bigint, Found<'epoch'>>;
}

/** An address that is not set. */
const NO_RING = '11111111111111111111111111111111';

const factsKnown = new WeakMap<readonly Found<'resource'>[], ReadonlyMap<string, ResourceFacts>>();

/** Made once for as long as no resource changes: there may be a hundred thousand of them, and rounds come by the second. */
function factsOfAll({ resources }: Snapshot): ReadonlyMap<string, ResourceFacts> {
  let facts = factsKnown.get(resources);
  if (facts === undefined) {
    facts = new Map(resources.map((resource) => [String(resource.address), resourceFacts(resource)]));
    factsKnown.set(resources, facts);
  }
  return facts;
}

function resourceFacts(resource: Found<'resource'>): ResourceFacts {
  const { recorded, lastHour, status } = resource;
  return {
    address: resource.address,
    recordable: status !== RESOURCE_STATUS.draft,
    hasRing: status === RESOURCE_STATUS.released || resource.ring !== NO_RING,
    lp: resource.lp,
    debt: resource.debt,
    lastHour,
    isRecorded(hour) {
      // Beyond the newest the window holds bits of hours long past.
      if (hour >= lastHour) return false;
      const bit = Number(hour % 512n);
      return (((recorded[bit >> 3] ?? 0) >> (bit & 7)) & 1) === 1;
    },
    due: resource.weeks.flatMap(({ week, due }) =>
      week > 0n && due > 0n ? [{ week: week - 1n, amount: due }] : [],
    ),
  };
}

/** How far back an hour can matter: until its account may be closed (docs/chain.md, Time). */
export function horizon(config: Periods): bigint {
  const { finalHours, lateHours, hoursPerWeek, verdictSlots } = config;
  return BigInt(finalHours + lateHours + 4 * hoursPerWeek + Math.ceil(verdictSlots / 12) + 1);
}

/** Hours whose observations are kept: they are judged soon after their end, and shown to others for a while. */
function keepHours(config: Periods): bigint {
  return BigInt(Math.ceil(config.verdictSlots / 12) + config.finalHours + 2);
}

/** Reads the chain for what the meter decides by, and takes hours that are done off its list. */
export async function readMeterFacts(deps: ReadDeps, state: MeterState): Promise<MeterReading> {
  const { network, guard } = deps;
  const snapshot = await network.refresh();
  const { config, now } = snapshot;
  const current = hourAt(config, now);
  const resources = factsOfAll(snapshot);

  const oldest = current > horizon(config) ? current - horizon(config) : 0n;
  state.cursor ??= oldest;
  if (state.cursor < oldest) state.cursor = oldest;
  forgetBefore(state, oldest);
  const kept = current - keepHours(config);
  deps.inspector.forgetBefore(kept);
  await deps.book.forgetBefore(kept);
  const { hours, unseen } = await openHours(deps, state, snapshot, current);
  const verdicts = await ownVerdicts(deps, hours, snapshot);

  const hourFacts: HourFacts[] = [];
  for (const [index, account] of hours) {
    if (account.status === HOUR_STATUS.final) noteFinal(state, account);
    const verdict = verdicts.get(index) ?? 'none';
    if (verdict === 'revealed') state.revealed.add(index);
    const facts = hourFactsOf(deps, state, account, verdict);
    const over = !facts.final && isVoid(config, index, now);
    if (over || isRecorded({ resources }, facts)) settleHour(state, index);
    else hourFacts.push(facts);
  }

  const epochs = await readEpochs(deps.client, snapshot);
  await listClaims(deps, state, snapshot, epochs);
  const weeks = new Set([...hours.keys()].map((hour) => weekOfHour(config, hour)));
  weeks.add(weekAt(config, now));
  for (const week of epochs.keys()) weeks.add(week);
  const sets = new Map<bigint, GuardSetFacts>();
  for (const week of weeks) sets.set(week, await network.guardSet(week, snapshot));

  return {
    snapshot,
    hours,
    epochs,
    facts: {
      now,
      periods: config,
      guardNo: guard.no,
      activeGuards: activeGuards(snapshot),
      chargeEveryHours: deps.chargeEveryHours,
      sets,
      hours: hourFacts,
      unseen,
      resources,
      epochs: [...epochs.values()].map((epoch) => epochFacts(deps, epoch, weekAt(config, now), state)),
      claims: [...state.claims].map(([week, due]) => ({ week, due })),
    },
  };
}

function hourFactsOf(
  deps: ReadDeps,
  state: MeterState,
  account: Found<'hour'>,
  verdict: HourFacts['verdict'],
): HourFacts {
  const { hour } = account;
  const vote = account.votes.slice(0, account.voteCount).find(({ no }) => no === deps.guard.no);
  const found = state.computed.get(hour);
  // More reports or reveals than it was computed from: the node had not shown them yet.
  const computed =
    found?.reports === account.reports && found.reveals === account.reveals ? found.hour : undefined;
  return {
    hour,
    final: account.status === HOUR_STATUS.final,
    finalAt: account.finalAt,
    reports: account.reports,
    commits: account.commits,
    reveals: account.reveals,
    setCount: account.setCount,
    judged: deps.inspector.settled(hour),
    verdict,
    canReveal: deps.book.verdict(hour) !== undefined && deps.overrides.reveal?.(hour) !== false,
    voteWeek: account.voteWeek,
    myVote: vote === undefined ? undefined : { root: toHex(vote.root), leaves: vote.leaves },
    // What would be posted: a test's override is the guard's view of the hour.
    computed:
      computed === undefined
        ? undefined
        : {
            root: toHex(deps.overrides.root?.({ kind: 'hour', hour }, computed.root) ?? computed.root),
            leaves: computed.leaves,
            missing: computed.missing.length,
          },
    leaves: state.loaded.get(hour)?.resources.map((leaf) => leaf.resource),
  };
}

/** Own verdicts of hours that are committed to or revealed now. */
async function ownVerdicts(
  { client, guard }: ReadDeps,
  hours: ReadonlyMap<bigint, Found<'hour'>>,
  { config, now }: Snapshot,
): Promise<ReadonlyMap<bigint, HourFacts['verdict']>> {
  const open = [...hours.keys()].filter((hour) => {
    const windows = hourWindows(config, hour);
    return now >= windows.reportsUntil && now < windows.finalUntil;
  });
  const found = await client.accounts(
    'verdict',
    await Promise.all(open.map((hour) => client.addresses.verdict(hour, guard.address))),
  );
  return new Map(
    found.flatMap((verdict) =>
      verdict === null
        ? []
        : [[verdict.hour, verdict.status === VERDICT_STATUS.revealed ? 'revealed' : 'committed'] as const],
    ),
  );
}

/** Accounts of hours that may need something, oldest first, and hours that may still turn out to have one. */
async function openHours(
  { client }: ReadDeps,
  state: MeterState,
  { config, now }: Snapshot,
  current: bigint,
): Promise<{ readonly hours: ReadonlyMap<bigint, Found<'hour'>>; readonly unseen: readonly bigint[] }> {
  const wanted: bigint[] = [];
  for (let hour = state.cursor ?? current; hour < current; hour += 1n)
    if (!state.settled.has(hour)) wanted.push(hour);
  const found = await client.accounts(
    'hour',
    await Promise.all(wanted.map((hour) => client.addresses.hour(hour))),
  );
  const hours = new Map<bigint, Found<'hour'>>();
  const unseen: bigint[] = [];
  for (const [i, hour] of wanted.entries()) {
    const account = found[i] ?? undefined;
    if (account !== undefined) {
      hours.set(hour, account);
      state.seen.add(hour);
    }
    // Not at once: a node that lags may not have an account that came in the last second.
    else if (now >= hourWindows(config, hour).revealsUntil && !state.seen.has(hour)) settleHour(state, hour);
    else unseen.push(hour);
  }
  return { hours, unseen };
}

/** Weeks in which money of publishers can still be shared out (docs/chain.md, record). */
const OPEN_WEEKS = 8n;

async function readEpochs(
  client: MediaClient,
  { config, now }: Snapshot,
): Promise<Map<bigint, Found<'epoch'>>> {
  const current = weekAt(config, now);
  const wanted: bigint[] = [];
  for (let week = current > OPEN_WEEKS ? current - OPEN_WEEKS : 0n; week <= current; week += 1n)
    wanted.push(week);
  const found = await client.accounts(
    'epoch',
    await Promise.all(wanted.map((week) => client.addresses.epoch(week))),
  );
  return new Map(found.flatMap((epoch) => (epoch === null ? [] : [[epoch.week, epoch] as const])));
}

/** Notes endorsed weeks for claiming; once a week and at the start those of long ago too. */
async function listClaims(
  deps: ReadDeps,
  state: MeterState,
  { config, now }: Snapshot,
  recent: ReadonlyMap<bigint, Found<'epoch'>>,
): Promise<void> {
  if (!deps.claim) return;
  const current = weekAt(config, now);
  const all = state.claimsListed === current ? [...recent.values()] : await deps.client.list('epoch');
  for (const epoch of all) {
    if (epoch.status === EPOCH_STATUS.endorsed && epoch.rewards > 0n && !state.claims.has(epoch.week))
      state.claims.set(epoch.week, undefined);
  }
  state.claimsListed = current;
}

function epochFacts(deps: ReadDeps, epoch: Found<'epoch'>, current: bigint, state: MeterState): EpochFacts {
  const own = epoch.votes.slice(0, epoch.voteCount).find(({ no }) => no === deps.guard.no);
  const later =
    epoch.laterWeek === current
      ? epoch.laterVotes.slice(0, epoch.laterCount).find(({ no }) => no === deps.guard.no)
      : undefined;
  const computed = state.weeks.get(epoch.week);
  // A later set looks at the week anew: what was not there yet when the first one did is there by now.
  const shares = computed?.at === current && computed.kept === epoch.kept ? computed.shares : undefined;
  const { week } = epoch;
  return {
    week,
    status:
      epoch.status === EPOCH_STATUS.endorsed
        ? 'endorsed'
        : epoch.status === EPOCH_STATUS.decided
          ? 'decided'
          : 'open',
    decidedWeek: epoch.decidedWeek,
    own: own === undefined ? undefined : { root: toHex(own.root), rewards: own.rewards },
    later: later === undefined ? undefined : { root: toHex(later.root), rewards: later.rewards },
    computed:
      shares === undefined
        ? undefined
        : {
            root: toHex(deps.overrides.root?.({ kind: 'week', week }, shares.root) ?? shares.root),
            rewards: shares.rewards,
          },
  };
}
