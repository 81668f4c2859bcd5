import { isAddress, isSignature } from '@solana/kit';
import type { Address, Signature } from '@solana/kit';
import type { Bank } from '../bank/bank.ts';
import { RPC, invalidParams, rpcError } from './errors.ts';

export type Config = Readonly<Record<string, unknown>>;
export type Params = readonly unknown[];

const COMMITMENTS = new Set([
  'processed',
  'confirmed',
  'finalized',
  'recent',
  'single',
  'singleGossip',
  'root',
  'max',
]);

/** One of a set of words, such as an encoding; `what` names it in the refusal. */
export function wordOf(value: unknown, allowed: ReadonlySet<string>, what: string): string {
  if (typeof value === 'string' && allowed.has(value)) return value;
  const shown = typeof value === 'string' ? `unknown variant \`${value}\`` : 'invalid type';
  throw invalidParams(`Invalid params: ${shown} of ${what}; expected one of ${[...allowed].join(', ')}.`);
}

export function stringAt(params: Params, index: number): string {
  const value = params[index];
  if (typeof value !== 'string') throw invalidParams(`Invalid params: parameter ${index} must be a string.`);
  return value;
}

export function asAddress(value: unknown): Address {
  if (typeof value !== 'string' || !isAddress(value)) throw invalidParams('Invalid param: WrongSize');
  return value;
}

export const addressAt = (params: Params, index: number): Address => asAddress(params[index]);

export function asSignature(value: unknown): Signature {
  if (typeof value !== 'string' || !isSignature(value)) throw invalidParams('Invalid param: WrongSize');
  return value;
}

export function isRecord(value: unknown): value is Config {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

export function arrayAt(params: Params, index: number, max: number): readonly unknown[] {
  const value = params[index];
  if (!Array.isArray(value)) throw invalidParams(`Invalid params: parameter ${index} must be an array.`);
  if (value.length > max) throw invalidParams(`Too many inputs provided; max ${max}`);
  return value;
}

export function integerOf(value: unknown, what: string): bigint {
  if (typeof value === 'bigint' && value >= 0n) return value;
  if (typeof value === 'number' && Number.isSafeInteger(value) && value >= 0) return BigInt(value);
  throw invalidParams(`Invalid params: ${what} must be a non-negative integer.`);
}

export function numberOf(value: unknown, what: string): number {
  const integer = integerOf(value, what);
  if (integer > BigInt(Number.MAX_SAFE_INTEGER)) throw invalidParams(`Invalid params: ${what} is too large.`);
  return Number(integer);
}

export function flagOf(config: Config, name: string): boolean {
  const value = config[name] ?? false;
  if (typeof value !== 'boolean') throw invalidParams(`Invalid params: ${name} must be a boolean.`);
  return value;
}

/** The config object at `index`, with its commitment checked; an absent one is empty. */
export function configAt(params: Params, index: number): Config {
  const value = params[index] ?? {};
  if (!isRecord(value)) throw invalidParams(`Invalid params: parameter ${index} must be an object.`);
  wordOf(value['commitment'] ?? 'finalized', COMMITMENTS, 'commitment');
  return value;
}

/** Answers of state are refused if the client has seen a later slot elsewhere. */
export function requireMinContextSlot(bank: Bank, config: Config): void {
  const min = config['minContextSlot'];
  if (min === undefined || min === null) return;
  const { slot } = bank.now();
  if (integerOf(min, 'minContextSlot') > slot) {
    throw rpcError(RPC.minContextSlotNotReached, 'Minimum context slot has not been reached', {
      contextSlot: slot,
    });
  }
}
