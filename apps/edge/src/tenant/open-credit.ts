import {
  MAX_HOUR_BLOB_BYTES,
  activeIn,
  openAllowance,
  termsOf,
  yieldCapBytes,
} from '@media-network/protocol';
import { createRepeatingTask } from '@media-network/runtime';
import type { Clock, Log, RepeatingTask, RoundResult } from '@media-network/runtime';
import type { EdgeChain, FinalHour, ResourceView } from '../chain/edge-chain.ts';
import { hourAt, hourEndMs, weekOf } from '../chain/periods.ts';
import { SAMPLES } from '../journal/ledger.ts';
import type { Ledger } from '../journal/ledger.ts';
import { askGuard } from '../ask-node.ts';
import type { OpenTerms } from '../report/report-builder.ts';
import { readHistoryAside } from './history.ts';
import type { Weight } from './history.ts';
import { inRandomOrder } from './random-order.ts';
import type { Tenant } from './tenant-book.ts';

export interface OpenCreditDeps {
  readonly chain: EdgeChain;
  readonly ledger: Pick<Ledger, 'bytesInHour' | 'signedInHour' | 'hour'>;
  readonly clock: Clock;
  readonly log: Log;
  readonly random: () => number;
  readonly fetch: typeof globalThis.fetch;
}

export interface OpenCreditOptions {
  /** `serve`: viewers without a token are served though nobody will pay for it. */
  readonly pastCredit: 'stop' | 'serve';
  /** Bytes an hour and resource that are served beyond its credit; over all resources 64 times as much. */
  readonly slackBytes: number;
}

/**
 * How far open bytes (those that no token vouches for) are paid: the rule of docs/evidence.md as far as an edge
 * can know it before the hour is over. Where it ends an edge may stop, and says so.
 */
export interface OpenCredit {
  /** Seconds until there is credit again; 0 while there is some. */
  waitSeconds(tenant: Tenant): number;
  /** Bytes until there is none. */
  roomBytes(tenant: Tenant): number;
  readonly stats: OpenCreditStats;
  /** What the report of an hour may ask for: by the stake's worth of this moment, as the program takes it. */
  termsOf(hour: number): Promise<OpenTerms>;
  /** Reads the history and the stakes that decide the share. */
  readonly task: RepeatingTask;
}

export interface OpenCreditStats {
  /** Open bytes of this hour so far. */
  readonly openBytes: number;
  /** Most open bytes that this hour pays for on this edge's stake. */
  readonly capBytes: number;
  /** Open bytes of this hour that nobody will pay for, as far as we can know. */
  readonly unpaidBytes: number;
}

const GUARD_TIMEOUT_MS = 10_000;
/** Resources whose slack may be used at once, in an hour. */
const SLACK_RESOURCES = 64;
const SUM_EVERY_MS = 1_000;
const MAX_WAIT_SECONDS = 600;

export function createOpenCredit(deps: OpenCreditDeps, options: OpenCreditOptions): OpenCredit {
  const { chain, ledger, log } = deps;
  let weights: ReadonlyMap<string, Weight> = new Map();
  let read: FinalHour | undefined;
  let worth = { own: 0n, all: 0n };
  let capBytes = Number.POSITIVE_INFINITY;
  let sums = { hour: -1, at: 0, open: 0, unpaid: 0 };
  let lookedAt: number | undefined;
  /** The same for every request of an hour until the task has read anew. */
  const limits = new Map<string, number>();
  let limitsHour = -1;

  function limitOf(view: ResourceView, hour: number): number {
    if (limitsHour !== hour) {
      limits.clear();
      limitsHour = hour;
    }
    const known = limits.get(view.key);
    if (known !== undefined) return known;
    const at = BigInt(hour);
    const allowance = activeIn(view, at) ? termsOf(view, at).allowance : 0n;
    const weight = weights.get(view.address);
    const limit = Number(
      openAllowance({
        allowance,
        vouchedHere: weight?.here ?? 0n,
        vouchedAll: weight?.all ?? 0n,
        // Who else will report the resource is not known yet: all edges is the least that this one can get.
        worthHere: worth.own,
        worthAll: worth.all,
      }),
    );
    limits.set(view.key, limit);
    return limit;
  }

  /** In an hour that is not billed nobody pays for vouched bytes either: they count as open ones. */
  function openOf(view: ResourceView | undefined, key: string, hour: number): number {
    const billed = view !== undefined && activeIn(view, BigInt(hour));
    return Math.max(0, ledger.bytesInHour(key, hour) - (billed ? ledger.signedInHour(key, hour) : 0));
  }

  function sumUp(hour: number): void {
    const now = deps.clock.nowMs();
    let open = 0;
    let unpaid = 0;
    for (const key of ledger.hour(hour)?.samples.keys() ?? []) {
      const view = chain.resources().get(key);
      const bytes = openOf(view, key, hour);
      open += bytes;
      unpaid += Math.max(0, bytes - (view === undefined ? 0 : limitOf(view, hour)));
    }
    sums = { hour, at: now, open, unpaid: Math.max(unpaid, open - capBytes) };
  }

  /** Over all resources once in a while is enough: every request would pay for it. */
  function sumUpAtTimes(hour: number): void {
    if (sums.hour !== hour || Math.abs(deps.clock.nowMs() - sums.at) >= SUM_EVERY_MS) sumUp(hour);
  }

  async function readWeights(final: FinalHour): Promise<void> {
    const said: string[] = [];
    for (const guard of inRandomOrder(chain.guards(), deps.random)) {
      const answer = await askGuard(deps.fetch, guard, {
        path: `/v1/hours/${final.root}`,
        maxBytes: MAX_HOUR_BLOB_BYTES,
        timeoutMs: GUARD_TIMEOUT_MS,
      });
      if (answer.kind === 'none') {
        said.push(answer.why);
        continue;
      }
      const history = await readHistoryAside({ blob: answer.body, edge: chain.edge });
      if (history === undefined || Buffer.from(history.root).toString('hex') !== final.root) {
        said.push(`guard ${guard.no} gave an hour with another root`);
        continue;
      }
      weights = history.weights;
      read = final;
      return;
    }
    // The history of an older hour is as good a guess, and the next round asks again.
    log.debug({ hour: final.hour, why: said.join('; ') }, 'no guard gives the history of credit');
  }

  async function termsOfHour(hour: number): Promise<OpenTerms> {
    const terms = await chain.creditTerms(weekOf(chain.periods, hour));
    const hourSecs = BigInt(SAMPLES * chain.periods.sampleSecs);
    return {
      capBytes: yieldCapBytes(terms, await chain.reportWorth(), hourSecs),
      likelyOf(key) {
        const view = chain.resources().get(key);
        return view === undefined ? 0n : BigInt(limitOf(view, hour));
      },
    };
  }

  async function round(): Promise<RoundResult> {
    // Asked again in the same instant, by a clock that stands still: there is nothing worth another look.
    if (deps.clock.nowMs() === lookedAt) return 'idle';
    lookedAt = deps.clock.nowMs();
    const hour = hourAt(chain.periods, chain.nowMs());
    const week = weekOf(chain.periods, hour);
    worth = await chain.worths();
    const hourSecs = BigInt(SAMPLES * chain.periods.sampleSecs);
    const cap = yieldCapBytes(await chain.creditTerms(week), worth.own, hourSecs);
    capBytes = cap === undefined ? Number.POSITIVE_INFINITY : Number(cap);
    const final = await chain.lastFinalHour();
    if (final !== undefined && final.root !== read?.root) await readWeights(final);
    limits.clear();
    return 'idle';
  }

  const task = createRepeatingTask(
    round,
    { clock: deps.clock, log },
    {
      name: 'open-credit',
      intervalMs: Math.min(60_000, chain.periods.sampleSecs * 2_000),
      maxBackoffMs: 60_000,
    },
  );

  return {
    task,
    termsOf: termsOfHour,
    waitSeconds(tenant) {
      if (options.pastCredit === 'serve') return 0;
      const now = chain.nowMs();
      const hour = hourAt(chain.periods, now);
      sumUpAtTimes(hour);
      const all = SLACK_RESOURCES * options.slackBytes;
      const within =
        openOf(tenant.view, tenant.key, hour) < limitOf(tenant.view, hour) + options.slackBytes &&
        sums.unpaid <= all;
      if (within) return 0;
      const left = Math.ceil((hourEndMs(chain.periods, hour) - now) / 1000);
      return Math.max(1, Math.min(MAX_WAIT_SECONDS, left));
    },
    roomBytes(tenant) {
      if (options.pastCredit === 'serve') return Number.POSITIVE_INFINITY;
      const hour = hourAt(chain.periods, chain.nowMs());
      sumUpAtTimes(hour);
      const ofTenant =
        limitOf(tenant.view, hour) + options.slackBytes - openOf(tenant.view, tenant.key, hour);
      return Math.max(0, Math.min(ofTenant, SLACK_RESOURCES * options.slackBytes - sums.unpaid));
    },
    get stats() {
      sumUp(hourAt(chain.periods, chain.nowMs()));
      return { openBytes: sums.open, capBytes, unpaidBytes: sums.unpaid };
    },
  };
}
