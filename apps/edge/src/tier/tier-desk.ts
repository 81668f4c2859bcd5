import type { ParsedRequest } from '@media-network/http-front';
import { addressBytes, decodeTierAsk, encodeTierAnswer, toHex, verifyTierAsk } from '@media-network/protocol';
import type { SignBytes, TierAsk } from '@media-network/protocol';
import { firstFor, isPicked, rulePath } from '@media-network/rules';
import type { EdgeFacts } from '@media-network/rules';
import { errorCode, errorMessage } from '@media-network/runtime';
import type { Clock, Log } from '@media-network/runtime';
import type { Caps } from '../caps/caps.ts';
import type { EdgeChain } from '../chain/edge-chain.ts';
import type { Moments } from '../chain/moments.ts';
import { createRateLimit } from '../control/rate-limit.ts';
import { madeRequest } from '../serve/made-request.ts';
import type { Answer } from '../serve/answer.ts';
import { identify } from '../serve/identify.ts';
import type { Hosts } from '../serve/identify.ts';
import { readShort } from '../serve/origin-body.ts';
import type { Outcome } from '../serve/phases.ts';
import { admittedVisit } from '../serve/visit.ts';
import type { AdmittedVisit } from '../serve/visit.ts';
import type { Denials } from '../tenant/denials.ts';
import type { SettingsKeys } from '../tenant/settings-keys.ts';
import { isServed } from '../tenant/tenant-book.ts';
import type { Siblings } from './siblings.ts';
import { MAX_TIER_BYTES } from './tier-client.ts';
import type { TierTally } from './tier-tally.ts';

export interface TierDeskDeps {
  readonly chain: Pick<EdgeChain, 'edge' | 'nowMs'>;
  readonly siblings: Siblings;
  readonly hosts: Hosts;
  readonly settings: Pick<SettingsKeys, 'newestOf'>;
  readonly moments: Moments;
  readonly self: () => EdgeFacts;
  readonly denials: Denials;
  /** What the operator gives at most: what goes to edges is of it. */
  readonly caps: Pick<Caps, 'refusal' | 'mustWait' | 'left'>;
  /** look up → (hit | revalidate | fetch) */
  readonly seek: (visit: AdmittedVisit) => Promise<Answer>;
  readonly requestId: () => string;
  readonly sign: SignBytes;
  readonly tally: TierTally;
  readonly clock: Clock;
  readonly log: Log;
}

export type TierOutcome =
  | { readonly kind: 'answer'; readonly bytes: Uint8Array }
  | {
      readonly kind: 'refused';
      readonly status: 400 | 403 | 404 | 429;
      readonly code: string;
      readonly message: string;
    };

/**
 * Answers other edges from this cache, or from the origin for both. Nobody pays for it and nobody earns by it, so it is
 * bounded for each that asks; and it ends here: what this edge has not it asks of the origin.
 */
export interface TierDesk {
  /** Never rejects. */
  answer(bytes: Uint8Array): Promise<TierOutcome>;
}

/** Of one edge: what a cold edge asks in its first minutes, and what a busy one does all day. */
const OF_ASKER = { perSecond: 20, burst: 400 };
/** Answers that are put together at once; each is held whole. */
const MAX_UNDER_WAY = 32;
const MAX_SKEW_SECS = 30;
const WAIT_MS = 10_000;
/** What is in the cache, or on its way in: of everything else somebody has to ask for himself. */
const SHARED: ReadonlySet<Outcome> = new Set<Outcome>(['hit', 'miss', 'collapsed', 'revalidated']);

export function createTierDesk(deps: TierDeskDeps): TierDesk {
  const { chain, tally } = deps;
  const limit = createRateLimit(OF_ASKER);
  let underWay = 0;

  async function judged(ask: TierAsk, bytes: Uint8Array): Promise<TierOutcome | undefined> {
    const skew = Math.abs(Number(ask.unixSecs) - chain.nowMs() / 1_000);
    if (ask.asked !== chain.edge || skew > MAX_SKEW_SECS)
      return refused(403, 'tier/not-ours', 'The question is not for this edge, or not of now.');
    const asker = ask.asker === chain.edge ? undefined : await deps.siblings.find(ask.asker);
    if (asker === undefined || !(await verifyTierAsk(bytes, asker.operator)))
      return refused(403, 'tier/not-an-edge', 'The question is not signed by an active edge of the network.');
    // After the signature, or a stranger could use up what is an edge's.
    if (!limit.take(asker.address, deps.clock.nowMs()))
      return refused(429, 'tier/too-many', 'This edge is asked too often: ask the origin.');
    return undefined;
  }

  async function visitOf(ask: TierAsk): Promise<AdmittedVisit | undefined> {
    const found = await identify(deps.hosts, ask.question.host);
    if (found.kind === 'refused') return undefined;
    const { tenant } = found;
    if (tenant.key !== toHex(addressBytes(ask.resource))) return undefined;
    if (!isServed(tenant.view, deps.moments().hour)) return undefined;
    const settings = await deps.settings.newestOf(tenant);
    if (deps.denials.denies(tenant)) return undefined;
    // Where others are asked, or it is kept otherwise, it is another object.
    if (settings.kind !== 'ok' || settings.settings.cacheShape !== toHex(ask.shape)) return undefined;
    const { rules } = settings.settings;
    if (firstFor(rules.tier, rulePath(ask.question.target)) === undefined) return undefined;
    if (!isPicked(rules, deps.self())) return undefined;
    return {
      ...admittedVisit(
        { id: deps.requestId(), request: requestOf(ask), startedAtMs: deps.clock.nowMs() },
        { tenant, settings: settings.settings, session: undefined },
      ),
      forSibling: true,
    };
  }

  async function found(ask: TierAsk, bytes: Uint8Array): Promise<TierOutcome> {
    const visit = await visitOf(ask);
    if (visit === undefined) return NOTHING;
    const answer = await deps.seek(visit);
    const body = await bodyOf(answer);
    if (body === undefined) return NOTHING;
    tally.moved('sent', body.length);
    deps.caps.left(body.length, 0);
    const { status, headers } = answer;
    return {
      kind: 'answer',
      bytes: await encodeTierAnswer(bytes, { status, fields: headers }, body, deps.sign),
    };
  }

  return {
    async answer(bytes) {
      const ask = decodeTierAsk(bytes);
      if (ask === undefined)
        return refused(400, 'tier/malformed', 'The body is not a signed question, as docs/evidence.md says.');
      let outcome: TierOutcome;
      const nowMs = deps.clock.nowMs();
      if (underWay >= MAX_UNDER_WAY || deps.caps.refusal(nowMs) !== undefined || deps.caps.mustWait(nowMs))
        outcome = refused(429, 'tier/too-many', 'This edge is asked too often: ask the origin.');
      else {
        underWay += 1;
        try {
          outcome = (await judged(ask, bytes)) ?? (await found(ask, bytes));
        } catch (error) {
          deps.log.debug({ code: errorCode(error), err: errorMessage(error) }, 'a sibling got no answer');
          outcome = NOTHING;
        } finally {
          underWay -= 1;
        }
      }
      tally.hear(outcome.kind === 'answer' ? 'answered' : outcome.code);
      return outcome;
    },
  };
}

function refused(status: 400 | 403 | 404 | 429, code: string, message: string): TierOutcome {
  return { kind: 'refused', status, code, message };
}

const NOTHING: TierOutcome = refused(404, 'tier/none', 'Nothing that could be shared: ask the origin.');

/** All of a body that may be shared; undefined where it may not, is too long, or breaks off. */
async function bodyOf({ outcome, status, contentLength, body }: Answer): Promise<Buffer | undefined> {
  if (body === undefined || Buffer.isBuffer(body))
    return SHARED.has(outcome) && status === 200 && (body?.length ?? 0) <= MAX_TIER_BYTES
      ? (body ?? Buffer.alloc(0))
      : undefined;
  const read = body as AsyncIterable<Buffer>;
  if (!SHARED.has(outcome) || status !== 200 || (contentLength ?? 0) > MAX_TIER_BYTES) {
    await read[Symbol.asyncIterator]().return?.();
    return undefined;
  }
  const all = await readShort(read, MAX_TIER_BYTES);
  if ('whole' in all) return all.whole;
  await all.rest[Symbol.asyncIterator]().return?.();
  return undefined;
}

/** The question as if a viewer had asked it. */
function requestOf({ question }: TierAsk): ParsedRequest {
  const { scheme, host, target, fields } = question;
  const values = new Map<string, string>();
  for (let i = 0; i + 1 < fields.length; i += 2) {
    const name = (fields[i] ?? '').toLowerCase();
    const before = values.get(name);
    values.set(name, before === undefined ? (fields[i + 1] ?? '') : `${before}, ${fields[i + 1] ?? ''}`);
  }
  values.set('host', host);
  return madeRequest({
    scheme,
    host,
    target,
    header: (name) => values.get(name),
    rawHeaders: fields,
    signal: AbortSignal.timeout(WAIT_MS),
  });
}
