/**
 * JSON as Solana's RPC speaks it: integers up to u64 are written out in digits. Whole numbers beyond 2^53 are
 * read as bigints, and bigints are written as digits.
 */
interface RawJson {
  rawJSON(text: string): unknown;
}

// ECMAScript 2026, in Node since 22; the library types do not have it yet.
const raw = JSON as unknown as RawJson;

/** An integer as JSON writes it: long lists of accounts are written without looking at every field. */
export const jsonInteger = (value: bigint): unknown =>
  value <= BigInt(Number.MAX_SAFE_INTEGER) ? Number(value) : raw.rawJSON(value.toString());

export function stringifyRpc(value: unknown): string {
  try {
    return JSON.stringify(value);
  } catch (error) {
    // There is a bigint in it somewhere, which JSON refuses: slower, field by field.
    if (!(error instanceof TypeError)) throw error;
  }
  return JSON.stringify(value, (_, v: unknown) => (typeof v === 'bigint' ? raw.rawJSON(v.toString()) : v));
}

type Reviver = (this: unknown, key: string, value: unknown, context: { readonly source?: string }) => unknown;

const revive: Reviver = (_, value, context) =>
  typeof value === 'number' && !Number.isSafeInteger(value) && /^-?\d+$/.test(context.source ?? '')
    ? BigInt(context.source ?? 0)
    : value;

/** A whole number that a double may not hold has sixteen digits at least. */
const MANY_DIGITS = /\d{16}/;

/** Throws SyntaxError. */
export function parseRpc(text: string): unknown {
  // Most calls have none, and are read in one go.
  if (!MANY_DIGITS.test(text)) return JSON.parse(text);
  // The reviver's third argument (ECMAScript 2026) is not in the library types yet.
  return JSON.parse(text, revive as (this: unknown, key: string, value: unknown) => unknown);
}
