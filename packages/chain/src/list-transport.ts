import { SOLANA_ERROR__RPC__TRANSPORT_HTTP_ERROR, SolanaError } from '@solana/kit';
import type { RpcTransport } from '@solana/kit';
import { parseJsonWithBigInts, stringifyJsonWithBigInts } from '@solana/rpc-spec-types';

import type { Post } from './post.ts';

/** What every account that pays no rent has there: 2⁶⁴ − 1. Nobody reads it. */
const RENT_EPOCH = /"rentEpoch":\s*18446744073709551615/g;
/** An integer that a double may not hold. Keys and bytes of accounts are in quotes, and have no such neighbours. */
const LARGE_INTEGER = /[:[,\s]-?\d{16,}[,}\]\s]/;

/** A list has to be read digit by digit. */
export class LargeInteger extends Error {}

/** How calls get to a node. */
export interface Transports {
  /** Integers come as bigints, as kit wants them. */
  readonly exact: RpcTransport;
  /**
   * For lists of accounts, which have megabytes. Kit reads JSON character by character, so that integers beyond 2⁵³ stay exact:
   * for ten thousand accounts that is a second. Here it is the platform's own reading, and `exact` where such an integer comes.
   */
  readonly quick: RpcTransport;
}

export function createTransports(url: string, post: Post): Transports {
  const exact = through(url, post, parseJsonWithBigInts, stringifyJsonWithBigInts);
  const quick = through(url, post, quickJson, toJson);
  return {
    exact,
    quick: async <TResponse>(request: Parameters<RpcTransport>[0]) => {
      try {
        return await quick<TResponse>(request);
      } catch (error) {
        if (error instanceof LargeInteger) return exact<TResponse>(request);
        throw error;
      }
    },
  };
}

/** As kit's own transport puts a status that is none of success. */
export const httpError = (statusCode: number, message: string, headers: Headers): Error =>
  new SolanaError(SOLANA_ERROR__RPC__TRANSPORT_HTTP_ERROR, { headers, message, statusCode });

function through(
  url: string,
  post: Post,
  fromJson: (text: string) => unknown,
  intoJson: (payload: unknown) => string,
): RpcTransport {
  return async <TResponse>({ payload, signal }: Parameters<RpcTransport>[0]) => {
    const { status, statusText, retryAfter, text } = await post(url, intoJson(payload), signal);
    if (status < 200 || status > 299)
      throw httpError(
        status,
        statusText,
        new Headers(retryAfter === undefined ? {} : { 'retry-after': retryAfter }),
      );
    // The caller names the type of the method's answer; kit trusts it the same way.
    return fromJson(text) as TResponse;
  };
}

/** Throws a `LargeInteger` where a double would not hold one of the numbers. */
export function quickJson(text: string): unknown {
  const plain = text.replaceAll(RENT_EPOCH, '"rentEpoch":0');
  if (LARGE_INTEGER.test(plain)) throw new LargeInteger();
  return JSON.parse(plain);
}

/** Slots and offsets are below 2⁵³. */
export const toJson = (payload: unknown): string =>
  JSON.stringify(payload, (_, value: unknown) => (typeof value === 'bigint' ? Number(value) : value));
