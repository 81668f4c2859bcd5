import { createHash, randomBytes } from 'node:crypto';
import { Readable } from 'node:stream';
import { headerValue, readVary } from '@media-network/http-cache';
import type { CacheStore } from '@media-network/http-cache';
import { encodeTierAsk, fromHex, openTierAnswer } from '@media-network/protocol';
import type { SignBytes } from '@media-network/protocol';
import { firstFor } from '@media-network/rules';
import type { Clock } from '@media-network/runtime';
import type { EdgeChain, EdgeView } from '../chain/edge-chain.ts';
import type { OriginResponse } from '../origin/origin-response.ts';
import type { OriginSettings } from '../origin/origin-settings.ts';
import { createRememberedKeys } from '../serve/remembered-keys.ts';
import type { RememberedKeys } from '../serve/remembered-keys.ts';
import type { SiblingClient } from './sibling-client.ts';
import type { Siblings } from './siblings.ts';
import type { TierTally } from './tier-tally.ts';

/** Longest body that goes between edges: it is held whole until it is known to be what was signed. */
export const MAX_TIER_BYTES: number = 8 * 2 ** 20;
/** Longest answer: body, head, signature. */
export const MAX_TIER_ANSWER_BYTES: number = MAX_TIER_BYTES + 131_072;
/** At once; beyond that the origin is asked. With the length above this is the memory that it can take. */
const MAX_UNDER_WAY = 16;
/** A sibling that takes longer is slow: the viewer waits. */
export const TIER_TIMEOUT_MS = 3_000;
/** In which every edge that can hear of a purge has heard of it (docs/request-phases.md, Other edges). */
export const AFTER_PURGE_MS = 120_000;
/** How long an object that could not be had from a sibling is not asked of one. */
const UNTIERED_MS = 600_000;
/** Questions of a resource after which it is looked at how many were in vain. */
const WINDOW = 64;
const LIE_MS = 86_400_000;
const DOUBTS_MS = 3_600_000;
const MAX_DOUBTS = 3;
/** Of one sibling, by which what came of it is thrown away; what is older has mostly gone by itself. */
const MAX_KEYS_OF_SIBLING = 10_000;

/** What a variant may be chosen by and is sent to a sibling. Nothing that names a viewer, and nothing that it proves itself by. */
const SENT: ReadonlySet<string> = new Set([
  'accept',
  'accept-charset',
  'accept-encoding',
  'accept-language',
  'user-agent',
]);

/** What is known of a question to the origin, as far as a sibling is asked it. */
export interface TieredQuestion {
  readonly key: string;
  readonly by: { readonly resource: string };
  readonly address: string;
  readonly target: string;
  /** Of the target, as rules see it. */
  readonly path: string;
  readonly settings: OriginSettings;
  readonly viewer: { readonly scheme: 'http' | 'https'; readonly host: string };
  readonly rawHeaders: readonly string[];
  readonly viewers: (lowerName: string) => string | undefined;
}

/** Signed by a sibling, whole, and to be used like an origin's. */
export interface TierAnswer {
  readonly sibling: string;
  readonly key: string;
  readonly response: OriginResponse;
  readonly sha256: Buffer;
}

export interface TierClientDeps {
  /** Resources of which something was purged in the last `AFTER_PURGE_MS`: other edges may hear of it later. */
  readonly purged: Pick<RememberedKeys<true>, 'get' | 'note'>;
  readonly chain: Pick<EdgeChain, 'edge' | 'nowMs'>;
  readonly siblings: Siblings;
  readonly store: Pick<CacheStore, 'forget'>;
  readonly sign: SignBytes;
  readonly client: Pick<SiblingClient, 'post'>;
  readonly tally: TierTally;
  readonly clock: Clock;
  readonly random: () => number;
}

/** Asks other edges for what is not here, so that the origin hears of it once. */
export interface TierClient {
  /** Undefined: ask the origin. Never rejects. */
  ask(question: TieredQuestion): Promise<TierAnswer | undefined>;
  /** Whether this answer is one of those that are compared with the origin's. */
  isChecked(question: Pick<TieredQuestion, 'settings' | 'path'>): boolean;
  /** Compares what a sibling said with what the origin says. */
  judge(answer: TierAnswer, origin: { readonly fields: readonly string[]; readonly sha256: Buffer }): void;
  /** It cannot be used here: the origin is asked for it from now on. */
  unusable(answer: Pick<TierAnswer, 'key'>): void;
  /** A change went through this edge: siblings may not know of it. */
  changed(key: string): void;
  /** Something of a resource was purged. */
  purged(resource: string): void;
}

export function createTierClient(deps: TierClientDeps): TierClient {
  const { chain, siblings, tally, clock } = deps;
  const untiered = createRememberedKeys<true>(clock, UNTIERED_MS);
  const { purged } = deps;
  const vain = createRememberedKeys<true>(clock, UNTIERED_MS);
  const windows = new Map<string, { asked: number; inVain: number }>();
  const doubts = new Map<string, number>();
  const gotFrom = new Map<string, Set<string>>();
  let underWay = 0;

  function note({ sibling, key }: TierAnswer): void {
    const keys = gotFrom.get(sibling) ?? new Set();
    gotFrom.set(sibling, keys);
    keys.add(key);
    if (keys.size > MAX_KEYS_OF_SIBLING) for (const oldest of keys) if (keys.delete(oldest)) break;
  }

  /** A resource most of which cannot be shared is not asked of others for a while: each question costs a fetch. */
  function weigh(resource: string, wasInVain: boolean): void {
    const window = windows.get(resource) ?? { asked: 0, inVain: 0 };
    windows.set(resource, window);
    window.asked += 1;
    if (wasInVain) window.inVain += 1;
    if (window.asked < WINDOW) return;
    if (2 * window.inVain > window.asked) vain.note(resource, true);
    windows.delete(resource);
  }

  function distrust(sibling: string, forMs: number): void {
    siblings.distrust(sibling, forMs);
    doubts.delete(sibling);
    for (const key of gotFrom.get(sibling) ?? []) deps.store.forget(key);
    gotFrom.delete(sibling);
  }

  async function asked(question: TieredQuestion, sibling: EdgeView): Promise<TierAnswer | undefined> {
    const request = await encodeTierAsk(
      {
        asker: chain.edge,
        asked: sibling.address,
        resource: question.address,
        shape: fromHex(question.settings.cacheShape, 8) ?? new Uint8Array(8),
        unixSecs: BigInt(Math.floor(chain.nowMs() / 1_000)),
        nonce: randomBytes(16),
        question: {
          scheme: question.viewer.scheme,
          host: question.viewer.host,
          target: question.target,
          fields: sentFields(question.rawHeaders),
        },
      },
      deps.sign,
    );
    const said = await deps.client.post(sibling.control, request);
    if (said.kind === 'none') {
      // 404: it is there and has nothing of the kind. 429: it has enough to do. Of anything else it is not asked for a while.
      if (said.status === 404) untiered.note(question.key, true);
      else if (said.status !== 429) siblings.failed(sibling.address);
      if (said.status === 404) weigh(question.by.resource, true);
      tally.ask(said.status === 404 ? 'none' : 'failed');
      return undefined;
    }
    const opened = await openTierAnswer(request, said.body, sibling.operator);
    if (opened === undefined) {
      siblings.failed(sibling.address);
      tally.ask('failed');
      return undefined;
    }
    siblings.answered(sibling.address);
    const { head, body } = opened;
    tally.moved('received', body.length);
    if (head.status !== 200 || !isForQuestion(head.fields, question)) {
      untiered.note(question.key, true);
      weigh(question.by.resource, true);
      tally.ask('unusable');
      return undefined;
    }
    weigh(question.by.resource, false);
    tally.ask('answered');
    return {
      sibling: sibling.address,
      key: question.key,
      sha256: createHash('sha256').update(body).digest(),
      response: {
        status: head.status,
        statusText: 'OK',
        rawHeaders: head.fields,
        framing: 'length',
        contentLength: body.length,
        body: Readable.from([Buffer.from(body.buffer, body.byteOffset, body.length)]),
        sibling: true,
      },
    };
  }

  return {
    async ask(question) {
      const { settings, key, by, viewers } = question;
      if (firstFor(settings.rules.tier, question.path) === undefined) return undefined;
      if (underWay >= MAX_UNDER_WAY || vain.get(by.resource) === true) return undefined;
      if (viewers('cookie') !== undefined || viewers('authorization') !== undefined) return undefined;
      if (purged.get(by.resource) === true || untiered.get(key) === true) return undefined;
      const sibling = siblings.ownerOf(key, settings.rules);
      if (sibling === undefined) return undefined;
      underWay += 1;
      try {
        const answer = await asked(question, sibling);
        // A purge that came meanwhile: the sibling may have answered before it heard of it.
        if (answer === undefined || purged.get(by.resource) === true) return undefined;
        note(answer);
        return answer;
      } catch {
        return undefined;
      } finally {
        underWay -= 1;
      }
    },
    isChecked: ({ settings, path }) =>
      deps.random() * 100 < (firstFor(settings.rules.tier, path)?.checkPercent ?? 0),
    judge(answer, origin) {
      const { sibling, response } = answer;
      const same = (name: string): boolean =>
        headerValue(response.rawHeaders, name) === headerValue(origin.fields, name);
      const sameBytes = answer.sha256.equals(origin.sha256);
      if (
        sameBytes &&
        same('etag') &&
        same('content-type') &&
        same('cache-control') &&
        same('content-encoding')
      ) {
        doubts.delete(sibling);
        tally.ask('matched');
        return;
      }
      const tag = headerValue(origin.fields, 'etag');
      if (!sameBytes && tag?.startsWith('"') === true && same('etag') && same('content-encoding')) {
        // One strong tag has one body (RFC 9110 §8.8.1).
        tally.ask('lied');
        distrust(sibling, LIE_MS);
        return;
      }
      // It may have changed within its lifetime; not every time.
      const count = (doubts.get(sibling) ?? 0) + 1;
      doubts.set(sibling, count);
      tally.ask('doubted');
      if (count >= MAX_DOUBTS) distrust(sibling, DOUBTS_MS);
    },
    unusable: ({ key }) => untiered.note(key, true),
    changed: (key) => untiered.note(key, true),
    purged: (resource) => purged.note(resource, true),
  };
}

function sentFields(raw: readonly string[]): string[] {
  const sent: string[] = [];
  for (let i = 0; i + 1 < raw.length; i += 2)
    if (SENT.has((raw[i] ?? '').toLowerCase())) sent.push(raw[i] ?? '', raw[i + 1] ?? '');
  return sent;
}

/** Whether a sibling that was not sent everything has chosen as the origin would have. */
function isForQuestion(fields: readonly string[], { viewers }: TieredQuestion): boolean {
  const vary = readVary(fields);
  if (vary === '*') return false;
  // What the viewer did not say either was not there to choose by.
  return vary.every((name) => SENT.has(name) || viewers(name) === undefined || name === 'media-device');
}
