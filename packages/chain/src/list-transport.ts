import { createHttpTransport } from '@solana/rpc-transport-http';
import type { RpcTransport } from '@solana/kit';

/** What every account that pays no rent has there: 2⁶⁴ − 1. Nobody reads it. */
const RENT_EPOCH = /"rentEpoch":\s*18446744073709551615/g;
/** An integer that a double may not hold. Keys and bytes of accounts are in quotes, and have no such neighbours. */
const LARGE_INTEGER = /[:[,\s]-?\d{16,}[,}\]\s]/;

/** A list has to be read digit by digit. */
export class LargeInteger extends Error {}

/**
 * Lists of accounts, which have megabytes. Kit reads JSON character by character, so that integers beyond 2⁵³ stay exact: for
 * ten thousand accounts that is a second. Here it is the platform's own reading, and `exact` where such an integer comes.
 */
export function createListTransport(url: string, exact: RpcTransport): RpcTransport {
  const quick = createHttpTransport({ url, fromJson: quickJson, toJson });
  return async <TResponse>(request: Parameters<RpcTransport>[0]) => {
    try {
      return await quick<TResponse>(request);
    } catch (error) {
      if (error instanceof LargeInteger) return exact<TResponse>(request);
      throw error;
    }
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
