import type { Part } from './packager.ts';
import type { RenditionState } from './rendition.ts';

/** How a playlist names what it lists; relative to itself. */
export interface Names {
  init(version: number): string;
  segment(sequence: number): string;
  part(sequence: number, index: number): string;
}

/** How segments are encrypted (RFC 8216bis, 4.4.4.4). */
export interface PlaylistKeys {
  readonly method: 'AES-128' | 'SAMPLE-AES';
  /** Of a segment, by its number: where its key is, and what the cipher begins with, in hex, unless it is that number. */
  of(sequence: number): { readonly uri: string; readonly iv: string | undefined };
}

export interface PlaylistOptions {
  /** Whole seconds; every EXTINF rounds to it or less. */
  readonly targetDuration: number;
  /** Seconds that no part exceeds; undefined where there are no parts. */
  readonly partTarget: number | undefined;
  readonly names: Names;
  /** Nothing follows. */
  readonly ended: boolean;
  /** The player knows what is old, and asks for what is new (`_HLS_skip`). */
  readonly skip: boolean;
  /** Other playlists of the stream, and how far they are (4.4.5.4). */
  readonly reports: readonly { readonly uri: string; readonly sequence: number; readonly part: number }[];
  readonly keys?: PlaylistKeys | undefined;
}

/** Target durations of segments that a delta leaves out must lie between them and the end (RFC 8216bis, 6.2.5.1). */
const SKIP_TARGETS = 6;
/** Parts are listed of the newest segments only: within three target durations of the end (4.4.4.9). */
const PART_TARGETS = 3;
const HOLD_BACK_TARGETS = 3;
const PART_HOLD_BACKS = 3;

const seconds = (value: number): string => value.toFixed(5);
const date = (ms: number): string => new Date(ms).toISOString();

/** A media playlist (RFC 8216bis, 4.4.3 and 6.2.5). */
export function mediaPlaylist(state: RenditionState, options: PlaylistOptions): string {
  const { targetDuration, partTarget, names, ended, keys } = options;
  const first = state.segments[0];
  // What a delta leaves out players know from before, but for the keys that hold.
  const canSkip = keys === undefined;
  const skipped = canSkip && options.skip && !ended ? skippable(state, targetDuration) : 0;
  const control = [
    'CAN-BLOCK-RELOAD=YES',
    ...(canSkip ? [`CAN-SKIP-UNTIL=${SKIP_TARGETS * targetDuration}.0`] : []),
    `HOLD-BACK=${HOLD_BACK_TARGETS * targetDuration}.0`,
    ...(partTarget === undefined ? [] : [`PART-HOLD-BACK=${seconds(PART_HOLD_BACKS * partTarget)}`]),
  ];
  const lines = [
    '#EXTM3U',
    '#EXT-X-VERSION:9',
    `#EXT-X-TARGETDURATION:${targetDuration}`,
    `#EXT-X-SERVER-CONTROL:${control.join(',')}`,
    ...(partTarget === undefined ? [] : [`#EXT-X-PART-INF:PART-TARGET=${seconds(partTarget)}`]),
    `#EXT-X-MEDIA-SEQUENCE:${first?.sequence ?? state.next}`,
    `#EXT-X-DISCONTINUITY-SEQUENCE:${state.discontinuities}`,
  ];
  if (skipped > 0) lines.push(`#EXT-X-SKIP:SKIPPED-SEGMENTS=${skipped}`);
  const listed = state.segments.slice(skipped);
  const partsFrom = partTarget === undefined ? Infinity : partsBegin(state, targetDuration);
  const about = createHeadLines(names, keys, skipped > 0 ? state.segments[skipped - 1]?.init : undefined);
  for (const segment of listed) {
    // Before the first one too, and the first that a delta lists: what is counted for the list is what has left it.
    if (segment.discontinuity) lines.push('#EXT-X-DISCONTINUITY');
    lines.push(...about(segment.sequence, segment.init), `#EXT-X-PROGRAM-DATE-TIME:${date(segment.atMs)}`);
    if (segment.sequence >= partsFrom && !ended)
      lines.push(...partLines(segment.parts, segment.sequence, names));
    if (segment.gap) lines.push('#EXT-X-GAP');
    lines.push(`#EXTINF:${seconds(segment.duration)},`, names.segment(segment.sequence));
  }
  if (ended) lines.push('#EXT-X-ENDLIST');
  else if (partTarget !== undefined) {
    if (state.parts.length > 0) {
      if (state.breaks) lines.push('#EXT-X-DISCONTINUITY');
      lines.push(...about(state.next, state.init), ...partLines(state.parts, state.next, names));
    }
    lines.push(`#EXT-X-PRELOAD-HINT:TYPE=PART,URI="${names.part(state.next, state.parts.length)}"`);
    for (const { uri, sequence, part } of options.reports)
      lines.push(`#EXT-X-RENDITION-REPORT:URI="${uri}",LAST-MSN=${sequence},LAST-PART=${part}`);
  }
  return `${lines.join('\n')}\n`;
}

/** Which key and which initialisation segment hold from a segment on, where others held before it. `known`: what does already. */
export function createHeadLines(
  names: Pick<Names, 'init'>,
  keys: PlaylistKeys | undefined,
  known: number | undefined,
): (sequence: number, init: number) => readonly string[] {
  let [init, uri] = [known, ''];
  return (sequence, version) => {
    const isNewInit = version !== init;
    init = version;
    const map = `#EXT-X-MAP:URI="${names.init(version)}"`;
    if (keys === undefined) return isNewInit ? [map] : [];
    const { uri: next, iv } = keys.of(sequence);
    const isNewKey = next !== uri;
    const isFirst = uri === '';
    uri = next;
    const key = `#EXT-X-KEY:METHOD=${keys.method},URI="${next}"${iv === undefined ? '' : `,IV=0x${iv}`}`;
    if (keys.method === 'SAMPLE-AES') return [...(isNewKey ? [key] : []), ...(isNewInit ? [map] : [])];
    if (!isNewInit) return isNewKey ? [key] : [];
    // A key that holds would hold for what is read to begin with, too, which is not encrypted.
    return [...(isFirst ? [] : ['#EXT-X-KEY:METHOD=NONE']), map, key];
  };
}

const partLines = (parts: readonly Part[], sequence: number, names: Names): string[] =>
  parts.map(
    ({ duration, independent }, index) =>
      `#EXT-X-PART:DURATION=${seconds(duration)},URI="${names.part(sequence, index)}"${independent ? ',INDEPENDENT=YES' : ''}`,
  );

/** The first segment whose parts are listed. */
function partsBegin({ segments, next }: RenditionState, targetDuration: number): number {
  let [sum, from] = [0, next];
  for (const { sequence, duration } of segments.toReversed()) {
    if (sum >= PART_TARGETS * targetDuration) break;
    sum += duration;
    from = sequence;
  }
  return from;
}

/** How many of the oldest segments a delta may leave out. */
function skippable({ segments, parts }: RenditionState, targetDuration: number): number {
  let sum = parts.reduce((total, { duration }) => total + duration, 0);
  let count = segments.length;
  for (const { duration } of segments.toReversed()) {
    if (sum >= SKIP_TARGETS * targetDuration) break;
    sum += duration;
    count -= 1;
  }
  return count;
}

export interface Variant {
  readonly uri: string;
  /** Bits a second: the most of any segment, and over all (4.4.6.2). */
  readonly peakBps: number;
  readonly averageBps: number;
  readonly codecs: readonly string[];
  readonly resolution: { readonly width: number; readonly height: number } | undefined;
  readonly frameRate: number | undefined;
}

export interface SoundGroup {
  readonly uri: string;
  readonly channels: number;
}

/** A multivariant playlist (RFC 8216bis, 4.4.6). `independent`: every segment begins with a key frame. */
export function multivariantPlaylist(
  variants: readonly Variant[],
  { sound, independent }: { readonly sound: SoundGroup | undefined; readonly independent: boolean },
): string {
  const lines = ['#EXTM3U', '#EXT-X-VERSION:9'];
  if (independent) lines.push('#EXT-X-INDEPENDENT-SEGMENTS');
  if (sound !== undefined)
    lines.push(
      `#EXT-X-MEDIA:TYPE=AUDIO,GROUP-ID="sound",NAME="Sound",DEFAULT=YES,AUTOSELECT=YES,CHANNELS="${sound.channels}",URI="${sound.uri}"`,
    );
  for (const variant of variants) {
    const facts = [
      `BANDWIDTH=${variant.peakBps}`,
      `AVERAGE-BANDWIDTH=${variant.averageBps}`,
      `CODECS="${variant.codecs.join(',')}"`,
    ];
    if (variant.resolution !== undefined)
      facts.push(`RESOLUTION=${variant.resolution.width}x${variant.resolution.height}`);
    if (variant.frameRate !== undefined) facts.push(`FRAME-RATE=${variant.frameRate.toFixed(3)}`);
    if (sound !== undefined) facts.push('AUDIO="sound"');
    lines.push(`#EXT-X-STREAM-INF:${facts.join(',')}`, variant.uri);
  }
  return `${lines.join('\n')}\n`;
}
