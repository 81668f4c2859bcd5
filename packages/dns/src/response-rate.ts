import type { Clock } from '@media-network/runtime';

/** What becomes of one more answer to a network. */
export type RateVerdict = 'answer' | 'slip' | 'drop';
/** What an answer says; each kind has a bucket of its own, so that noise takes nothing from names that are there. */
export const ANSWER_KIND = { positive: 0, negative: 1, error: 2 } as const;
export type AnswerKind = (typeof ANSWER_KIND)[keyof typeof ANSWER_KIND];

export interface ResponseRates {
  /** Answers a second to one network (IPv4 /24, IPv6 /56), with a second's worth at once. */
  readonly positive: number;
  readonly negative: number;
  readonly error: number;
}

/** A resolver of a country asks some hundreds of names a second; who is lied about gets no more than this. */
export const DEFAULT_RATES: ResponseRates = { positive: 1_000, negative: 200, error: 50 };

/** Networks that are told apart; others share buckets. 1.2 MB in all, whoever asks. */
const BUCKETS = 2 ** 15;
/** Of answers above the rate every second one says "ask by TCP", so that who is really there gets through. */
const SLIP = 2;

/**
 * Response rate limiting: a bucket of tokens for each network that answers go to. The source of a UDP packet is anybody's
 * word: without this a server is a means to send traffic to others.
 */
export interface ResponseRate {
  take(family: 4 | 6, address: Uint8Array, kind: AnswerKind): RateVerdict;
}

export function createResponseRate(clock: Clock, seed: number, rates: ResponseRates): ResponseRate {
  const perSecond = [rates.positive, rates.negative, rates.error];
  const tokens = new Float32Array(BUCKETS * 3).fill(-1);
  const atMs = new Float64Array(BUCKETS * 3);
  let above = 0;

  return {
    take(family, address, kind) {
      const rate = perSecond[kind] ?? 0;
      // The seed keeps strangers from choosing whose bucket they share.
      let hash = (seed ^ 0x811c9dc5) | 0;
      const bytes = family === 4 ? 3 : 7;
      for (let i = 0; i < bytes; i += 1) hash = Math.imul(hash ^ (address[i] ?? 0), 0x01000193);
      hash = Math.imul(hash ^ (hash >>> 15), 0x85eb_ca6b);
      const place = (((hash ^ (hash >>> 13)) >>> 0) % BUCKETS) * 3 + kind;
      const nowMs = clock.nowMs();
      const before = tokens[place] ?? -1;
      const passed = nowMs - (atMs[place] ?? 0);
      const now = before < 0 ? rate : Math.min(rate, before + (Math.max(0, passed) * rate) / 1_000);
      atMs[place] = nowMs;
      if (now >= 1) {
        tokens[place] = now - 1;
        return 'answer';
      }
      tokens[place] = now;
      above += 1;
      return above % SLIP === 0 ? 'slip' : 'drop';
    },
  };
}
