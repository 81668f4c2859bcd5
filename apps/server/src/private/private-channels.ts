import { randomBytes } from 'node:crypto';
import { join } from 'node:path';
import { MediaError } from '@media-network/runtime';
import { readIfPresent, writeDurably } from '@media-network/runtime/durable-file';
import { z } from 'zod';
import { checkLink, signLink } from './signed-link.ts';
import type { LinkVerdict } from './signed-link.ts';
import { createTrackLock, segmentKey } from './track-lock.ts';
import type { Encryption, TrackLock } from './track-lock.ts';

/** Channels that only those with a link may watch, and the secrets from which their links and keys follow. */
export interface PrivateChannels {
  has(channel: string): boolean;
  /** Whether a link lets its viewer in. */
  check(channel: string, link: string | null, nowMs: number): LinkVerdict;
  /** A link that is good until then, Unix seconds; undefined where the channel has no secret. */
  link(channel: string, untilS: number): string | undefined;
  /** Key of what was encrypted of a channel that is or was private, 16 bytes. */
  key(channel: string, track: string, period: number): Uint8Array | undefined;
  /** What encrypts the tracks of a channel; undefined where anybody may watch it. */
  lock(channel: string): ((track: string) => TrackLock) | undefined;
}

const SECRET_BYTES = 32;
const FILE = z.strictObject({ secrets: z.record(z.string(), z.string().regex(/^[A-Za-z0-9_-]{43}$/)) });

export interface PrivateOptions {
  /** Names of the channels that are private. */
  readonly channels: readonly string[];
  readonly encryption: Encryption;
  /** So many segments have the same key. */
  readonly keySegments: number;
}

/**
 * Secrets are made once, and kept in `private-channels.json`, which only its owner can read; also of channels that are private no more,
 * for what was recorded of them.
 *
 * @throws `server/bad-private-channels` where the file is there and is none.
 */
export async function openPrivateChannels(
  dir: string,
  { channels, encryption, keySegments }: PrivateOptions,
): Promise<PrivateChannels> {
  const path = join(dir, 'private-channels.json');
  const kept = await readSecrets(path);
  const names = new Set(channels);
  const missing = channels.filter((name) => kept[name] === undefined);
  const all = {
    ...kept,
    ...Object.fromEntries(missing.map((name) => [name, randomBytes(SECRET_BYTES).toString('base64url')])),
  };
  if (missing.length > 0)
    await writeDurably(path, `${JSON.stringify({ secrets: all }, undefined, 2)}\n`, 0o600);
  const secrets = new Map(
    Object.entries(all).map(([name, secret]) => [name, Buffer.from(secret, 'base64url')]),
  );
  return {
    has: (channel) => names.has(channel),
    check(channel, link, nowMs) {
      const secret = secrets.get(channel);
      return secret === undefined ? 'forged' : checkLink(secret, channel, link, nowMs);
    },
    link(channel, untilS) {
      const secret = secrets.get(channel);
      return secret === undefined ? undefined : signLink(secret, channel, untilS);
    },
    key(channel, track, period) {
      const secret = secrets.get(channel);
      return secret === undefined ? undefined : segmentKey(secret, track, period);
    },
    lock(channel) {
      const secret = names.has(channel) ? secrets.get(channel) : undefined;
      return secret === undefined
        ? undefined
        : (track) => createTrackLock(track, { secret, encryption, keySegments });
    },
  };
}

/** Makes links of the server whose folder this is, running or not; makes no secret. Throws `server/bad-private-channels`. */
export async function openChannelLinks(dir: string): Promise<Pick<PrivateChannels, 'link'>> {
  return openPrivateChannels(dir, { channels: [], encryption: 'aes-128', keySegments: 1 });
}

async function readSecrets(path: string): Promise<Readonly<Record<string, string>>> {
  const kept = await readIfPresent(path);
  if (kept === undefined) return {};
  const parsed = FILE.safeParse(jsonOf(kept.toString('utf8')));
  if (parsed.success) return parsed.data.secrets;
  throw new MediaError({
    code: 'server/bad-private-channels',
    message: `${path} holds no secrets of private channels that can be read.`,
    hint: 'Put it back from a copy, or take it away: then links that were given out open nothing any more, and what was recorded cannot be decrypted.',
    source: 'client',
    context: { path },
  });
}

function jsonOf(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
