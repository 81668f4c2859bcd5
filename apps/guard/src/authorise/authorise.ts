import type { Found, MediaClient, Signer } from '@media-network/chain';
import { averagePrice, quotaOf, worthOf } from '@media-network/chain/model';
import { RESOURCE_STATUS } from '@media-network/chain/schema';
import { hourAt, sampleAt, weekAt } from '@media-network/protocol';
import { errorCode } from '@media-network/runtime';
import type { Clock, Log, RoundResult } from '@media-network/runtime';
import type { ActionRunner } from '../actions.ts';
import type { Counts } from '../counts.ts';
import type { Denials } from '../denials.ts';
import { byAddress } from '../network.ts';
import type { Network, Snapshot } from '../network.ts';
import type { OriginFetch } from '../probe/origin-fetch.ts';
import { placeOf } from '../duty.ts';
import { drawHead } from '../probe/profiles.ts';
import { planAuthorise } from './plan-authorise.ts';
import type { AuthoriseAction, AuthoriseFacts } from './plan-authorise.ts';
import { createQuotaHours } from './quota-hours.ts';
import type { SettingsReader } from './settings-reader.ts';
import { sendVotes } from './vote-batches.ts';
import type { Vote } from './vote-batches.ts';

export interface AuthoriseDeps {
  readonly client: MediaClient;
  readonly network: Network;
  readonly settings: SettingsReader;
  readonly denials: Denials;
  readonly origin: OriginFetch;
  readonly runner: ActionRunner;
  readonly operator: Signer;
  readonly guard: Found<'guard'>;
  readonly counts: Counts;
  readonly random: () => number;
  readonly clock: Clock;
  readonly log: Log;
}

/** What was seen of a pending resource, by the version of its settings. */
export interface Sight {
  readonly version: number;
  readonly readable: boolean;
  readonly originAnswers: boolean;
  /** What stands against it, in words that do not tell the origin; undefined when nothing does. */
  readonly why: string | undefined;
  readonly atMs: number;
  /** Since when that has stood against it. */
  readonly sinceMs: number;
  /** Until the next look, when something was amiss. */
  readonly againMs: number;
}

/** An address that is not set. */
const NO_RING = '11111111111111111111111111111111';
/** How long a look that found something amiss holds before the next; doubles while it stays so. */
const LOOK_AGAIN_MS = 2_000;
const MAX_LOOK_AGAIN_MS = 60_000;
/** Of an origin's answer that is read. */
const LOOK_BYTES = 65_536;
/** Looks at origins side by side: one that does not answer must not keep the others waiting. */
const PARALLEL_LOOKS = 16;
/** Looks of a round: what has been looked at is voted for before the rest is. */
const MOST_LOOKS = 256;

const voteKey = ({ address }: Found<'resource'>): string => `authorise ${address}`;

/** The duty that lets resources onto the network and keeps their quota in step with their stake. */
export interface Authorise {
  round(signal: AbortSignal): Promise<RoundResult>;
  /** What was seen last of a resource that is not authorised. */
  sightOf(resource: string): Sight | undefined;
}

export function createAuthorise(deps: AuthoriseDeps): Authorise {
  const { client, network, operator, clock, log } = deps;
  const sights = new Map<string, Sight>();
  const quotaHours = createQuotaHours();

  async function look(resource: Found<'resource'>): Promise<boolean> {
    const found = await deps.settings.read(resource);
    let failure: string | undefined;
    const answer =
      found === undefined
        ? undefined
        : await deps.origin
            .get(found.settings, found.settings.probe[0] ?? '/', {
              headers: [...drawHead(deps.random).headers, ['Range', 'bytes=0-1']],
              maxBytes: LOOK_BYTES,
            })
            .catch((error: unknown) => {
              failure = failureWords(error);
              return undefined;
            });
    // A server that answers at all is there; what it says of the target is between it and its viewers.
    const originAnswers = answer !== undefined && answer.status < 500;
    const before = sights.get(resource.address);
    const amiss = before?.version === resource.settingsVersion && !before.originAnswers;
    const why =
      found === undefined
        ? 'its settings cannot be decrypted by this guard'
        : originAnswers
          ? undefined
          : `its origin does not answer: ${answer === undefined ? failure : `status ${answer.status}`}`;
    const now = clock.nowMs();
    const sight = {
      version: resource.settingsVersion,
      readable: found !== undefined,
      originAnswers,
      why,
      atMs: now,
      sinceMs: amiss && before.why === why ? before.sinceMs : now,
      againMs: amiss ? Math.min(2 * before.againMs, MAX_LOOK_AGAIN_MS) : LOOK_AGAIN_MS,
    };
    if (before?.originAnswers !== originAnswers && !originAnswers) {
      log.warn({ resource: resource.address, why }, 'resource not authorised');
    }
    sights.set(resource.address, sight);
    return originAnswers;
  }

  function factsOf(
    resource: Found<'resource'>,
    { config, now }: Snapshot,
    worthIn: (pool: string, lp: bigint) => bigint,
  ): AuthoriseFacts {
    const worth = worthIn(resource.pool, resource.lp);
    const sight = sights.get(resource.address);
    const good = sight?.readable === true && sight.originAnswers;
    const holds =
      sight !== undefined &&
      sight.version === resource.settingsVersion &&
      (good || clock.nowMs() - sight.atMs < sight.againMs);
    const votes =
      resource.authWeek === weekAt(config, now) ? resource.authVotes.slice(0, resource.authCount) : [];
    return {
      address: resource.address,
      status: resource.status,
      hasRing: resource.ring !== NO_RING,
      worth,
      voted: votes.includes(deps.guard.no),
      readable: holds ? sight.readable : undefined,
      originAnswers: holds ? sight.originAnswers : undefined,
      due: resource.weeks.reduce((sum, week) => sum + week.due, 0n),
      debt: resource.debt,
      quotaKbps: resource.quotaKbps,
      expectedKbps: quotaOf(worth, config.quotaKbpsPerMedia),
      changedThisHour: quotaHours.hasChangedIn(resource.address, hourAt(config, now)),
    };
  }

  async function refreshQuota({ address, pool }: Found<'resource'>): Promise<boolean> {
    const instruction = await client.instructions.refreshQuota({ pool, resource: address });
    await client.send([instruction], { payer: operator });
    network.invalidate([address]);
    deps.counts.add('refreshed');
    return true;
  }

  /** Votes for all of these, many to a transaction; whether any has landed. */
  async function vote(
    resources: readonly Found<'resource'>[],
    week: bigint,
    signal: AbortSignal,
  ): Promise<boolean> {
    let landed = false;
    const votes: Vote<Found<'resource'>>[] = [];
    for (const resource of resources) {
      const { address, pool, settingsVersion } = resource;
      const instruction = await client.instructions.authorise({
        operator,
        guard: deps.guard.address,
        pool,
        resource: address,
        week,
        settingsVersion: sights.get(address)?.version ?? settingsVersion,
      });
      votes.push({ of: resource, instruction });
    }
    await sendVotes(
      {
        client,
        operator,
        onDone(done) {
          landed = true;
          network.invalidate(done.map(({ address }) => address));
          for (const resource of done) {
            deps.counts.add('authorised');
            deps.runner.ended(voteKey(resource));
            // What was seen was seen for this vote; if the resource comes back, it is looked at anew.
            sights.delete(resource.address);
          }
        },
        onRefused(resource, error) {
          // Other settings are in force than those that were looked at.
          if (errorCode(error) === 'chain/basis-changed') {
            sights.delete(resource.address);
            network.invalidate([resource.address]);
          }
          deps.runner.ended(voteKey(resource), error);
        },
      },
      votes,
      signal,
    );
    return landed;
  }

  return {
    sightOf: (resource) => sights.get(resource),
    async round(signal) {
      const snapshot = await network.refresh();
      const { config, now } = snapshot;
      const week = weekAt(config, now);
      quotaHours.note(snapshot.resources, hourAt(config, now));
      const set = await network.guardSet(week, snapshot);
      const known = byAddress(snapshot);
      for (const [address] of sights)
        if (known.get(address)?.status !== RESOURCE_STATUS.pending) sights.delete(address);
      const turn = sampleAt(config, now);
      const onDuty = placeOf(set.numbers, deps.guard.no, turn) === 0;
      const worthIn = worthsAt(snapshot);
      // Quotas are looked at by one guard at a time; the others need not value every stake of the network.
      const resources = snapshot.resources
        .filter(
          ({ address, status }) =>
            (onDuty || status === RESOURCE_STATUS.pending) && !deps.denials.denies(address),
        )
        .map((resource) => factsOf(resource, snapshot, worthIn));
      let result: RoundResult = 'idle';
      const run = async (key: string, act: () => Promise<boolean>): Promise<void> => {
        if (!signal.aborted && (await deps.runner.run(key, act)) === 'done') result = 'busy';
      };
      const actions = planAuthorise({ guardNo: deps.guard.no, set, turn, resources });
      const of = (wanted: AuthoriseAction['kind']): readonly Found<'resource'>[] =>
        actions.flatMap(({ kind, resource }) => (kind === wanted ? (known.get(resource) ?? []) : []));
      for (const resource of of('refresh-quota'))
        await run(`refresh-quota ${resource.address}`, () => refreshQuota(resource));
      const ready = of('authorise').filter((resource) => !deps.runner.isPaused(voteKey(resource)));
      if (!signal.aborted && ready.length > 0 && (await vote(ready, week, signal))) result = 'busy';
      const unseen = of('look').slice(0, MOST_LOOKS);
      // A few are read one by one, when they are looked at.
      if (unseen.length > PARALLEL_LOOKS) await deps.settings.prefetch(unseen);
      const looks = unseen.values();
      const work = async (): Promise<void> => {
        for (const resource of looks) await run(`look ${resource.address}`, () => look(resource));
      };
      await Promise.all(Array.from({ length: PARALLEL_LOOKS }, work));
      return result;
    },
  };
}

/** Why an origin could not be reached, without saying where it is: a guard tells this to anybody. */
function failureWords(error: unknown): string {
  const code = errorCode(error);
  switch (code) {
    case 'ECONNREFUSED':
      return 'the connection is refused';
    case 'ENOTFOUND':
    case 'EAI_AGAIN':
      return 'its name does not resolve';
    case 'guard/origin-refused':
    case 'runtime/private-address':
      return 'its address is private, and guards of this network fetch from public ones only';
    case 'UND_ERR_CONNECT_TIMEOUT':
    case 'UND_ERR_HEADERS_TIMEOUT':
    case 'UND_ERR_BODY_TIMEOUT':
    case 'ETIMEDOUT':
      return 'it takes too long';
    default:
      return /CERT|TLS|SSL|VERIFY|SELF_SIGNED/.test(code)
        ? `its certificate is refused (${code})`
        : `the connection fails (${code})`;
  }
}

/** Worth of LP of each pool now; prices are averaged once a pool, not once a resource. */
function worthsAt({ config, pools, now }: Snapshot): (pool: string, lp: bigint) => bigint {
  const prices = new Map<string, { readonly pool: Found<'pool'>; readonly price: bigint } | undefined>();
  return (address, lp) => {
    if (!prices.has(address)) {
      const pool = pools.find((each) => each.address === address);
      prices.set(address, pool === undefined ? undefined : pricedAt(pool, config, now));
    }
    const priced = prices.get(address);
    return priced === undefined ? 0n : worthAtPrice(priced.pool, priced.price, lp);
  };
}

function pricedAt(
  pool: Found<'pool'>,
  config: { readonly twapSecs: number },
  now: bigint,
): { readonly pool: Found<'pool'>; readonly price: bigint } | undefined {
  try {
    return { pool, price: averagePrice(pool, now, BigInt(config.twapSecs)) };
  } catch {
    return undefined;
  }
}

function worthAtPrice(pool: Found<'pool'>, price: bigint, lp: bigint): bigint {
  try {
    return worthOf(pool, price, lp);
  } catch {
    return 0n;
  }
}

/** Worth of LP in MEDIA base units; 0 where the pool's figures overflow, as the program then refuses the stake. */
export function worthAt(
  pool: Found<'pool'>,
  config: { readonly twapSecs: number },
  now: bigint,
  lp: bigint,
): bigint {
  const priced = pricedAt(pool, config, now);
  return priced === undefined ? 0n : worthAtPrice(pool, priced.price, lp);
}
