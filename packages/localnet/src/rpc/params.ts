import type { Address, Signature } from '@solana/kit';
import type { Bank } from '../bank/bank.ts';
import { badBase58At, isAddressText, isSignatureText } from '../codec/base58.ts';
import { RPC, invalidParams, rpcError } from './errors.ts';

export type Config = Readonly<Record<string, unknown>>;
export type Params = readonly unknown[];

const COMMITMENTS: ReadonlySet<string> = new Set([
  'processed',
  'confirmed',
  'finalized',
  'recent',
  'single',
  'singleGossip',
  'root',
  'max',
]);

/** A value as Solana's node names it when it is of the wrong type (serde's words, which users search for). */
function shown(value: unknown): string {
  if (value === null || value === undefined) return 'null';
  if (typeof value === 'string') return `string ${JSON.stringify(value)}`;
  if (typeof value === 'boolean') return `boolean \`${value}\``;
  if (typeof value === 'number' && !Number.isInteger(value)) return `floating point \`${value}\``;
  if (typeof value === 'number' || typeof value === 'bigint') return `integer \`${value}\``;
  return Array.isArray(value) ? 'sequence' : 'map';
}

/** The refusal of a value of the wrong type, such as `invalid type: string "x", expected u64.` */
export function wrongType(value: unknown, expected: string): Error {
  return invalidParams(`Invalid params: invalid type: ${shown(value)}, expected ${expected}.`);
}

/** One of a set of words, such as an encoding; `what` names it in the refusal of what is no word at all. */
export function wordOf(value: unknown, allowed: ReadonlySet<string>, what: string): string {
  if (typeof value !== 'string') throw wrongType(value, what);
  if (allowed.has(value)) return value;
  const words = [...allowed].map((word) => `\`${word}\``);
  const list = words.length > 2 ? `one of ${words.join(', ')}` : words.join(' or ');
  throw invalidParams(`Invalid params: unknown variant \`${value}\`, expected ${list}.`);
}

export function stringOf(value: unknown): string {
  if (typeof value !== 'string') throw wrongType(value, 'a string');
  return value;
}

export const stringAt = (params: Params, index: number): string => stringOf(params[index]);

/** How Solana's node refuses a text that is no address or signature, without what stands before it. */
export const base58Fault = (text: string): string => (badBase58At(text) === -1 ? 'WrongSize' : 'Invalid');

export function asAddress(value: unknown): Address {
  const text = stringOf(value);
  if (!isAddressText(text)) throw invalidParams(`Invalid param: ${base58Fault(text)}`);
  return text;
}

export const addressAt = (params: Params, index: number): Address => asAddress(params[index]);

export function asSignature(value: unknown): Signature {
  const text = stringOf(value);
  if (!isSignatureText(text)) throw invalidParams(`Invalid param: ${base58Fault(text)}`);
  return text;
}

export function isRecord(value: unknown): value is Config {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

export function arrayAt(params: Params, index: number, max: number): readonly unknown[] {
  const value = params[index];
  if (!Array.isArray(value)) throw wrongType(value, 'a sequence');
  if (value.length > max) throw invalidParams(`Too many inputs provided; max ${max}`);
  return value;
}

export function integerOf(value: unknown, expected: 'u64' | 'usize'): bigint {
  if (typeof value === 'bigint' || (typeof value === 'number' && Number.isSafeInteger(value))) {
    if (value >= 0) return BigInt(value);
    throw invalidParams(`Invalid params: invalid value: integer \`${value}\`, expected ${expected}.`);
  }
  throw wrongType(value, expected);
}

export function numberOf(value: unknown, expected: 'u64' | 'usize'): number {
  const integer = integerOf(value, expected);
  if (integer > BigInt(Number.MAX_SAFE_INTEGER))
    throw invalidParams(`Invalid params: invalid value: integer \`${integer}\`, expected ${expected}.`);
  return Number(integer);
}

export function flagOf(config: Config, name: string): boolean {
  const value = config[name] ?? false;
  if (typeof value !== 'boolean') throw wrongType(value, 'a boolean');
  return value;
}

/** The options that are given: clients write those that they leave out as null. */
const given = (config: Config): Config =>
  Object.fromEntries(Object.entries(config).filter(([, value]) => value !== null));

/** The config object at `index`, with its commitment checked; an absent one is empty, and so is what is null in it. */
export function configAt(params: Params, index: number): Config {
  const config = params[index] ?? {};
  if (!isRecord(config)) throw wrongType(config, 'struct RpcContextConfig');
  const value = given(config);
  wordOf(value['commitment'] ?? 'finalized', COMMITMENTS, 'a commitment');
  return value;
}

/**
 * The slot by commitment. Programs know the hashes of slots that are over, so only such a slot is called confirmed
 * or finalised: whoever makes a lookup table with it is then never told that it is too new.
 */
export function slotAt(bank: Bank, config: Config): bigint {
  const { slot } = bank.now();
  return config['commitment'] === 'processed' || slot === 0n ? slot : slot - 1n;
}

/** Blocks and transactions are history only once they are confirmed; asking for less is an error. */
export function requireConfirmed(config: Config): void {
  if (config['commitment'] === 'processed')
    throw invalidParams('Method does not support commitment below `confirmed`');
}

/** Answers of state are refused if the client has seen a later slot elsewhere. */
export function requireMinContextSlot(bank: Bank, config: Config): void {
  const min = config['minContextSlot'];
  if (min === undefined || min === null) return;
  const { slot } = bank.now();
  if (integerOf(min, 'u64') > slot) {
    throw rpcError(RPC.minContextSlotNotReached, 'Minimum context slot has not been reached', {
      contextSlot: slot,
    });
  }
}
