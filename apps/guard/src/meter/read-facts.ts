import type { Found, MediaClient } from '@media-network/chain';
import {
  EPOCH_STATUS,
  HOUR_STATUS,
  NODE_STATUS,
  REPORT_STATUS,
  RESOURCE_STATUS,
} from '@media-network/chain/schema';
import { hourAt, hourPhase, hourWindows, toHex, weekAt, weekOfHour } from '@media-network/protocol';
import type { GuardSetFacts, Network, Snapshot } from '../network.ts';
import type { GuardOverrides } from '../types.ts';
import type { EpochFacts, HourFacts, MeterFacts, ReportFacts, ResourceFacts } from './facts.ts';
import { forgetVerdicts, settleHour } from './meter-state.ts';
import type { MeterState } from './meter-state.ts';
import { isRecorded } from './plan.ts';
import { reasonNumber } from './verdict.ts';

export interface ReadDeps {
  readonly client: MediaClient;
  readonly network: Network;
  readonly guardNo: number;
  readonly chargeEveryHours: bigint;
  readonly claim: boolean;
  readonly overrides: Pick<GuardOverrides, 'hourRoot'>;
}

/** Facts for the planner, with the accounts that the executor needs beside them. */
export interface MeterReading {
  readonly facts: MeterFacts;
  readonly snapshot: Snapshot;
  readonly hours: ReadonlyMap<bigint, Found<'hour'>>;
  readonly reports: ReadonlyMap<string, Found<'report'>>;
  readonly epochs: ReadonlyMap<bigint, Found<'epoch'>>;
}

/** Number in a vote, without the bit that rejects. */
const voter = (vote: number): number => vote % 2 ** 31;

function resourceFacts(resource: Found<'resource'>): ResourceFacts {
  return {
    address: resource.address,
    pool: resource.pool,
    recordable: resource.status !== RESOURCE_STATUS.draft,
    lastHour: resource.lastHour,
    due: resource.due,
    dueWeek: resource.dueWeek,
  };
}

/** How far back an hour can matter: until its account may be closed (docs/chain.md, closeHour). */
function horizon(config: Snapshot['config']): bigint {
  return BigInt(config.finalHours + 4 * config.hoursPerWeek + Math.ceil(config.verdictSlots / 12) + 1);
}

/** Reads the chain for what the meter decides by, and takes hours that are done off its list. */
export async function readMeterFacts(deps: ReadDeps, state: MeterState): Promise<MeterReading> {
  const { client, network, guardNo } = deps;
  const snapshot = await network.refresh();
  const { config, now } = snapshot;
  const current = hourAt(config, now);
  for (const { address, lastHour } of snapshot.resources) {
    if (lastHour > (state.lastHours.get(address) ?? -1n)) state.lastHours.set(address, lastHour);
  }
  const resources = new Map(
    snapshot.resources.map((resource) => [String(resource.address), resourceFacts(resource)]),
  );

  const oldest = current > horizon(config) ? current - horizon(config) : 0n;
  state.cursor ??= oldest;
  if (state.cursor < oldest) state.cursor = oldest;
  forgetVerdicts(state, oldest);
  const hours = await openHours(deps, state, snapshot, current);

  const reports = new Map<string, Found<'report'>>();
  const hourFacts: HourFacts[] = [];
  for (const [index, account] of hours) {
    const final = account.status === HOUR_STATUS.final;
    const phase = hourPhase(
      config,
      index,
      { final, reports: account.reports, decided: account.decided },
      now,
    );
    const list = phase === 'voting' ? await client.reports(index) : [];
    for (const report of list) reports.set(report.address, report);
    const vote = account.votes.slice(0, account.voteCount).find(({ no }) => no === guardNo);
    if (final) state.seenFinal.add(index);
    const found = state.computed.get(index);
    // More reports than it was computed from: the node had not shown them yet.
    const computed = found?.confirmed === account.confirmed ? found.hour : undefined;
    const facts: HourFacts = {
      hour: index,
      final,
      finalAt: account.finalAt,
      reports: account.reports,
      decided: account.decided,
      myRoot: vote === undefined ? undefined : toHex(vote.root),
      // What would be posted: a test's override is the guard's view of the hour.
      computedRoot:
        computed === undefined
          ? undefined
          : toHex(deps.overrides.hourRoot?.(index, computed.root) ?? computed.root),
      leaves: state.final.get(index)?.resources,
      reportList: list.map((report) => reportFacts(report, guardNo, state)),
    };
    // A week that is past was closed with all its hours recorded, or given up for good.
    const past = final && weekOfHour(config, index) < config.lastEpoch;
    // Whether an hour became final in time is known for sure only a little later, when every node has it.
    const isVoid =
      phase === 'void' && now >= hourWindows(config, index).finalUntil + BigInt(config.sampleSecs);
    if (past || isVoid || isRecorded({ resources }, facts)) settleHour(state, index);
    else hourFacts.push(facts);
  }

  const weeks = new Set(
    [...hours.keys()].map((hour) => weekOfHour(config, hour)).concat(weekAt(config, now)),
  );
  const epochs = await openEpochs(client, snapshot);
  for (const week of epochs.keys()) weeks.add(week);
  const sets = new Map<bigint, GuardSetFacts>();
  for (const week of weeks) sets.set(week, await network.guardSet(week, snapshot));

  return {
    snapshot,
    hours,
    reports,
    epochs,
    facts: {
      now,
      periods: config,
      guardNo,
      activeGuards: snapshot.guards.filter(({ status }) => status === NODE_STATUS.active).map(({ no }) => no),
      chargeEveryHours: deps.chargeEveryHours,
      lastEpoch: config.lastEpoch,
      sets,
      hours: hourFacts,
      resources,
      pools: snapshot.pools.map(({ address, feeLp, feeWeek }) => ({ address, feeLp, feeWeek })),
      epochs: [...epochs.values()].map((epoch) => epochFacts(epoch, config.lastEpoch, guardNo, state)),
      reward: rewardFacts(deps.claim, config.lastEpoch, state),
    },
  };
}

/** Accounts of hours that may need something, oldest first. */
async function openHours(
  { client }: ReadDeps,
  state: MeterState,
  { config, now }: Snapshot,
  current: bigint,
): Promise<Map<bigint, Found<'hour'>>> {
  const wanted: bigint[] = [];
  for (let hour = state.cursor ?? current; hour < current; hour += 1n)
    if (!state.settled.has(hour)) wanted.push(hour);
  const found = await client.accounts(
    'hour',
    await Promise.all(wanted.map((hour) => client.addresses.hour(hour))),
  );
  const hours = new Map<bigint, Found<'hour'>>();
  for (const [i, hour] of wanted.entries()) {
    const account = found[i] ?? undefined;
    if (account !== undefined) hours.set(hour, account);
    // Not at once: a node that lags may not have an account that came in the last second.
    else if (now >= hourWindows(config, hour).verdictsUntil) settleHour(state, hour);
  }
  return hours;
}

/** Epoch accounts of weeks that are not closed, and of the current one. */
async function openEpochs(
  client: MediaClient,
  { config, now }: Snapshot,
): Promise<Map<bigint, Found<'epoch'>>> {
  const current = weekAt(config, now);
  const wanted: bigint[] = [];
  const patience = 8n;
  const from = config.lastEpoch > current - patience ? config.lastEpoch : current - patience;
  // One closed week back: charges of its fees go to the current one.
  for (let week = from > 0n ? from - 1n : 0n; week <= current; week += 1n) wanted.push(week);
  const found = await client.accounts(
    'epoch',
    await Promise.all(wanted.map((week) => client.addresses.epoch(week))),
  );
  return new Map(found.flatMap((epoch) => (epoch === null ? [] : [[epoch.week, epoch] as const])));
}

function reportFacts(report: Found<'report'>, guardNo: number, state: MeterState): ReportFacts {
  const judged = state.judged.get(report.address)?.verdict;
  return {
    address: report.address,
    edge: report.edge,
    pending: report.status === REPORT_STATUS.pending,
    voted: report.votes.slice(0, report.voteCount).some((vote) => voter(vote) === guardNo),
    verdict: judged?.kind === 'decided' ? reasonNumber(judged.reason) : undefined,
  };
}

function epochFacts(
  epoch: Found<'epoch'>,
  lastEpoch: bigint,
  guardNo: number,
  state: MeterState,
): EpochFacts {
  const vote = epoch.votes.slice(0, epoch.voteCount).find(({ no }) => no === guardNo);
  const computed = state.epochs.get(epoch.week);
  const holds = computed !== undefined && computed.kept === epoch.kept && computed.lastEpoch === lastEpoch;
  return {
    week: epoch.week,
    closed: epoch.status === EPOCH_STATUS.closed,
    mine: vote === undefined ? undefined : { root: toHex(vote.root), rewards: vote.rewards },
    computed: holds ? { root: toHex(computed.shares.root), rewards: computed.shares.rewards } : undefined,
  };
}

function rewardFacts(claim: boolean, lastEpoch: bigint, state: MeterState): MeterFacts['reward'] {
  if (!claim || lastEpoch === 0n) return 'off';
  if (state.reward?.week !== lastEpoch - 1n) return 'unknown';
  return state.reward.due ? 'due' : 'none';
}
