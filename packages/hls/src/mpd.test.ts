import { describe, expect, it } from 'vitest';
import { createMpd } from './mpd.ts';
import type { MpdOptions, MpdTrack } from './mpd.ts';
import type { AudioTrack, VideoTrack } from './mp4/track.ts';
import { createRendition } from './rendition.ts';
import type { Rendition, StretchStart } from './rendition.ts';
import { AUDIO, VIDEO } from './testing-units.ts';

const FROM_MS = Date.UTC(2026, 10, 27);
const BEGIN: StretchStart = { startedMs: FROM_MS + 1_500, mediaMs: 0 };

/** `count` segments of two seconds, from `first` seconds of media on; those in `empty` have nothing. */
function fill(
  made: Rendition,
  count: number,
  {
    stretch = BEGIN,
    first = 0,
    empty = [],
  }: { stretch?: StretchStart; first?: number; empty?: readonly number[] } = {},
): Rendition {
  for (let i = 0; i < count; i += 1) {
    const start = first + 2 * i;
    if (!empty.includes(i))
      made.part({ media: 'video', start, duration: 2, independent: true, bytes: new Uint8Array(1_000) });
    made.cut({ atMs: stretch.startedMs + start * 1_000 - stretch.mediaMs, stretch, durationIfEmpty: 2 });
  }
  return made;
}
const rendition = (): Rendition => createRendition({ windowMs: 60_000, leastSegments: 4, first: 100 });
const of = <T extends VideoTrack | AudioTrack>(name: string, track: T, made: Rendition): MpdTrack<T> => ({
  name,
  track,
  state: made.state,
  segments: `${name}-$Number$.m4s`,
  init: (version) => `${name}-init-${version}.mp4`,
});
const render = (options: Partial<MpdOptions>): string =>
  createMpd({
    videos: [],
    audio: undefined,
    availableFromMs: FROM_MS,
    nowMs: FROM_MS + 60_000,
    targetDuration: 2,
    ended: false,
    ...options,
  });
const all = (text: string, pattern: RegExp): (string | undefined)[] =>
  [...text.matchAll(pattern)].map((match) => match[1]);

describe('an MPD (ISO/IEC 23009-1)', () => {
  it('is dynamic, says when it began and how often it changes (5.3.1)', () => {
    const mpd = render({ videos: [of('video', VIDEO, fill(rendition(), 3))] });
    expect(mpd).toMatch(/^<\?xml version="1.0" encoding="UTF-8"\?>\n<MPD /);
    for (const said of [
      'type="dynamic"',
      'availabilityStartTime="2026-11-27T00:00:00.000Z"',
      'publishTime="2026-11-27T00:01:00.000Z"',
      'minimumUpdatePeriod="PT2S"',
      'timeShiftBufferDepth="PT6S"',
      'suggestedPresentationDelay="PT6S"',
    ])
      expect(mpd).toContain(said);
    expect(mpd).not.toContain('mediaPresentationDuration');
    expect(mpd).toContain('schemeIdUri="urn:mpeg:dash:utc:direct:2014" value="2026-11-27T00:01:00.000Z"');
  });

  it('lists segments by number and time, each until the next one begins (5.3.9.6)', () => {
    const mpd = render({
      videos: [of('video', VIDEO, fill(rendition(), 2))],
      audio: of('audio', AUDIO, fill(rendition(), 2)),
    });
    expect(all(mpd, /startNumber="(\d+)"/g)).toEqual(['100', '100']);
    expect(all(mpd, /(<S .*\/>)/g)).toEqual([
      '<S t="0" d="180000"/>',
      '<S t="180000" d="180000"/>',
      '<S t="0" d="96000"/>',
      '<S t="96000" d="96000"/>',
    ]);
    expect(all(mpd, /media="([^"]+)"/g)).toEqual(['video-$Number$.m4s', 'audio-$Number$.m4s']);
    expect(all(mpd, /<Representation id="([^"]+)"/g)).toEqual(['video', 'audio']);
  });

  it('puts qualities of one kind together (5.3.5)', () => {
    const small = { ...VIDEO, width: 320, height: 180 };
    const mpd = render({
      videos: [of('video', VIDEO, fill(rendition(), 2)), of('video180p', small, fill(rendition(), 2))],
    });
    expect(all(mpd, /<AdaptationSet id="([^"]+)"/g)).toEqual(['video']);
    expect(all(mpd, /<Representation id="([^"]+)"/g)).toEqual(['video', 'video180p']);
  });

  it('has a period for each stretch, whose times begin with it (5.3.2)', () => {
    const made = fill(rendition(), 2);
    made.restart();
    // The encoder sends another size, 30 s after it began.
    const next = { startedMs: FROM_MS + 31_500, mediaMs: 30_000 };
    fill(made, 2, { stretch: next, first: 30 });
    const mpd = render({ videos: [of('video', VIDEO, made)] });
    expect(all(mpd, /<Period [^>]*start="([^"]+)"/g)).toEqual(['PT1.5S', 'PT31.5S']);
    expect(all(mpd, /<Period [^>]*duration="([^"]+)"/g)).toEqual(['PT4S']);
    expect(all(mpd, /presentationTimeOffset="(\d+)"/g)).toEqual(['0', '2700000']);
    expect(all(mpd, /initialization="([^"]+)"/g)).toEqual(['video-init-0.mp4', 'video-init-1.mp4']);
    expect(all(mpd, /startNumber="(\d+)"/g)).toEqual(['100', '102']);
  });

  it('keeps a period where it is while its segments leave', () => {
    const made = createRendition({ windowMs: 4_000, leastSegments: 2, first: 100 });
    const starts = [3, 5].map((count) => {
      const mpd = render({ videos: [of('video', VIDEO, fill(made, count, { first: count === 3 ? 0 : 6 }))] });
      return all(mpd, /<Period id="([^"]+" start="[^"]+)"/g);
    });
    expect(starts[0]).toEqual([`${BEGIN.startedMs}" start="PT1.5S`]);
    expect(starts[1]).toEqual(starts[0]);
  });

  it('tells of nothing before a segment that is missing', () => {
    const mpd = render({
      videos: [of('video', VIDEO, fill(rendition(), 4))],
      audio: of('audio', AUDIO, fill(rendition(), 4, { empty: [1] })),
    });
    expect(all(mpd, /startNumber="(\d+)"/g)).toEqual(['100', '102']);
  });

  it('leaves out what has nothing at all', () => {
    const mpd = render({
      videos: [of('video', VIDEO, fill(rendition(), 2))],
      audio: of('audio', AUDIO, fill(rendition(), 2, { empty: [0, 1] })),
    });
    expect(all(mpd, /<AdaptationSet id="([^"]+)"/g)).toEqual(['video']);
  });

  it('ends where the stream has ended (5.3.1.2)', () => {
    const mpd = render({ videos: [of('video', VIDEO, fill(rendition(), 3))], ended: true });
    expect(mpd).not.toContain('minimumUpdatePeriod');
    expect(mpd).toContain('mediaPresentationDuration="PT7.5S"');
    expect(all(mpd, /<Period [^>]*duration="([^"]+)"/g)).toEqual(['PT6S']);
  });

  it('is well-formed whatever codecs and names are', () => {
    const odd = { ...VIDEO, codecs: 'a"<&b' };
    expect(render({ videos: [of('video', odd, fill(rendition(), 1))] })).toContain(
      'codecs="a&quot;&lt;&amp;b"',
    );
  });
});
