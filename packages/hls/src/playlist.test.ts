import { describe, expect, it } from 'vitest';
import type { Part } from './packager.ts';
import { mediaPlaylist, multivariantPlaylist } from './playlist.ts';
import type { PlaylistOptions } from './playlist.ts';
import { createRendition } from './rendition.ts';
import type { Rendition } from './rendition.ts';

const part = (independent = false, duration = 0.4): Part => ({
  media: 'video',
  start: 0,
  duration,
  independent,
  bytes: new Uint8Array(100),
});
const STRETCH = { startedMs: 0, mediaMs: 0 };
const OPTIONS: PlaylistOptions = {
  targetDuration: 2,
  partTarget: 0.4,
  names: {
    init: (version) => `init-${version}.mp4`,
    segment: (sequence) => `${sequence}.m4s`,
    part: (sequence, index) => `${sequence}.${index}.m4s`,
  },
  ended: false,
  skip: false,
  reports: [],
};

/** Segments of five parts each, then so many parts. */
function rendition(segments: number, parts = 0, windowMs = 60_000): Rendition {
  const made = createRendition({ windowMs, leastSegments: 4, first: 10 });
  for (let i = 0; i < segments; i += 1) {
    for (let k = 0; k < 5; k += 1) made.part(part(k === 0));
    made.cut({ atMs: i * 2_000, stretch: STRETCH, durationIfEmpty: 2 });
  }
  for (let k = 0; k < parts; k += 1) made.part(part(k === 0));
  return made;
}
const render = (made: Rendition, change: Partial<PlaylistOptions> = {}): string[] =>
  mediaPlaylist(made.state, { ...OPTIONS, ...change }).split('\n');
const count = (lines: readonly string[], start: string): number =>
  lines.filter((line) => line.startsWith(start)).length;
/** How many discontinuities each listed segment is behind; `known`: of the last one that a delta leaves out. */
function discontinuityOf(lines: readonly string[], known?: number): Map<string, number> {
  const isDelta = count(lines, '#EXT-X-SKIP') > 0;
  let number = Number(/^#EXT-X-DISCONTINUITY-SEQUENCE:(\d+)$/m.exec(lines.join('\n'))?.[1]);
  if (isDelta && known !== undefined) number = known;
  const found = new Map<string, number>();
  for (const line of lines) {
    if (line === '#EXT-X-DISCONTINUITY') number += 1;
    if (/^\d+\.m4s$/.test(line)) found.set(line, number);
  }
  return found;
}

describe('a media playlist', () => {
  it('begins with EXTM3U and says its version (RFC 8216bis, 4.4.1)', () => {
    expect(render(rendition(1)).slice(0, 2)).toEqual(['#EXTM3U', '#EXT-X-VERSION:9']);
  });

  it('lists segments after their durations, with the number of the first (4.4.3.2, 4.4.4.1)', () => {
    const lines = render(rendition(3));
    expect(lines).toContain('#EXT-X-MEDIA-SEQUENCE:10');
    expect(lines[lines.indexOf('10.m4s') - 1]).toBe('#EXTINF:2.00000,');
    expect(count(lines, '#EXTINF')).toBe(3);
  });

  it('has an initialisation segment before the first, and again where it changes (4.4.4.5)', () => {
    const made = rendition(2);
    made.restart();
    made.part(part(true));
    made.cut({ atMs: 9_000, stretch: STRETCH, durationIfEmpty: 2 });
    const lines = render(made);
    expect(count(lines, '#EXT-X-MAP')).toBe(2);
    expect(lines.indexOf('#EXT-X-MAP:URI="init-0.mp4"')).toBeLessThan(lines.indexOf('10.m4s'));
    expect(lines.indexOf('#EXT-X-MAP:URI="init-1.mp4"')).toBeGreaterThan(lines.indexOf('11.m4s'));
    expect(lines.indexOf('#EXT-X-DISCONTINUITY')).toBeGreaterThan(lines.indexOf('11.m4s'));
  });

  it('counts the discontinuities that have left it (4.4.3.3)', () => {
    const made = rendition(2, 0, 4_000);
    made.restart();
    for (let i = 0; i < 8; i += 1) {
      made.part(part(true, 2));
      made.cut({ atMs: i, stretch: STRETCH, durationIfEmpty: 2 });
    }
    const lines = render(made);
    expect(count(lines, '#EXT-X-DISCONTINUITY-SEQUENCE')).toBe(1);
    expect(lines).toContain('#EXT-X-DISCONTINUITY-SEQUENCE:1');
    expect(lines).not.toContain('#EXT-X-DISCONTINUITY');
  });

  it('counts a segment as behind the same discontinuity however long it is listed, in deltas too (4.4.3.3, 6.2.2)', () => {
    const made = createRendition({ windowMs: 30_000, leastSegments: 4, first: 10 });
    const numbers = new Map<string, number>();
    for (let i = 0; i < 40; i += 1) {
      if (i % 7 === 5) made.restart();
      made.part(part(true, 2));
      made.cut({ atMs: i, stretch: STRETCH, durationIfEmpty: 2 });
      const whole = discontinuityOf(render(made));
      for (const [name, number] of whole) {
        expect(numbers.get(name) ?? number).toBe(number);
        numbers.set(name, number);
      }
      // What a delta leaves out, the player knows from before.
      const known = [...whole.values()].at(-discontinuityOf(render(made, { skip: true })).size - 1);
      for (const [name, number] of discontinuityOf(render(made, { skip: true }), known))
        expect(number).toBe(numbers.get(name));
    }
    expect(numbers.get('49.m4s')).toBe(5);
  });

  it('says when each segment was (4.4.4.6)', () => {
    expect(render(rendition(2))).toContain('#EXT-X-PROGRAM-DATE-TIME:1970-01-01T00:00:02.000Z');
  });

  it('lists parts of the newest segments alone, and which can be begun with (4.4.4.9)', () => {
    const lines = render(rendition(8, 2));
    // Three target durations of segments, and what is under way.
    expect(count(lines, '#EXT-X-PART:')).toBe(15 + 2);
    expect(lines).toContain('#EXT-X-PART:DURATION=0.40000,URI="18.0.m4s",INDEPENDENT=YES');
    expect(lines.some((line) => line.startsWith('#EXT-X-PART:') && line.includes('"14.'))).toBe(false);
  });

  it('hints at the part that comes next (4.4.5.3), and reports on other renditions (4.4.5.4)', () => {
    const lines = render(rendition(2, 3), { reports: [{ uri: 'audio.m3u8', sequence: 12, part: 2 }] });
    expect(lines).toContain('#EXT-X-PRELOAD-HINT:TYPE=PART,URI="12.3.m4s"');
    expect(lines).toContain('#EXT-X-RENDITION-REPORT:URI="audio.m3u8",LAST-MSN=12,LAST-PART=2');
  });

  it('offers to hold requests, parts three of their targets back, segments three of theirs (4.4.3.8)', () => {
    const control = render(rendition(1)).find((line) => line.startsWith('#EXT-X-SERVER-CONTROL'));
    expect(control).toContain('CAN-BLOCK-RELOAD=YES');
    expect(control).toContain('PART-HOLD-BACK=1.20000');
    expect(control).toContain('HOLD-BACK=6.0');
    expect(control).toContain('CAN-SKIP-UNTIL=12.0');
  });

  it('leaves out what is older than the skip boundary, when asked (4.4.5.2, 6.2.5.1)', () => {
    const whole = render(rendition(20, 1));
    const delta = render(rendition(20, 1), { skip: true });
    const skipped = Number(/SKIPPED-SEGMENTS=(\d+)/.exec(delta.join('\n'))?.[1]);
    expect(skipped).toBe(14);
    expect(count(whole, '#EXTINF') - count(delta, '#EXTINF')).toBe(skipped);
    expect(count(delta, '#EXT-X-MAP')).toBe(0);
    expect(count(render(rendition(3), { skip: true }), '#EXT-X-SKIP')).toBe(0);
  });

  it('ends, with nothing to wait for (4.4.3.4)', () => {
    const lines = render(rendition(3, 2), { ended: true });
    expect(lines.at(-2)).toBe('#EXT-X-ENDLIST');
    expect(count(lines, '#EXT-X-PRELOAD-HINT') + count(lines, '#EXT-X-PART:')).toBe(0);
  });

  it('marks a segment in which a track had nothing (4.4.4.7)', () => {
    const made = rendition(1);
    made.cut({ atMs: 0, stretch: STRETCH, durationIfEmpty: 2 });
    const lines = render(made);
    expect(lines[lines.indexOf('11.m4s') - 2]).toBe('#EXT-X-GAP');
    expect(made.segment(11)).toBeUndefined();
  });

  it('keeps so much and forgets the rest, parts included', () => {
    const made = rendition(30, 1, 20_000);
    const { segments } = made.state;
    expect(segments).toHaveLength(10);
    expect(made.segment(29)).toBeUndefined();
    expect(made.segment(30)?.bytes).toHaveLength(500);
    expect(made.partAt(30, 4)?.bytes).toHaveLength(100);
    expect(made.partAt(40, 0)?.bytes).toHaveLength(100);
    expect([made.partAt(40, 1), made.partAt(29, 0), made.partAt(30, 5)]).toEqual([
      undefined,
      undefined,
      undefined,
    ]);
  });
});

describe('a multivariant playlist', () => {
  const variant = {
    uri: 'video.m3u8',
    peakBps: 1_000,
    averageBps: 900,
    codecs: ['avc1.42c01e', 'mp4a.40.2'],
    resolution: { width: 640, height: 360 },
    frameRate: 30,
  };

  it('says of each variant what it takes and what it is (4.4.6.2), and where its sound is (4.4.6.1)', () => {
    const lines = multivariantPlaylist([variant], {
      sound: { uri: 'audio.m3u8', channels: 2 },
      independent: true,
    }).split('\n');
    expect(lines).toContain('#EXT-X-INDEPENDENT-SEGMENTS');
    expect(lines).toContain(
      '#EXT-X-MEDIA:TYPE=AUDIO,GROUP-ID="sound",NAME="Sound",DEFAULT=YES,AUTOSELECT=YES,CHANNELS="2",URI="audio.m3u8"',
    );
    expect(lines.at(-3)).toBe(
      '#EXT-X-STREAM-INF:BANDWIDTH=1000,AVERAGE-BANDWIDTH=900,CODECS="avc1.42c01e,mp4a.40.2",RESOLUTION=640x360,FRAME-RATE=30.000,AUDIO="sound"',
    );
    expect(lines.at(-2)).toBe('video.m3u8');
  });

  it('of sound alone has no picture, and promises no key frames that there are none of', () => {
    const text = multivariantPlaylist([{ ...variant, resolution: undefined, frameRate: undefined }], {
      sound: undefined,
      independent: false,
    });
    expect(text).not.toMatch(/RESOLUTION|FRAME-RATE|AUDIO=|INDEPENDENT/);
  });
});

const keysOf = (method: 'AES-128' | 'SAMPLE-AES', iv?: string): PlaylistOptions['keys'] => ({
  method,
  of: (sequence) => ({ uri: `${sequence - (sequence % 2)}.key`, iv }),
});
const heads = (lines: readonly string[]): string[] =>
  lines.filter((line) => /^#EXT-X-(?:KEY|MAP)|^\d+\.m4s/.test(line));

describe('a playlist of what is encrypted', () => {
  it('says the key before the segments that have it, and not of the initialisation segment (RFC 8216bis, 4.4.4.4)', () => {
    const made = rendition(3);
    made.restart();
    made.part(part(true));
    made.cut({ atMs: 9_000, stretch: STRETCH, durationIfEmpty: 2 });
    expect(heads(render(made, { keys: keysOf('AES-128'), partTarget: undefined }))).toEqual([
      '#EXT-X-MAP:URI="init-0.mp4"',
      '#EXT-X-KEY:METHOD=AES-128,URI="10.key"',
      '10.m4s',
      '11.m4s',
      '#EXT-X-KEY:METHOD=AES-128,URI="12.key"',
      '12.m4s',
      '#EXT-X-KEY:METHOD=NONE',
      '#EXT-X-MAP:URI="init-1.mp4"',
      '#EXT-X-KEY:METHOD=AES-128,URI="12.key"',
      '13.m4s',
    ]);
  });

  it('has no parts where segments are encrypted as a whole, and waits all the same', () => {
    const lines = render(rendition(3, 2), { keys: keysOf('AES-128'), partTarget: undefined });
    expect(lines.filter((line) => /PART|PRELOAD|SKIP/.test(line))).toEqual([]);
    expect(lines.some((line) => line.includes('CAN-BLOCK-RELOAD=YES'))).toBe(true);
  });

  it('says the key of parts whose segment is under way, and leaves none out of a delta', () => {
    const made = rendition(4, 1);
    made.turn();
    const lines = render(made, { keys: keysOf('SAMPLE-AES', '00ff'), skip: true });
    expect(count(lines, '#EXT-X-SKIP')).toBe(0);
    expect(lines.some((line) => line.includes('CAN-SKIP-UNTIL'))).toBe(false);
    const at = lines.indexOf('#EXT-X-KEY:METHOD=SAMPLE-AES,URI="14.key",IV=0x00ff');
    expect(at).toBeGreaterThan(lines.indexOf('13.m4s'));
    expect(lines[at + 1]).toBe('#EXT-X-MAP:URI="init-1.mp4"');
    expect(lines[at + 2]).toMatch(/^#EXT-X-PART:.*14\.0\.m4s/);
  });
});
