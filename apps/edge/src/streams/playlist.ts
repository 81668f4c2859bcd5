import { durationMs } from './duration.ts';
import { nextDashSegments } from './dash.ts';
import type { Next } from './dash.ts';

/** What a playlist says of its stream. */
export type Playlist =
  /** It goes on: `stepMs` is how long until there is something new. */
  | { readonly kind: 'live'; readonly stepMs: number }
  /** It is complete, or names other playlists only. */
  | { readonly kind: 'still' };

const TYPE =
  /^(?:application\/(?:vnd\.apple\.mpegurl|x-mpegurl|dash\+xml)|audio\/(?:x-)?mpegurl)[ \t]*(?:;|$)/i;
const END = /\.(?:m3u8|mpd)$/i;
/** Where nothing is said of segments. */
const UNSAID_MS = 1_000;

/** Whether an answer is a playlist, by its type or by what its path ends with. */
export function isPlaylist(path: string, contentType: string | undefined): boolean {
  return END.test(path) || TYPE.test(contentType?.trim() ?? '');
}

/** Reads HLS (RFC 8216 and its successor) and DASH; what is neither is still. */
export function readPlaylist(body: Buffer): Playlist {
  const text = body.toString('utf8');
  return text.trimStart().startsWith('#EXTM3U') ? readHls(text) : readDash(text);
}

function readHls(text: string): Playlist {
  const target = seconds(/^#EXT-X-TARGETDURATION:[ \t]*(\d{1,6}(?:\.\d+)?)/m.exec(text)?.[1]);
  if (target === undefined || /^#EXT-X-ENDLIST/m.test(text)) return { kind: 'still' };
  if (/^#EXT-X-PLAYLIST-TYPE:[ \t]*VOD/m.test(text)) return { kind: 'still' };
  const part = seconds(/^#EXT-X-PART-INF:(?:[^\n]*,)?PART-TARGET=(\d{1,6}(?:\.\d+)?)/m.exec(text)?.[1]);
  return { kind: 'live', stepMs: part ?? target };
}

/** Characters of the first element that are looked at. */
const MAX_HEAD = 4_096;

function readDash(text: string): Playlist {
  const from = text.search(/<MPD\b/);
  const to = from === -1 ? -1 : text.slice(from, from + MAX_HEAD).indexOf('>');
  const head = to === -1 ? undefined : text.slice(from, from + to + 1);
  if (head === undefined || !/\btype[ \t\n\r]*=[ \t\n\r]*["']dynamic["']/.test(head))
    return { kind: 'still' };
  const period = durationMs(
    /\bminimumUpdatePeriod[ \t\n\r]*=[ \t\n\r]*["']([^"']{1,64})["']/.exec(head)?.[1],
  );
  const longest = durationMs(
    /\bmaxSegmentDuration[ \t\n\r]*=[ \t\n\r]*["']([^"']{1,64})["']/.exec(head)?.[1],
  );
  return { kind: 'live', stepMs: period ?? longest ?? UNSAID_MS };
}

function seconds(text: string | undefined): number | undefined {
  const ms = Math.round(Number(text ?? Number.NaN) * 1_000);
  return Number.isFinite(ms) && ms > 0 ? ms : undefined;
}

/** The next segments of a playlist, named as in it or by whole URLs: the newest of a stream that goes on, else the first. */
export function nextSegments(body: Buffer, asked: Next): readonly string[] {
  const text = body.toString('utf8');
  if (!text.trimStart().startsWith('#EXTM3U')) return nextDashSegments(text, asked);
  if (/^#EXT-X-STREAM-INF/m.test(text)) return [];
  const lines = text.split(/\r?\n/).map((line) => line.trim());
  const segments = lines.filter((line) => line !== '' && !line.startsWith('#'));
  const begin = lines.flatMap((line) => /^#EXT-X-MAP:(?:.*,)?URI="([^"]+)"/.exec(line)?.[1] ?? []);
  const next = readHls(text).kind === 'live' ? segments.slice(-asked.count) : segments.slice(0, asked.count);
  return [...new Set([...begin.slice(-1), ...next])];
}
