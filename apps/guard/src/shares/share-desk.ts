import type { Found, MediaClient, Signer } from '@media-network/chain';
import { signEvidence } from '@media-network/chain';
import { NODE_STATUS } from '@media-network/chain/schema';
import {
  burstFactor,
  activeIn,
  decodeShareRequest,
  encodeEdgeShares,
  mayBurst,
  projectedBytes,
  monthOfSample,
  quotaBytes,
  recordedMonth,
  sampleAt,
  samplesOfMonth,
  hourAt,
  signEdgeShares,
  verifyShareRequestSignature,
} from '@media-network/protocol';
import type { Periods, RecordedMonth, ResourceShare, ShareRequest } from '@media-network/protocol';
import { byAddress } from '../network.ts';
import type { Network, Snapshot } from '../network.ts';
import { createShareBook } from './share-book.ts';
import type { SampleBudget, ShareTable } from './share-book.ts';

export interface ShareDeskDeps {
  readonly client: Pick<MediaClient, 'ring'>;
  readonly network: Pick<Network, 'snapshot' | 'chainNow'>;
  readonly operator: Signer;
  readonly guard: Pick<Found<'guard'>, 'address'>;
  readonly onFailure: (error: unknown) => void;
  /** For tests of lies: what is signed in place of an edge's share. */
  readonly share?: (share: ResourceShare) => bigint;
}

export type ShareAnswer =
  | { readonly kind: 'shares'; readonly body: Uint8Array }
  | {
      readonly kind: 'refused';
      readonly status: 400 | 403;
      readonly code: string;
      readonly message: string;
    };

/** Divides what resources may be served among their edges, sample by sample (docs/evidence.md, Quota shares). */
export interface ShareDesk {
  answer(request: Uint8Array): Promise<ShareAnswer>;
  /** How a sample of a resource was divided; undefined where it was not, or it is forgotten. */
  table(resource: string, sample: bigint): ShareTable | undefined;
}

/** Seconds by which an edge's clock may differ. */
const MAX_SKEW_SECS = 60n;
/** Resources of which the month so far is kept. */
const MAX_MONTHS = 100_000;
/** Rings that are read at once, 36 KB each, and how long an edge is kept waiting for them; what is not read by then has no share yet. */
const RINGS_AT_ONCE = 32;
const RINGS_WAIT_MS = 1_000;

/** What the chain says of a resource's month, as of an hour recorded. */
interface Held extends RecordedMonth {
  readonly lastHour: bigint;
}

const refused = (status: 400 | 403, code: string, message: string): ShareAnswer => ({
  kind: 'refused',
  status,
  code,
  message,
});

export function createShareDesk(deps: ShareDeskDeps): ShareDesk {
  const { network } = deps;
  const book = createShareBook();
  const months = new Map<string, Held>();
  const reading = new Map<string, Promise<void>>();

  async function readMonth(resource: Found<'resource'>, month: bigint, config: Periods): Promise<void> {
    const { address, quotaKbps, lastHour } = resource;
    try {
      // One without a ring has no sample.
      const ring = (await deps.client.ring(resource.ring)) ?? { head: 0n, tail: [] };
      months.delete(address);
      months.set(address, { ...recordedMonth(config, ring, { month, quotaKbps }), lastHour });
      for (const oldest of months.keys()) {
        if (months.size <= MAX_MONTHS) break;
        months.delete(oldest);
      }
    } catch (error) {
      deps.onFailure(error);
    }
  }

  /** What is known of the month that a sample is of; undefined where nothing is. */
  function heldOf(resource: Found<'resource'>, month: bigint): Held | undefined {
    const held = months.get(resource.address);
    return held?.month === month && held.quotaKbps === resource.quotaKbps ? held : undefined;
  }

  /** Reads the months of resources that something was recorded of since, or that nothing is known of; for a while. */
  async function readMonths(
    resources: readonly Found<'resource'>[],
    month: bigint,
    config: Periods,
  ): Promise<void> {
    const left = resources.filter((each) => heldOf(each, month)?.lastHour !== each.lastHour);
    if (left.length === 0) return;
    const late = new AbortController();
    const worker = async (): Promise<void> => {
      for (let next = left.pop(); next !== undefined && !late.signal.aborted; next = left.pop()) {
        const run = reading.get(next.address) ?? readMonth(next, month, config);
        reading.set(next.address, run);
        await run;
        reading.delete(next.address);
      }
    };
    let timer: NodeJS.Timeout | undefined;
    const patience = new Promise<void>((resolve) => {
      timer = setTimeout(resolve, RINGS_WAIT_MS);
    });
    const workers = Array.from({ length: Math.min(RINGS_AT_ONCE, left.length) }, worker);
    await Promise.race([Promise.all(workers), patience]);
    late.abort();
    clearTimeout(timer);
  }

  /** Undefined where the month so far is not known. What is known may be an hour old: what came since is heard of edges. */
  function budgetOf(
    resource: Found<'resource'>,
    sample: bigint,
    { config }: Pick<Snapshot, 'config'>,
  ): SampleBudget | undefined {
    const month = monthOfSample(config, sample);
    const held = heldOf(resource, month);
    if (held === undefined) return undefined;
    const bytes = quotaBytes(resource.quotaKbps, config.sampleSecs);
    const { begin } = samplesOfMonth(config, month);
    const from = held.head > begin ? held.head : begin;
    const since = book.samplesAbove(resource.address, from, sample, bytes);
    const burst = mayBurst(config, held.above + since);
    return { bytes: burst ? bytes * burstFactor(config) : bytes, burst };
  }

  async function sharesFor(request: ShareRequest, snapshot: Snapshot): Promise<ResourceShare[]> {
    const { config } = snapshot;
    const { edge, sample } = request;
    const now = sampleAt(config, request.unixSecs);
    const elapsed = request.unixSecs - config.epochZero - now * BigInt(config.sampleSecs);
    const hour = hourAt(config, request.unixSecs);
    const index = byAddress(snapshot);
    const served = request.served.flatMap((row) => {
      const resource = index.get(row.resource);
      return resource !== undefined && activeIn(resource, hour) ? [{ row, resource }] : [];
    });
    await readMonths(
      served.map(({ resource }) => resource),
      monthOfSample(config, sample),
      config,
    );
    book.forget(now);
    const shares: ResourceShare[] = [];
    for (const { row, resource } of served) {
      const soFar = projectedBytes(row.soFar, elapsed, BigInt(config.sampleSecs));
      book.hear({ ...row, soFar, edge, sample: now });
      if (book.table(resource.address, sample) === undefined) {
        const budget = budgetOf(resource, sample, snapshot);
        if (budget === undefined) continue;
        book.fix(resource.address, sample, budget);
        if (book.table(resource.address, sample) === undefined) continue;
      }
      const bytes = book.shareOf(resource.address, sample, edge, sample === now ? row.soFar : 0n);
      const share = { resource: row.resource, bytes };
      shares.push({ ...share, bytes: deps.share?.(share) ?? bytes });
    }
    return shares;
  }

  return {
    async answer(data) {
      const request = decodeShareRequest(data);
      if (request === undefined)
        return refused(
          400,
          'guard/bad-request',
          'The body is no request for shares, as docs/evidence.md says.',
        );
      const snapshot = await network.snapshot();
      const edge = snapshot.edges.find(({ address }) => address === request.edge);
      if (edge === undefined || edge.status !== NODE_STATUS.active)
        return refused(403, 'guard/edge-not-active', 'The edge is not active.');
      const skew = request.unixSecs - (await network.chainNow());
      const ahead = request.sample - sampleAt(snapshot.config, request.unixSecs);
      if (skew > MAX_SKEW_SECS || skew < -MAX_SKEW_SECS || ahead < 0n || ahead > 1n)
        return refused(403, 'guard/wrong-time', 'The time of the request is off.');
      if (!(await verifyShareRequestSignature(request, edge.operator)))
        return refused(403, 'guard/bad-signature', "The request is not signed by the edge's operator.");
      const shares = await sharesFor(request, snapshot);
      const { sample } = request;
      const answer = { guard: deps.guard.address, edge: request.edge, sample, shares };
      const signed = await signEdgeShares(answer, (message) => signEvidence(deps.operator, message));
      return { kind: 'shares', body: encodeEdgeShares(signed) };
    },
    table: (resource, sample) => book.table(resource, sample),
  };
}
