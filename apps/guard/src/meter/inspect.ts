import type { Found } from '@media-network/chain';
import {
  decodeCounter,
  decodeEntries,
  fromHex,
  toHex,
  utf8Text,
  verifyCounterSignature,
  weekOfHour,
} from '@media-network/protocol';
import type { Counter } from '@media-network/protocol';
import type { Periods } from '@media-network/protocol';
import { NODE_STATUS, RESOURCE_STATUS } from '@media-network/chain/schema';
import { sha256 } from '../evidence-store.ts';
import type { EvidenceSource, SearchLimits } from '../evidence-source.ts';
import type { GuardSetFacts, Network, Snapshot } from '../network.ts';
import type { PeerFetch } from '../peer-fetch.ts';
import type { ProbeBook } from '../probe/probe-book.ts';
import { judgeReport } from './verdict.ts';
import type { Verdict } from './verdict.ts';

export interface InspectDeps {
  readonly network: Network;
  readonly source: EvidenceSource;
  readonly fetch: PeerFetch;
  readonly probes: ProbeBook;
  readonly guardNo: number;
}

/** Guards asked beyond those of the set. */
const MAX_OTHERS = 21;

/** Base URLs of the other guards, where evidence may be: those of the set, then others, who keep it too. */
export function otherGuards(snapshot: Snapshot, set: GuardSetFacts, guardNo: number): readonly string[] {
  const others = snapshot.guards.filter(({ no }) => no !== guardNo);
  const members = others.filter(({ no }) => set.numbers.includes(no));
  const rest = others.filter(({ no, status }) => !set.numbers.includes(no) && status === NODE_STATUS.active);
  return [...members, ...rest.slice(0, MAX_OTHERS)].map(({ endpoint }) => endpoint);
}

/** Bytes of evidence read for one report, so that an edge cannot fill the guard's memory. */
const MAX_EVIDENCE_BYTES = 128 * 2 ** 20;

/**
 * Milliseconds for what is asked of others about one report: a quarter of the time for verdicts, at most a minute.
 * An edge that answers slowly, or names very much evidence, must not hold up the reports of others.
 */
export function inspectionMs(periods: Periods): number {
  return Math.min(60_000, Math.max(2_000, periods.verdictSlots * periods.sampleSecs * 250));
}

/** Fetches what is behind a report and judges it. */
export async function inspectReport(
  deps: InspectDeps,
  report: Found<'report'>,
  snapshot: Snapshot,
): Promise<Verdict> {
  const { network, source, probes, guardNo } = deps;
  const edge = snapshot.edges.find(({ address }) => address === report.edge);
  if (edge === undefined) return { kind: 'waiting', words: 'the edge of the report is not on chain' };
  const set = await network.guardSet(weekOfHour(snapshot.config, report.hour), snapshot);
  const guards = otherGuards(snapshot, set, guardNo);
  const peers = [edge.control, ...guards];
  const limits: SearchLimits = {
    signal: AbortSignal.timeout(inspectionMs(snapshot.config)),
    bytesLeft: MAX_EVIDENCE_BYTES,
  };

  const entries = await source.find('entries', toHex(report.root), peers, limits);
  const decoded = (entries === undefined ? undefined : decodeEntries(entries)) ?? [];
  const receipts = new Map<string, Uint8Array>();
  for (const entry of decoded) {
    const rootHex = toHex(entry.receiptsRoot);
    const list = await source.find('receipts', rootHex, peers, limits);
    // One that is missing decides nothing yet: the rest need not be fetched.
    if (list === undefined) break;
    receipts.set(rootHex, list);
  }
  const own = probes.of(edge.address, report.hour);
  const claimed = await Promise.all([
    ...guards.map((guard) => countersFrom(deps.fetch, guard, report, limits.signal)),
    ...[...new Set(own.counters.map(({ resource }) => resource))].map((resource) =>
      counterOf(deps.fetch, edge.control, resource, limits.signal),
    ),
  ]);
  const counters = [...own.counters, ...(await verified(claimed.flat(), edge))];

  const resources = new Map<string, Found<'resource'>>(
    snapshot.resources.map((each) => [each.address, each]),
  );
  const verdict = await judgeReport(
    {
      report,
      entries,
      receiptsOf: (rootHex) => receipts.get(rootHex),
      resourceOf(address) {
        const resource = resources.get(address);
        if (resource === undefined) return undefined;
        const removed =
          resource.status === RESOURCE_STATUS.removed || resource.status === RESOURCE_STATUS.released;
        return {
          draft: resource.status === RESOURCE_STATUS.draft,
          removedHour: removed ? resource.removedHour : undefined,
        };
      },
      operatorsOf: (no) => (set.numbers.includes(no) ? network.operatorsOf(no) : undefined),
      counters,
      sha256,
    },
    own,
  );
  // Digest lists decide nothing yet; they are kept for those who audit.
  for (const entry of decoded) await source.find('digests', toHex(entry.digestRoot), [edge.control], limits);
  return verdict;
}

/** Counters of one edge whose signature holds. */
async function verified(counters: readonly Counter[], edge: Found<'edge'>): Promise<readonly Counter[]> {
  const own = counters.filter((counter) => counter.edge === edge.address);
  const good = await Promise.all(own.map((counter) => verifyCounterSignature(counter, edge.operator)));
  return own.filter((_, i) => good[i] === true);
}

/** A counter as an edge signs it now; not verified. */
export async function counterOf(
  fetch: PeerFetch,
  control: string,
  resource: string,
  signal?: AbortSignal,
): Promise<readonly Counter[]> {
  const answer = await fetch.get(control, `/v1/counters/${resource}`, 4_096, signal);
  const counter = answer?.status === 200 ? decodeCounter(answer.body) : undefined;
  return counter === undefined ? [] : [counter];
}

/** Counters that another guard collected, as it shows them with its verdicts; not verified. */
async function countersFrom(
  fetch: PeerFetch,
  guard: string,
  { hour, edge }: Found<'report'>,
  signal: AbortSignal,
): Promise<readonly Counter[]> {
  const answer = await fetch.get(guard, `/v1/verdicts?hour=${hour}&edge=${edge}`, 4 * 2 ** 20, signal);
  const text = answer?.status === 200 ? utf8Text(answer.body) : undefined;
  if (text === undefined) return [];
  try {
    const parsed: unknown = JSON.parse(text);
    if (
      typeof parsed !== 'object' ||
      parsed === null ||
      !('counters' in parsed) ||
      !Array.isArray(parsed.counters)
    )
      return [];
    return parsed.counters.flatMap((hex: unknown) => {
      const bytes = typeof hex === 'string' ? fromHex(hex) : undefined;
      return (bytes === undefined ? undefined : decodeCounter(bytes)) ?? [];
    });
  } catch {
    return [];
  }
}
