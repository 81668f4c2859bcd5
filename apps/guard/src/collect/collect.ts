import type { Found, Signer } from '@media-network/chain';
import { signEvidence } from '@media-network/chain';
import { NODE_STATUS } from '@media-network/chain/schema';
import {
  COMMIT_BYTES,
  decodeCommit,
  encodeCommitRequest,
  hourAt,
  hourSecs,
  hourStart,
  signCommitRequest,
  weekOfHour,
} from '@media-network/protocol';
import type { Clock, RoundResult } from '@media-network/runtime';
import type { Counts } from '../counts.ts';
import type { PeerFetch } from '../evidence/peer-fetch.ts';
import type { Moments } from '../moments.ts';
import type { Network } from '../network.ts';
import { createSlots } from '../slots.ts';
import type { HourBook } from '../state/hour-book.ts';
import { afterRefusal, drawAsks, dueAsk, putOff } from './ask-times.ts';
import type { AskPlan } from './ask-times.ts';
import type { CommitIntake } from './commit-intake.ts';

export interface CollectDeps {
  readonly network: Network;
  readonly operator: Signer;
  readonly guard: Found<'guard'>;
  readonly fetch: PeerFetch;
  readonly intake: CommitIntake;
  readonly book: HourBook;
  readonly moments: Moments;
  readonly counts: Counts;
  readonly clock: Clock;
  readonly random: () => number;
  readonly onFailure: (error: unknown) => void;
}

/** Asks under way at the same time. */
const PARALLEL = 64;
const ASK_MS = 10_000;
/** Part of an hour that lies between a probe and an ask: a minute of a real one. */
export const APART: number = 1 / 60;

export interface Collect {
  round(signal: AbortSignal): Promise<RoundResult>;
  close(): Promise<void>;
}

/** The duty that asks edges for their counters, about twice an hour each, at moments that nobody can foresee. */
export function createCollect(deps: CollectDeps): Collect {
  const { network, book, random } = deps;
  const slots = createSlots(PARALLEL, deps.onFailure);
  const plans = new Map<string, { readonly hour: bigint; readonly plan: AskPlan }>();

  async function ask(edge: Found<'edge'>, hour: bigint, part: number, signal: AbortSignal): Promise<void> {
    deps.moments.mark(edge.address, 'ask', deps.clock.nowMs());
    const request = await signCommitRequest(
      { guard: deps.guard.address, unixSecs: await network.chainNow() },
      (message) => signEvidence(deps.operator, message),
    );
    const answer = await deps.fetch.post(edge.control, '/v1/commit', encodeCommitRequest(request), {
      maxBytes: COMMIT_BYTES,
      timeoutMs: ASK_MS,
      signal,
    });
    if (signal.aborted) return;
    const commit = answer?.status === 200 ? decodeCommit(answer.body) : undefined;
    // Clocks differ: what is asked at the turn of an hour may belong to either.
    const near = commit !== undefined && commit.hour >= hour - 1n && commit.hour <= hour + 1n;
    const answered = near && (await deps.intake.take(commit, edge));
    book.addAsk(edge.address, hour, answered);
    deps.counts.add('commits', answered ? 1 : 0);
    const entry = plans.get(edge.address);
    if (!answered && entry?.hour === hour)
      plans.set(edge.address, { hour, plan: afterRefusal(entry.plan, part, random) });
  }

  return {
    async round(signal) {
      const snapshot = await network.snapshot();
      const { config } = snapshot;
      const now = await network.chainNowMs();
      const hour = hourAt(config, BigInt(Math.floor(now / 1_000)));
      const set = await network.guardSet(weekOfHour(config, hour), snapshot);
      // Edges answer guards of the week's set alone.
      if (!set.usable || !set.numbers.includes(deps.guard.no)) return 'idle';
      const hourMs = Number(hourSecs(config)) * 1_000;
      const part = (now - Number(hourStart(config, hour)) * 1_000) / hourMs;
      for (const edge of snapshot.edges) {
        if (signal.aborted) break;
        if (edge.status !== NODE_STATUS.active || slots.has(edge.address) || slots.free === 0) continue;
        const entry = plans.get(edge.address);
        // What would have been before the guard looked is past.
        const plan =
          entry?.hour === hour ? entry.plan : dueAsk(drawAsks(random), entry === undefined ? part : 0).rest;
        const { due, rest } = dueAsk(plan, part);
        const waitMs = due ? deps.moments.wait(edge.address, 'ask', deps.clock.nowMs(), APART * hourMs) : 0;
        plans.set(edge.address, { hour, plan: waitMs > 0 ? putOff(rest, part + waitMs / hourMs) : rest });
        if (due && waitMs === 0 && deps.fetch.mayAsk(edge.control))
          slots.start(edge.address, (ending) => ask(edge, hour, part, ending));
      }
      for (const address of plans.keys())
        if (!snapshot.edges.some((edge) => edge.address === address)) plans.delete(address);
      return (await slots.rest(1_000)) ? 'busy' : 'idle';
    },
    close: () => slots.close(),
  };
}
