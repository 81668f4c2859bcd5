import { NO_VOUCHING_KEY, termsOf } from '@media-network/protocol';
import { getAddressEncoder, isAddress } from '@solana/kit';
import type { Command } from 'commander';
import { bad, parseWhole } from './bad-resource.ts';
import type { Resource } from './find.ts';

/** What a publisher agrees to pay for. */
export interface TermsOptions {
  readonly allowance?: string;
  readonly vouchingKey?: string;
}

export interface Terms {
  readonly allowance: bigint;
  readonly vouchKey: Uint8Array<ArrayBuffer>;
}

/** Open bytes an hour where a publisher says nothing: 10 GB. */
export const DEFAULT_ALLOWANCE = 10_000_000_000n;
const NO_KEY = 'none';

/** `--allowance` and `--vouching-key`. */
export function termsOptions(command: Command): Command {
  return command
    .option(
      '--allowance <bytes>',
      'most bytes an hour that are paid for without a token, all edges together (new: 10000000000)',
    )
    .option(
      '--vouching-key <key>',
      'key that signs tokens ("media vouch key" shows it), or none (new: none)',
    );
}

function parseKey(text: string): Uint8Array<ArrayBuffer> {
  if (text === NO_KEY) return new Uint8Array(32);
  if (!isAddress(text) || text === NO_VOUCHING_KEY)
    throw bad(
      `--vouching-key must be a public key in base58, not "${text}".`,
      '"media vouch key" makes one and shows it; "--vouching-key none" takes it away.',
    );
  return new Uint8Array(getAddressEncoder().encode(text));
}

/** What is asked for, on top of what is agreed. */
export function termsFrom(options: TermsOptions, before: Terms): Terms {
  return {
    allowance:
      options.allowance === undefined ? before.allowance : parseWhole(options.allowance, '--allowance'),
    vouchKey: options.vouchingKey === undefined ? before.vouchKey : parseKey(options.vouchingKey),
  };
}

/** Terms of a resource that is new. */
export const NEW_TERMS: Terms = { allowance: DEFAULT_ALLOWANCE, vouchKey: new Uint8Array(32) };

/** The terms agreed last; they hold from the hour after that on. */
export function newestTerms(resource: Resource): Terms {
  const newest = resource.terms[resource.termsCount - 1];
  return newest === undefined
    ? NEW_TERMS
    : { allowance: newest.allowance, vouchKey: new Uint8Array(newest.vouchKey) };
}

/** Terms as they are shown: the newest, and the hour they hold from. */
export function shownTerms(resource: Resource): {
  readonly allowance: bigint;
  readonly vouchingKey: string | null;
  readonly from: bigint;
} {
  const from = resource.terms[resource.termsCount - 1]?.from ?? 0n;
  const { allowance, vouchingKey } = termsOf(resource, from);
  return { allowance, vouchingKey: vouchingKey ?? null, from };
}
