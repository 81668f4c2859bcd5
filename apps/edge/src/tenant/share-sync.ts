import {
  MAX_SHARES_BYTES,
  MAX_SHARE_ROWS,
  agreedShare,
  decodeEdgeShares,
  encodeShareRequest,
  signShareRequest,
  verifyEdgeSharesSignature,
} from '@media-network/protocol';
import type { EdgeShares, ServedLately, SignBytes } from '@media-network/protocol';
import { createRepeatingTask } from '@media-network/runtime';
import type { Clock, Log, RepeatingTask, RoundResult } from '@media-network/runtime';
import { askGuard } from '../ask-node.ts';
import type { EdgeChain, GuardView } from '../chain/edge-chain.ts';
import type { Moments } from '../chain/moments.ts';
import { sampleStartMs, weekOf } from '../chain/periods.ts';
import type { Ledger } from '../journal/ledger.ts';
import type { Tenant, TenantBook } from './tenant-book.ts';

export interface ShareSyncDeps {
  readonly chain: Pick<EdgeChain, 'guards' | 'setOfWeek' | 'edge' | 'periods'>;
  readonly tenants: Pick<TenantBook, 'byKey'>;
  readonly ledger: Pick<Ledger, 'hour' | 'bytesInSample'>;
  readonly moments: Moments;
  readonly sign: SignBytes;
  readonly fetch: typeof globalThis.fetch;
  readonly clock: Clock;
  readonly log: Log;
  readonly random: () => number;
}

/**
 * Learns from guards how far each resource may be served here (docs/evidence.md, Quota shares). In the middle of each sample it tells them
 * what it serves, towards the end it asks about the next one; and at once about what somebody asks for of which nothing is known yet, or
 * hardly anything is left.
 */
export interface ShareSync {
  /** Of a resource that is served, by its key: guards are to be asked about this sample now. */
  want(key: string): void;
  readonly task: RepeatingTask;
}

const GUARD_TIMEOUT_MS = 2_000;
/** A guard that did not answer is left alone so long: what is wanted at once must not wait for it again and again. */
const DEAF_MS = 10_000;
/** Parts of a sample between which guards are told what is served, and then, when all edges have told them, are asked about the next. */
const TELL = { from: 0.4, until: 0.6 } as const;
const ASK = { from: 0.65, until: 0.9 } as const;
const SAMPLES = 12;

export function createShareSync(deps: ShareSyncDeps): ShareSync {
  const { chain, ledger, moments } = deps;
  const sampleMs = chain.periods.sampleSecs * 1_000;
  const wanted = new Set<string>();
  /** What guards have said of a sample, by sample, resource and guard. */
  const said = new Map<number, Map<string, Map<number, bigint>>>();
  /** Of these too few have said anything yet when they were asked about this sample; asked again after a while. */
  let open = { sample: -1, keys: new Set<string>(), askAtMs: 0 };
  /** When guards are told and asked in this sample, as parts of it; undefined when it is done. */
  let plan: { readonly sample: number; tellAt: number | undefined; askAt: number | undefined } = {
    sample: -1,
    tellAt: undefined,
    askAt: undefined,
  };
  /** Until when, by our clock, guards are not asked, by their number. */
  const deafUntil = new Map<number, number>();

  /** Resources with traffic in a sample or the one before, those with most of it first. */
  function servedLately(sample: number): string[] {
    const bytes = new Map<string, number>();
    for (const each of [sample - 1, sample])
      for (const [key, slots] of ledger.hour(Math.floor(each / SAMPLES))?.samples ?? [])
        if ((slots[each % SAMPLES] ?? 0) > 0)
          bytes.set(key, (bytes.get(key) ?? 0) + (slots[each % SAMPLES] ?? 0));
    return [...bytes].sort(([, a], [, b]) => b - a).map(([key]) => key);
  }

  /**
   * The guards whose word counts: those of the week's set, all active ones while there is none. One of the set that is not active any
   * more says nothing, and is counted all the same.
   */
  async function electors(
    hour: number,
  ): Promise<{ readonly guards: readonly GuardView[]; readonly count: number }> {
    const guards = chain.guards();
    const set = await chain.setOfWeek(weekOf(chain.periods, hour));
    if (set.size === 0) return { guards, count: guards.length };
    const numbers = new Set([...set.values()].map(({ no }) => no));
    return { guards: guards.filter(({ no }) => numbers.has(no)), count: set.size };
  }

  /** Whether enough guards have said how far a resource may be served in a sample. */
  const isAgreed = (sample: number, key: string, count: number): boolean =>
    agreedShare([...(said.get(sample)?.get(key)?.values() ?? [])], count) !== undefined;

  function hear(guard: GuardView, answer: EdgeShares, about: readonly Tenant[], count: number): void {
    const sample = Number(answer.sample);
    const asked = new Map(about.map((tenant) => [String(tenant.view.address), tenant]));
    const bySample = said.get(sample) ?? new Map<string, Map<number, bigint>>();
    said.set(sample, bySample);
    const { chainMs } = moments();
    for (const { resource, bytes } of answer.shares) {
      const tenant = asked.get(resource);
      if (tenant === undefined) continue;
      const byGuard = bySample.get(tenant.key) ?? new Map<number, bigint>();
      bySample.set(tenant.key, byGuard.set(guard.no, bytes));
      const agreed = agreedShare([...byGuard.values()], count);
      if (agreed === undefined) continue;
      // The sample before has to end here first, whether or not anybody asks.
      tenant.share.roomBytes(chainMs);
      tenant.share.grant(sample, Number(agreed));
    }
  }

  async function askOne(
    guard: GuardView,
    body: Uint8Array,
    {
      about,
      sample,
      count,
    }: { readonly about: readonly Tenant[]; readonly sample: number; readonly count: number },
  ): Promise<boolean> {
    const answer = await askGuard(deps.fetch, guard, {
      path: '/v1/shares',
      body,
      maxBytes: MAX_SHARES_BYTES,
      timeoutMs: GUARD_TIMEOUT_MS,
    });
    if (answer.kind === 'none') {
      deafUntil.set(guard.no, deps.clock.nowMs() + DEAF_MS);
      return false;
    }
    const shares = decodeEdgeShares(answer.body);
    const isGood =
      shares !== undefined &&
      shares.edge === chain.edge &&
      shares.sample === BigInt(sample) &&
      (await verifyEdgeSharesSignature(shares, guard.operator));
    if (!isGood) return false;
    hear(guard, shares, about, count);
    return true;
  }

  /** Asks all guards about a sample; true where one has answered. */
  async function ask(sample: number, keys: readonly string[]): Promise<boolean> {
    const about = keys
      .slice(0, MAX_SHARE_ROWS)
      .map((key) => deps.tenants.byKey(key))
      .filter((tenant) => tenant !== undefined);
    if (about.length === 0) return false;
    const now = moments();
    const { guards: all, count } = await electors(now.hour);
    const guards = all.filter(({ no }) => deps.clock.nowMs() >= (deafUntil.get(no) ?? 0));
    if (guards.length === 0) return false;
    const served = about.map(({ key, view }): ServedLately => ({
      resource: view.address,
      before: BigInt(ledger.bytesInSample(key, now.sample - 1)),
      soFar: BigInt(ledger.bytesInSample(key, now.sample)),
    }));
    const request = await signShareRequest(
      {
        edge: chain.edge,
        sample: BigInt(sample),
        unixSecs: BigInt(Math.floor(now.chainMs / 1_000)),
        served,
      },
      deps.sign,
    );
    const body = encodeShareRequest(request);
    const heard = await Promise.all(guards.map((guard) => askOne(guard, body, { about, sample, count })));
    return heard.includes(true);
  }

  async function askAboutAll(about: number): Promise<boolean> {
    const keys = servedLately(moments().sample);
    let heard = false;
    for (let i = 0; i < keys.length; i += MAX_SHARE_ROWS)
      heard = (await ask(about, keys.slice(i, i + MAX_SHARE_ROWS))) || heard;
    return heard;
  }

  const drawFrom = ({ from, until }: { readonly from: number; readonly until: number }): number =>
    from + deps.random() * (until - from);

  /** What is wanted at once, and what nobody has answered yet. */
  async function askNow(sample: number, hour: number): Promise<boolean> {
    if (open.sample !== sample) open = { sample, keys: new Set(), askAtMs: 0 };
    const again = deps.clock.nowMs() >= open.askAtMs ? open.keys : [];
    const keys = [...new Set([...wanted, ...again])].slice(0, MAX_SHARE_ROWS);
    if (keys.length === 0) return false;
    for (const key of keys) wanted.delete(key);
    const heard = await ask(sample, keys);
    const { count } = await electors(hour);
    for (const key of keys)
      if (isAgreed(sample, key, count)) open.keys.delete(key);
      else open.keys.add(key);
    open.askAtMs = deps.clock.nowMs() + DEAF_MS;
    return heard;
  }

  async function round(): Promise<RoundResult> {
    const { sample, hour, chainMs } = moments();
    for (const old of said.keys()) if (old < sample) said.delete(old);
    let heard = await askNow(sample, hour);
    if (plan.sample !== sample) plan = { sample, tellAt: drawFrom(TELL), askAt: drawFrom(ASK) };
    const passed = (chainMs - sampleStartMs(chain.periods, sample)) / sampleMs;
    if (plan.tellAt !== undefined && passed >= plan.tellAt) {
      plan.tellAt = undefined;
      heard = (await askAboutAll(sample)) || heard;
    }
    if (plan.askAt !== undefined && passed >= plan.askAt) {
      plan.askAt = undefined;
      heard = (await askAboutAll(sample + 1)) || heard;
    }
    return heard || wanted.size > 0 ? 'busy' : 'idle';
  }

  const task = createRepeatingTask(
    round,
    { clock: deps.clock, log: deps.log },
    // What is wanted at once ends the pause; asking in one breath for many is one request.
    { name: 'shares', intervalMs: Math.max(100, Math.min(2_000, sampleMs / 100)) },
  );

  return {
    want(key) {
      wanted.add(key);
      task.poke();
    },
    task,
  };
}
