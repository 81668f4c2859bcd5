import type { AudioTrack, VideoTrack } from './mp4/track.ts';
import type { RenditionState, Segment } from './rendition.ts';

/** One track of a stream as its MPD tells of it. */
export interface MpdTrack<T extends VideoTrack | AudioTrack = VideoTrack | AudioTrack> {
  readonly name: string;
  readonly track: T;
  readonly state: RenditionState;
  /** Names of its files, relative to the MPD; of segments with `$Number$` for the number. */
  readonly segments: string;
  init(version: number): string;
}

export interface MpdOptions {
  readonly videos: readonly MpdTrack<VideoTrack>[];
  readonly audio: MpdTrack<AudioTrack> | undefined;
  /** Before everything that it lists, and always the same. Unix milliseconds. */
  readonly availableFromMs: number;
  readonly nowMs: number;
  /** Seconds that no segment rounds to more than. */
  readonly targetDuration: number;
  /** Nothing follows. */
  readonly ended: boolean;
}

/** Segments of one track within one stretch, none missing between them. */
interface Run {
  readonly of: MpdTrack;
  readonly segments: readonly Segment[];
}

const HOLD_BACK_TARGETS = 3;

const escaped = (text: string): string =>
  text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('"', '&quot;');
const attributes = (values: Readonly<Record<string, string | number | undefined>>): string =>
  Object.entries(values)
    .flatMap(([name, value]) => (value === undefined ? [] : [` ${name}="${escaped(String(value))}"`]))
    .join('');
const seconds = (value: number): string => `PT${Number(value.toFixed(5))}S`;
const date = (ms: number): string => new Date(ms).toISOString();

const startOf = ({ parts }: Segment): number => parts[0]?.start ?? 0;
const endOf = (segment: Segment): number => startOf(segment) + segment.duration;

/**
 * The same segments for players of DASH: a dynamic MPD (ISO/IEC 23009-1, live profile) with a period for each stretch. What
 * has come before a segment of which there is nothing is not told of: times go on within a period.
 */
export function createMpd(options: MpdOptions): string {
  const { videos, audio, availableFromMs, nowMs, targetDuration, ended } = options;
  const tracks: readonly MpdTrack[] = [...videos, ...(audio === undefined ? [] : [audio])];
  const [lead] = tracks;
  const listed = lead?.state.segments ?? [];
  const starts = [...new Set(listed.filter(({ gap }) => !gap).map(({ stretch }) => stretch))];
  const windowSeconds = listed.reduce((sum, { duration }) => sum + duration, 0);
  const last = listed.at(-1);
  const lines = [
    '<?xml version="1.0" encoding="UTF-8"?>',
    `<MPD${attributes({
      xmlns: 'urn:mpeg:dash:schema:mpd:2011',
      profiles: 'urn:mpeg:dash:profile:isoff-live:2011',
      type: 'dynamic',
      availabilityStartTime: date(availableFromMs),
      publishTime: date(nowMs),
      minimumUpdatePeriod: ended ? undefined : seconds(targetDuration),
      // Players end there once nothing is updated any more.
      mediaPresentationDuration:
        ended && last !== undefined
          ? seconds((last.atMs - availableFromMs) / 1_000 + last.duration)
          : undefined,
      minBufferTime: seconds(targetDuration),
      timeShiftBufferDepth: seconds(windowSeconds),
      suggestedPresentationDelay: seconds(HOLD_BACK_TARGETS * targetDuration),
      maxSegmentDuration: seconds(targetDuration + 0.5),
    })}>`,
  ];
  for (const [i, start] of starts.entries()) {
    const runs = tracks.flatMap((of) => {
      const segments = newestRun(of.state.segments.filter(({ stretch }) => stretch === start));
      return segments.length === 0 ? [] : [{ of, segments }];
    });
    const newest = runs[0]?.segments.at(-1);
    if (newest === undefined) continue;
    // The one under way has no end yet.
    const isOpen = i === starts.length - 1 && !ended;
    lines.push(
      `  <Period${attributes({
        id: start.startedMs,
        start: seconds((start.startedMs - availableFromMs) / 1_000),
        duration: isOpen ? undefined : seconds(endOf(newest) - start.mediaMs / 1_000),
      })}>`,
      ...adaptationSet(runs.filter(({ of }) => of.track.kind === 'video')),
      ...adaptationSet(runs.filter(({ of }) => of.track.kind === 'audio')),
      '  </Period>',
    );
  }
  lines.push(
    `  <UTCTiming${attributes({ schemeIdUri: 'urn:mpeg:dash:utc:direct:2014', value: date(nowMs) })}/>`,
    '</MPD>',
  );
  return `${lines.join('\n')}\n`;
}

/** Those after the last of which there is nothing. */
function newestRun(segments: readonly Segment[]): readonly Segment[] {
  return segments.slice(segments.findLastIndex(({ gap }) => gap) + 1);
}

function adaptationSet(runs: readonly Run[]): string[] {
  const track = runs[0]?.of.track;
  if (track === undefined) return [];
  return [
    `    <AdaptationSet${attributes({
      id: track.kind,
      contentType: track.kind,
      mimeType: `${track.kind}/mp4`,
      segmentAlignment: 'true',
      startWithSAP: 1,
    })}>`,
    ...runs.flatMap((run) => representation(run)),
    '    </AdaptationSet>',
  ];
}

function representation({ of, segments }: Run): string[] {
  const [first] = segments;
  if (first === undefined) return [];
  const { track, state } = of;
  const { timescale } = track;
  const isSound = track.kind === 'audio';
  const about = attributes({
    id: of.name,
    bandwidth: Math.max(1, state.peakBps),
    codecs: track.codecs,
    ...(isSound ? { audioSamplingRate: timescale } : { width: track.width, height: track.height }),
  });
  const template = attributes({
    timescale,
    presentationTimeOffset: Math.round((first.stretch.mediaMs * timescale) / 1_000),
    initialization: of.init(first.init),
    media: of.segments,
    startNumber: first.sequence,
  });
  const channels = isSound
    ? [
        `        <AudioChannelConfiguration${attributes({ schemeIdUri: 'urn:mpeg:dash:23003:3:audio_channel_configuration:2011', value: track.channels })}/>`,
      ]
    : [];
  return [
    `      <Representation${about}>`,
    ...channels,
    `        <SegmentTemplate${template}>`,
    '          <SegmentTimeline>',
    ...timeline(segments, timescale),
    '          </SegmentTimeline>',
    '        </SegmentTemplate>',
    '      </Representation>',
  ];
}

/** Each ends where the next one begins. */
function timeline(segments: readonly Segment[], timescale: number): string[] {
  const ticks = (value: number): number => Math.round(value * timescale);
  return segments.map((segment, i) => {
    const next = segments[i + 1];
    const t = ticks(startOf(segment));
    const d = (next === undefined ? ticks(endOf(segment)) : ticks(startOf(next))) - t;
    return `            <S${attributes({ t, d })}/>`;
  });
}
