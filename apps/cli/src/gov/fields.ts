import { PARAMETERS } from '@media-network/chain/schema';
import type { ActionName, FieldType, Parameter } from '@media-network/chain/schema';
import { MediaError } from '@media-network/runtime';
import type { Address } from '@solana/kit';
import { formatMedia } from '../amounts.ts';
import { readNamedFile } from '../named-file.ts';

const NOBODY = '11111111111111111111111111111111';
const SECONDS: Readonly<Record<string, number>> = { s: 1, m: 60, h: 3_600, d: 86_400 };

export interface FieldReader {
  readonly cwd: string;
  /** An address as such, or that of a wallet by name. */
  addressOf(who: string): Promise<Address>;
  /** The same of a resource: by its address, label, host, URL or id. */
  resourceOf(which: string): Promise<Address>;
}

/** `name=value` pairs as they were typed. */
export function pairsOf(words: readonly string[]): Map<string, string> {
  const pairs = new Map<string, string>();
  for (const word of words) {
    const at = word.indexOf('=');
    if (at < 1) throw bad(`"${word}" sets nothing: write name=value.`);
    pairs.set(word.slice(0, at), word.slice(at + 1));
  }
  return pairs;
}

export function parametersOf(name: ActionName): Readonly<Record<string, Parameter>> | undefined {
  // A kind that sets parameters has a table of its name, and no other kind has.
  return (PARAMETERS as Readonly<Record<string, Readonly<Record<string, Parameter>>>>)[name];
}

/**
 * What a proposal of a kind says, from what was typed. Parameters that are not named stay as they are.
 *
 * @throws `cli/bad-proposal` naming what there is to set
 */
export async function fieldsOf(
  reader: FieldReader,
  name: ActionName,
  schema: { readonly fields: Readonly<Record<string, FieldType>> },
  words: readonly string[],
): Promise<Record<string, unknown>> {
  const typed = pairsOf(words);
  if (name === 'upgrade') await takeProgram(reader.cwd, typed);
  const table = parametersOf(name);
  const known = Object.keys(schema.fields).filter((field) => field !== 'mask');
  for (const field of typed.keys())
    if (!known.includes(field))
      throw bad(`A proposal of ${name} has no "${field}": it has ${known.join(', ')}.`);
  const fields: Record<string, unknown> = {};
  let mask = 0;
  for (const [index, field] of known.entries()) {
    const type = schema.fields[field] ?? 'u32';
    const text = typed.get(field) ?? standardOf(name, field);
    if (text === undefined && table === undefined) throw bad(`A proposal of ${name} needs ${field}=….`);
    if (text !== undefined && table !== undefined) mask += 2 ** index;
    fields[field] = text === undefined ? (type === 'u64' ? 0n : 0) : await valueOf(reader, type, field, text);
    const parameter = table?.[field];
    if (text !== undefined && parameter !== undefined) checkBounds(field, parameter, fields[field]);
  }
  if (table !== undefined && mask === 0) throw bad(`Say what to set: ${known.join(', ')}.`);
  return table === undefined ? fields : { mask, ...fields };
}

/** What need not be said. */
function standardOf(name: ActionName, field: string): string | undefined {
  if (name === 'replaceGuard' && field === 'successor') return NOBODY;
  if (name === 'replaceGuard' && field === 'weeks') return '4';
  return name === 'integration' && field === 'enabled' ? '1' : undefined;
}

/** `file=…` stands for the digest and the length of a program. */
async function takeProgram(cwd: string, typed: Map<string, string>): Promise<void> {
  const file = typed.get('file');
  if (file === undefined) return;
  const bytes = await readNamedFile(file, { cwd });
  typed.delete('file');
  const { upgradeDigest } = await import('@media-network/chain');
  typed.set('digest', Buffer.from(upgradeDigest(bytes)).toString('hex'));
  typed.set('length', String(bytes.length));
}

async function valueOf(reader: FieldReader, type: FieldType, field: string, text: string): Promise<unknown> {
  if (type === 'pubkey') return field === 'resource' ? reader.resourceOf(text) : reader.addressOf(text);
  if (typeof type === 'object') return bytesOf(field, text);
  const number = numberOf(field, text);
  return type === 'u64' ? number : Number(number);
}

function bytesOf(field: string, text: string): Uint8Array {
  const bytes = new Uint8Array(32);
  if (field === 'sha256' || field === 'digest') {
    if (!/^[0-9a-f]{64}$/i.test(text)) throw bad(`${field} has 64 hexadecimal digits.`);
    bytes.set(Buffer.from(text, 'hex'));
    return bytes;
  }
  if (!/^[a-z0-9.-]{1,32}$/.test(text))
    throw bad(`${field} has 1 to 32 of a to z, 0 to 9, dots and hyphens, not "${text}".`);
  bytes.set(Buffer.from(text, 'latin1'));
  return bytes;
}

/** Base units; `5MEDIA` and `3d` are as good. */
function numberOf(field: string, text: string): bigint {
  const media = /^(\d+)(?:\.(\d{1,9}))?\s?MEDIA$/i.exec(text);
  if (media !== null) return BigInt(media[1] ?? 0) * 1_000_000_000n + BigInt((media[2] ?? '').padEnd(9, '0'));
  const time = /^(\d+)([smhd])$/.exec(text);
  if (time !== null && /secs$/i.test(field))
    return BigInt(time[1] ?? 0) * BigInt(SECONDS[time[2] ?? 's'] ?? 1);
  if (/^\d{1,20}$/.test(text) && BigInt(text) < 2n ** 64n) return BigInt(text);
  throw bad(`${field} is a whole number (base units, or "5MEDIA", or "3d" of seconds), not "${text}".`);
}

function checkBounds(field: string, { min, max, unit }: Parameter, value: unknown): void {
  // Parameters are numbers of 32 or 64 bits.
  const number = BigInt(value as number | bigint);
  if (number >= min && number <= max) return;
  throw bad(`${field} is from ${min} to ${max} ${unit}, not ${number}.`);
}

function bad(message: string): MediaError {
  return new MediaError({
    code: 'cli/bad-proposal',
    message,
    hint: '"media gov parameters" lists kinds, parameters, units and bounds.',
    source: 'client',
  });
}

/** A field as people read it. */
export function shownField(field: string, value: unknown): string {
  if (value instanceof Uint8Array) {
    const text = Buffer.from(value).toString('latin1').replace(/\0+$/, '');
    return field === 'name' ? text : Buffer.from(value).toString('hex');
  }
  if (value === NOBODY) return 'nobody';
  return field === 'amount' && typeof value === 'bigint' ? formatMedia(value) : String(value);
}
