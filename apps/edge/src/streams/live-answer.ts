import { Readable } from 'node:stream';
import { deltaSeconds, headerValue, parseCacheControl } from '@media-network/http-cache';
import type { Freshness, LifetimePolicy } from '@media-network/http-cache';
import { firstFor } from '@media-network/rules';
import type { Rules } from '@media-network/rules';
import { originError } from '../origin/origin-client.ts';
import type { OriginResponse } from '../origin/origin-response.ts';
import { readShort } from '../serve/origin-body.ts';
import { isPlaylist, readPlaylist } from './playlist.ts';

/** Larger ones are not read; no player takes them. */
const MAX_PLAYLIST_BYTES = 2 * 2 ** 20;

export interface LiveAnswer {
  readonly response: OriginResponse;
  /** How long a playlist of a stream that goes on may be kept; undefined: as its origin says. */
  readonly liveMs: number | undefined;
}

/** What an answer is by the rule `live`: a playlist is read before it is judged, and its body put back. */
export async function readLive(rules: Rules, path: string, response: OriginResponse): Promise<LiveAnswer> {
  const type = headerValue(response.rawHeaders, 'content-type');
  const isLive =
    firstFor(rules.live, path) !== undefined && response.status === 200 && isPlaylist(path, type);
  if (!isLive || (response.contentLength ?? 0) > MAX_PLAYLIST_BYTES) return { response, liveMs: undefined };
  try {
    // undici's body yields Buffers; the stream's type leaves it open.
    const read = await readShort(response.body as AsyncIterable<Buffer>, MAX_PLAYLIST_BYTES);
    if ('rest' in read)
      return { response: { ...response, body: Readable.from(read.rest) }, liveMs: undefined };
    const again = { ...response, body: Readable.from(read.whole.length === 0 ? [] : [read.whole]) };
    const playlist = readPlaylist(read.whole);
    const liveMs =
      playlist.kind === 'live' ? Math.min(playlist.stepMs / 2, saidMs(response.rawHeaders)) : undefined;
    return { response: again, liveMs };
  } catch (error) {
    throw originError(error);
  }
}

/** The lifetime of a playlist that changes all the time, whatever else is said; what is private stays so. */
export function livePolicy(liveMs: number, otherwise: LifetimePolicy | undefined): LifetimePolicy {
  return (status, headers) => {
    const own = otherwise?.(status, headers);
    if (own?.never === true || parseCacheControl(headers).has('private')) return own;
    // In whole seconds, as lifetimes are; `liveFreshness` makes it exact.
    return { ttl: Math.max(1, Math.ceil(liveMs / 1_000)) };
  };
}

/** `Date` is in whole seconds: less than one of age is none. */
const DATE_MS = 1_000;

/** Never longer than that, and never stale while it is asked about: an old playlist stops a player. */
export function liveFreshness(freshness: Freshness, liveMs: number, receivedAtMs: number): Freshness {
  const ageBaseMs = receivedAtMs - freshness.ageBaseMs < DATE_MS ? receivedAtMs : freshness.ageBaseMs;
  const untilMs = ageBaseMs + liveMs;
  return {
    ...freshness,
    ageBaseMs,
    freshUntilMs: untilMs,
    staleWhileRevalidateUntilMs: untilMs,
    staleIfErrorUntilMs: Math.max(untilMs, Math.min(freshness.staleIfErrorUntilMs, untilMs + liveMs)),
  };
}

/** What an origin says of how long, where that is anything. */
function saidMs(headers: readonly string[]): number {
  const directives = parseCacheControl(headers);
  const seconds = deltaSeconds(directives, 's-maxage') ?? deltaSeconds(directives, 'max-age');
  return typeof seconds === 'number' && seconds > 0 ? seconds * 1_000 : Number.POSITIVE_INFINITY;
}
