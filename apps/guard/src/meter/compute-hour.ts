import { setImmediate as turn } from 'node:timers/promises';
import type { Found, MediaClient } from '@media-network/chain';
import { VERDICT_STATUS } from '@media-network/chain/schema';
import {
  EMPTY_ROOT,
  baseHour,
  creditHour,
  decideReports,
  decodeEntries,
  decodeHour,
  decodeVerdict,
  entriesLength,
  equalBytes,
  holdingOf,
  holdingPiece,
  hourSecs,
  receiptsLength,
  toHex,
  weekOfHour,
} from '@media-network/protocol';
import type { CreditedHour, Entry, Hour, HourReport, Reveal } from '@media-network/protocol';
import { sha256 } from '../evidence/blob-roots.ts';
import type { EvidenceSource } from '../evidence/evidence-source.ts';
import type { EvidenceStore } from '../evidence/evidence-store.ts';
import { verifyInto } from '../inspect/gather.ts';
import { otherGuards } from '../inspect/peers.ts';
import type { SessionBook } from '../inspect/session-book.ts';
import { byAddress } from '../network.ts';
import type { Network, Snapshot } from '../network.ts';
import { resourceIn } from '../resource-hours.ts';
import type { ResourceInHour } from '../resource-hours.ts';
import type { FinalHour, MeterState } from './meter-state.ts';

export interface ComputeDeps {
  readonly client: MediaClient;
  readonly network: Network;
  readonly source: EvidenceSource;
  readonly store: EvidenceStore;
  readonly sessions: SessionBook;
  readonly guard: Found<'guard'>;
}

/** The final hour that an hour builds on, as far as this guard has seen them. */
export function baseOf(state: MeterState, snapshot: Snapshot, hour: bigint): FinalHour | undefined {
  return baseHour(snapshot.config, hour, state.finals.values());
}

/** An hour's reports with what is behind them, as the guard can get it. */
interface FetchedReport extends HourReport {
  readonly blob: Uint8Array | undefined;
}

/**
 * The hour that follows from its reports and reveals; kept on disk. Undefined while the chain's node is behind or the
 * hour it builds on cannot be had. What is missing of its own evidence is named in `missing`.
 */
export async function computeHour(
  deps: ComputeDeps,
  state: MeterState,
  snapshot: Snapshot,
  account: Found<'hour'>,
  signal: AbortSignal,
): Promise<CreditedHour | undefined> {
  const { hour } = account;
  const [accounts, verdicts] = await Promise.all([deps.client.reports(hour), deps.client.verdicts(hour)]);
  const revealed = verdicts.filter(({ status }) => status === VERDICT_STATUS.revealed);
  // Fewer: not there yet at the node that was asked, or closed since. Either way the hour cannot be computed from these.
  if (accounts.length !== account.reports || revealed.length !== account.reveals) return undefined;

  const base = baseOf(state, snapshot, hour);
  const baseTable = base === undefined ? undefined : await loadBase(deps, state, snapshot, base, signal);
  if (base !== undefined && baseTable === undefined) return undefined;

  const payloads = revealed.map((verdict) => ({
    verdict,
    payload: decodeVerdict(verdict.tail.subarray(0, verdict.length)) ?? { levels: [], disputes: [] },
  }));
  // Decisions depend on levels alone; what is rejected need not be had.
  const asked = payloads.map(({ verdict, payload }) => ({
    ...payload,
    no: verdict.no,
    holdingRight: true,
    prevRight: true,
  }));
  const decisions = decideReports(account.reports, asked, account.setCount);
  const inHour = resourcesIn(snapshot, hour);
  const reports: FetchedReport[] = [];
  for (const report of accounts) {
    const held = asked.some(({ levels }) => levels[report.index] === 1 || levels[report.index] === 2);
    reports.push(
      await fetchReport(deps, snapshot, report, {
        needed: decisions[report.index] !== 'rejected',
        held,
        inHour,
        signal,
      }),
    );
  }
  const reveals: Reveal[] = [];
  for (const { verdict, payload } of payloads) {
    reveals.push({
      ...payload,
      no: verdict.no,
      holdingRight: await holdsAll(verdict, payload.levels, reports),
      prevRight: base === undefined || equalBytes(verdict.prevRoot, base.root),
    });
  }
  const computed = creditHour(
    {
      hourSecs: hourSecs(snapshot.config),
      terms: account,
      reports,
      reveals,
      setCount: account.setCount,
      resourceOf: inHour,
      base:
        baseTable === undefined || base === undefined
          ? undefined
          : { hour: base.hour, table: baseTable.table },
    },
    sha256,
  );
  await deps.store.put('hours', computed.blob);
  return computed;
}

function resourcesIn(snapshot: Snapshot, hour: bigint): (address: string) => ResourceInHour | undefined {
  const accounts = byAddress(snapshot);
  const known = new Map<string, ResourceInHour>();
  return (address) => {
    const account = accounts.get(address);
    if (account === undefined) return undefined;
    const found = known.get(address) ?? resourceIn(account, hour);
    known.set(address, found);
    return found;
  };
}

/**
 * Entries and sessions behind a report. Guards are asked before the edge, which may give one guard what it keeps from
 * another: what a majority judged, a majority has.
 */
async function fetchReport(
  deps: ComputeDeps,
  snapshot: Snapshot,
  report: Found<'report'>,
  about: {
    readonly needed: boolean;
    readonly held: boolean;
    readonly inHour: (address: string) => ResourceInHour | undefined;
    readonly signal: AbortSignal;
  },
): Promise<FetchedReport> {
  const set = await deps.network.guardSet(weekOfHour(snapshot.config, report.hour), snapshot);
  const edge = snapshot.edges.find(({ address }) => address === report.edge);
  const peers = [...otherGuards(snapshot, set, deps.guard.no), ...(edge === undefined ? [] : [edge.control])];
  const exact = entriesLength(report);
  // As a guard that inspects it: more entries than there are resources are no report.
  const possible = report.entryCount <= snapshot.resources.length;
  const blob =
    possible && (about.needed || about.held)
      ? await deps.source.find(
          { kind: 'entries', rootHex: toHex(report.root), exactBytes: exact, signal: about.signal },
          peers,
        )
      : undefined;
  const entries = about.needed && blob !== undefined ? decodeEntries(blob) : undefined;
  const resources = byAddress(snapshot);
  for (const entry of entries ?? []) {
    const held = about.inHour(entry.resource);
    if (entry.sessions === 0 || held?.active !== true || held.vouchingKey === undefined) continue;
    if (deps.sessions.get(report.edge, report.hour, entry.resource) !== undefined) continue;
    const list = await findReceipts(deps, entry, peers, about.signal);
    if (list !== undefined) await verifyInto(deps.sessions, resources, report, entry, list);
  }
  return {
    index: report.index,
    edge: report.edge,
    worth: report.worth,
    bytes: report.bytes,
    entryCount: report.entryCount,
    entries,
    blob,
    sessionsOf(resource) {
      if (about.inHour(resource)?.vouchingKey === undefined) return [];
      return deps.sessions.get(report.edge, report.hour, resource);
    },
  };
}

function findReceipts(
  deps: ComputeDeps,
  entry: Entry,
  peers: readonly string[],
  signal: AbortSignal,
): Promise<Uint8Array | undefined> {
  const exactBytes = receiptsLength(entry);
  return deps.source.find(
    { kind: 'receipts', rootHex: toHex(entry.receiptsRoot), exactBytes, signal },
    peers,
  );
}

/** Whether a guard showed that it held the entries of all reports it judged good. */
async function holdsAll(
  verdict: Found<'verdict'>,
  levels: readonly number[],
  reports: readonly FetchedReport[],
): Promise<boolean> {
  const pieces: Uint8Array[] = [];
  for (const { index, blob } of reports.toSorted((a, b) => a.index - b.index)) {
    if (levels[index] !== 1 && levels[index] !== 2) continue;
    // Nobody has it: it cannot have held it either.
    if (blob === undefined) return false;
    pieces.push(holdingPiece(verdict.guard, blob, sha256));
    await turn();
  }
  return equalBytes(holdingOf(verdict.guard, pieces, sha256), verdict.holding);
}

/** The hour behind a final root, from memory, disk or other guards; computed anew where nobody has its blob. */
export async function loadHour(
  deps: ComputeDeps,
  state: MeterState,
  snapshot: Snapshot,
  account: Found<'hour'>,
  signal: AbortSignal,
): Promise<Hour | undefined> {
  const found = await loadFinal(deps, state, snapshot, account, signal);
  if (found !== undefined) return found;
  const computed = await computeHour(deps, state, snapshot, account, signal);
  return computed !== undefined && equalBytes(computed.root, account.root) ? computed : undefined;
}

/** The hour that another builds on; where all have lost its blob it is computed anew, as far back as need be. */
async function loadBase(
  deps: ComputeDeps,
  state: MeterState,
  snapshot: Snapshot,
  base: FinalHour,
  signal: AbortSignal,
): Promise<Hour | undefined> {
  const found = await loadFinal(deps, state, snapshot, base, signal);
  if (found !== undefined || signal.aborted) return found;
  const account = await deps.client.hour(base.hour);
  return account === null ? undefined : loadHour(deps, state, snapshot, account, signal);
}

async function loadFinal(
  deps: ComputeDeps,
  state: MeterState,
  snapshot: Snapshot,
  final: { readonly hour: bigint; readonly root: Uint8Array },
  signal: AbortSignal,
): Promise<Hour | undefined> {
  const known = state.loaded.get(final.hour) ?? state.computed.get(final.hour)?.hour;
  if (known !== undefined && equalBytes(known.root, final.root)) return known;
  if (equalBytes(final.root, EMPTY_ROOT)) return undefined;
  const set = await deps.network.guardSet(weekOfHour(snapshot.config, final.hour), snapshot);
  const blob = await deps.source.find(
    { kind: 'hours', rootHex: toHex(final.root), signal },
    otherGuards(snapshot, set, deps.guard.no),
  );
  return blob === undefined ? undefined : decodeHour(blob, sha256);
}
