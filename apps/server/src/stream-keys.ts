import { createHash, randomBytes, timingSafeEqual } from 'node:crypto';
import { join } from 'node:path';
import { MediaError } from '@media-network/runtime';
import { readIfPresent, writeDurably } from '@media-network/runtime/durable-file';
import { z } from 'zod';

/** Which channel a stream key is for. */
export interface StreamKeys {
  readonly channels: readonly string[];
  /** The key of a channel, to be shown to whoever owns the machine; never in a log. */
  keyOf(channel: string): string | undefined;
  /** The channel that a key opens; takes as long whichever it is. */
  channelOf(key: string): string | undefined;
}

const NAME = /^[a-z0-9](?:[a-z0-9-]{0,30}[a-z0-9])?$/;
export const isChannelName = (text: string): boolean => NAME.test(text);
/** More than a machine of two processors can carry: protects memory. */
const MOST_CHANNELS = 200;
const FILE = z.strictObject({ keys: z.record(z.string().regex(NAME), z.string().min(16).max(200)) });

/** 128 bits in letters that are easily told apart. */
export function newStreamKey(): string {
  const letters = 'abcdefghjkmnpqrstuvwxyz23456789';
  // 26 letters of 31 are above 128 bits; a byte of 248 or more would favour the first ones.
  let key = '';
  while (key.length < 26)
    for (const byte of randomBytes(32)) if (byte < 248 && key.length < 26) key += letters[byte % 31] ?? '';
  return key;
}

/** Names as they are written in an option. Throws `server/bad-channel`. */
export function channelNames(list: string): readonly string[] {
  const names = [...new Set(list.split(',').map((name) => name.trim()))];
  const bad = names.find((name) => !NAME.test(name));
  if (bad !== undefined || names.length > MOST_CHANNELS) {
    throw new MediaError({
      code: 'server/bad-channel',
      message:
        bad === undefined
          ? `More than ${MOST_CHANNELS} channels.`
          : `"${bad}" is no name of a channel: 1 to 32 letters a to z, digits and hyphens, no hyphen at the ends.`,
      source: 'client',
    });
  }
  return names;
}

/** Those of `channels` that a list names; none of no list. Throws `server/bad-channel`. */
export function namedChannels(list: string | undefined, channels: readonly string[]): readonly string[] {
  const names = list === undefined || list.trim() === '' ? [] : channelNames(list);
  const unknown = names.find((name) => !channels.includes(name));
  if (unknown === undefined) return names;
  throw new MediaError({
    code: 'server/bad-channel',
    message: `There is no channel "${unknown}"; there is ${channels.join(', ')}.`,
    source: 'client',
  });
}

/**
 * Stream keys of channels, kept in `stream-keys.json`, which only its owner can read; a channel without one gets one.
 *
 * @throws `server/bad-keys` where the file is there and is none.
 */
export async function openStreamKeys(dir: string, channels: readonly string[]): Promise<StreamKeys> {
  const path = join(dir, 'stream-keys.json');
  const kept = await readKept(path);
  const keys = new Map(channels.map((channel) => [channel, kept[channel] ?? newStreamKey()]));
  const all = { ...kept, ...Object.fromEntries(keys) };
  if (Object.keys(all).length > Object.keys(kept).length) {
    await writeDurably(path, `${JSON.stringify({ keys: all }, undefined, 2)}\n`, 0o600);
  }
  const digests = [...keys].map(([channel, key]) => [channel, digest(key)] as const);
  return {
    channels,
    keyOf: (channel) => keys.get(channel),
    channelOf(key) {
      const wanted = digest(key);
      let found: string | undefined;
      for (const [channel, each] of digests) if (timingSafeEqual(each, wanted)) found = channel;
      return found;
    },
  };
}

const digest = (text: string): Buffer => createHash('sha256').update(text).digest();

async function readKept(path: string): Promise<Readonly<Record<string, string>>> {
  const kept = await readIfPresent(path);
  if (kept === undefined) return {};
  const parsed = FILE.safeParse(jsonOf(kept.toString('utf8')));
  if (!parsed.success) {
    throw new MediaError({
      code: 'server/bad-keys',
      message: `${path} holds no stream keys that can be read.`,
      hint: 'Put it back from a copy, or take it away: then every channel gets a new key.',
      source: 'client',
      context: { path },
    });
  }
  return parsed.data.keys;
}

function jsonOf(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
