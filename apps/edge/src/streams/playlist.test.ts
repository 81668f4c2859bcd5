import { describe, expect, it } from 'vitest';
import { isPlaylist, nextSegments, readPlaylist } from './playlist.ts';
import { targetBelow } from './prefetch.ts';

const hls = (...lines: readonly string[]): Buffer => Buffer.from(['#EXTM3U', ...lines, ''].join('\n'));

const url = 'http://site.example/live/index.m3u8';
const two = { count: 2, nowMs: 0, url };

describe('a playlist', () => {
  it.each([
    [hls('#EXT-X-TARGETDURATION:6'), { kind: 'live', stepMs: 6_000 }],
    [hls('#EXT-X-TARGETDURATION:4', '#EXT-X-PART-INF:PART-TARGET=0.334'), { kind: 'live', stepMs: 334 }],
    [hls('#EXT-X-TARGETDURATION:6', '#EXT-X-ENDLIST'), { kind: 'still' }],
    [hls('#EXT-X-PLAYLIST-TYPE:VOD', '#EXT-X-TARGETDURATION:6'), { kind: 'still' }],
    [hls('#EXT-X-STREAM-INF:BANDWIDTH=1', 'low.m3u8'), { kind: 'still' }],
    [hls('#EXT-X-TARGETDURATION:0'), { kind: 'still' }],
    [
      Buffer.from('<?xml version="1.0"?><MPD type="dynamic" minimumUpdatePeriod="PT2.5S">'),
      { kind: 'live', stepMs: 2_500 },
    ],
    [Buffer.from('<MPD type="dynamic" minimumUpdatePeriod="PT1M">'), { kind: 'live', stepMs: 60_000 }],
    [Buffer.from('<MPD type="dynamic" maxSegmentDuration="PT4S">'), { kind: 'live', stepMs: 4_000 }],
    [
      Buffer.from('<MPD type="dynamic" minimumUpdatePeriod="P0Y0M0DT0H0M2.0S">'),
      { kind: 'live', stepMs: 2_000 },
    ],
    [Buffer.from('<MPD type="dynamic" minimumUpdatePeriod="PT0S">'), { kind: 'live', stepMs: 1_000 }],
    [Buffer.from('<MPD type="static" mediaPresentationDuration="PT9S">'), { kind: 'still' }],
    [Buffer.from('<html>'), { kind: 'still' }],
    [Buffer.alloc(0), { kind: 'still' }],
  ])('%s', (body, expected) => {
    expect(readPlaylist(body)).toEqual(expected);
  });

  it('is known by type or by name', () => {
    expect(isPlaylist('/a', 'application/vnd.apple.mpegurl; charset=utf-8')).toBe(true);
    expect(isPlaylist('/a.M3U8', undefined)).toBe(true);
    expect(isPlaylist('/a.mpd', 'text/xml')).toBe(true);
    expect(isPlaylist('/a.ts', 'video/mp2t')).toBe(false);
  });

  it('names what comes next: the newest of what goes on, the first of what has ended, and what they begin with', () => {
    const segments = [
      '#EXT-X-MAP:URI="init.mp4"',
      '#EXTINF:6,',
      '1.m4s',
      '#EXTINF:6,',
      '2.m4s',
      '#EXTINF:6,',
      '3.m4s',
    ];
    expect(nextSegments(hls('#EXT-X-TARGETDURATION:6', ...segments), two)).toEqual([
      'init.mp4',
      '2.m4s',
      '3.m4s',
    ]);
    expect(nextSegments(hls('#EXT-X-TARGETDURATION:6', ...segments, '#EXT-X-ENDLIST'), two)).toEqual([
      'init.mp4',
      '1.m4s',
      '2.m4s',
    ]);
    expect(nextSegments(hls('#EXT-X-STREAM-INF:BANDWIDTH=1', 'low.m3u8'), two)).toEqual([]);
  });
});

describe('a name in a playlist', () => {
  const of = { target: '/live/a/index.m3u8?x=1', viewer: { scheme: 'http', host: 'site.example' } } as const;
  it.each([
    ['2.ts', '/live/a/2.ts'],
    ['../b/2.ts?t=1', '/live/b/2.ts?t=1'],
    ['/2.ts', '/2.ts'],
    ['http://site.example/2.ts', '/2.ts'],
    ['https://site.example/2.ts', undefined],
    ['http://site.example:81/2.ts', undefined],
    ['//evil.example/2.ts', undefined],
    ['http://127.0.0.1/2.ts', undefined],
    ['http://u:p@site.example/2.ts', undefined],
    ['file:///etc/passwd', undefined],
    ['http://site.example//evil/2.ts', undefined],
    ['/.well-known/media-network/receipts', undefined],
    [`/${'x'.repeat(3_000)}`, undefined],
  ])('%s leads to %s', (name, target) => {
    expect(targetBelow(of, name)).toBe(target);
  });
});

it('a playlist is read once, whatever an origin writes', () => {
  // Read anew from every character on, this would take hours.
  expect(readPlaylist(Buffer.from('<MPD'.repeat(500_000)))).toEqual({ kind: 'still' });
});
