import { invalidParams } from './errors.ts';
import { configAt } from './params.ts';
import type { Config, Params } from './params.ts';
import type { TransactionEncoding } from './transaction-json.ts';

export type TransactionDetails = 'full' | 'accounts' | 'signatures' | 'none';

/** How history is asked for: the config of getTransaction and getBlock, or an encoding alone (an old form). */
export interface HistoryConfig {
  readonly config: Config;
  readonly encoding: TransactionEncoding;
  /** The highest transaction version that the client can read; `undefined`: legacy only. */
  readonly maxVersion: number | undefined;
  readonly details: TransactionDetails;
  readonly rewards: boolean;
}

const ENCODINGS: ReadonlySet<unknown> = new Set(['binary', 'base64', 'base58', 'json', 'jsonParsed']);
const DETAILS: ReadonlySet<unknown> = new Set(['full', 'accounts', 'signatures', 'none']);

/** Solana's node tries the config, then the word, and says no more than that neither fits. */
const misfit = (): Error =>
  invalidParams('Invalid params: data did not match any variant of untagged enum RpcEncodingConfigWrapper.');

export function historyConfigAt(params: Params, index: number): HistoryConfig {
  const given = params[index];
  const config = typeof given === 'string' ? { encoding: given } : configAt(params, index);
  const encoding = config['encoding'] ?? 'json';
  const maxVersion = config['maxSupportedTransactionVersion'] ?? undefined;
  const details = config['transactionDetails'] ?? 'full';
  const rewards = config['rewards'] ?? true;
  if (!ENCODINGS.has(encoding) || !DETAILS.has(details) || typeof rewards !== 'boolean') throw misfit();
  if (maxVersion !== undefined && (typeof maxVersion !== 'number' || maxVersion < 0 || maxVersion > 255))
    throw misfit();
  return {
    config,
    encoding: encoding as TransactionEncoding, // the sets hold exactly the unions
    maxVersion,
    details: details as TransactionDetails,
    rewards,
  };
}
