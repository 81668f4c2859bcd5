import { describe, expect, it } from 'vitest';
import { nextDashSegments } from './dash.ts';

const URL_OF = 'http://site.example/live/manifest.mpd?x=1';
const next = (text: string, nowMs = 0): readonly string[] =>
  nextDashSegments(text, { count: 2, nowMs, url: URL_OF }).map((name) =>
    name.replace('http://site.example', ''),
  );

const TWO_SETS = (mpd: string, template: string): string => `<?xml version="1.0" encoding="utf-8"?>
<MPD xmlns="urn:mpeg:dash:schema:mpd:2011" ${mpd}>
  <Period id="0" start="PT0S">
    <AdaptationSet contentType="video">
      ${template}
      <Representation id="high" bandwidth="3000000"/>
      <Representation id="low" bandwidth="300000"/>
    </AdaptationSet>
    <AdaptationSet contentType="audio">
      ${template}
      <Representation id="sound" bandwidth="96000"/>
    </AdaptationSet>
  </Period>
</MPD>`;

describe('of a manifest that has ended', () => {
  it('the leanest of each kind is begun with', () => {
    const template =
      '<SegmentTemplate initialization="$RepresentationID$/init.mp4" media="$RepresentationID$/$Number%05d$.m4s" duration="4000" timescale="1000"/>';
    expect(next(TWO_SETS('type="static"', template))).toEqual([
      '/live/low/init.mp4',
      '/live/low/00001.m4s',
      '/live/low/00002.m4s',
      '/live/sound/init.mp4',
      '/live/sound/00001.m4s',
      '/live/sound/00002.m4s',
    ]);
  });

  it.each([
    [
      'a list',
      '<SegmentList><Initialization sourceURL="i.mp4"/><SegmentURL media="a.m4s"/><SegmentURL media="b.m4s"/><SegmentURL media="c.m4s"/></SegmentList>',
      ['i.mp4', 'a.m4s', 'b.m4s'],
    ],
    [
      'times',
      '<SegmentTemplate media="$Bandwidth$-$Time$.m4s" startNumber="7"><SegmentTimeline><S t="90" d="10"/><S d="20" r="3"/></SegmentTimeline></SegmentTemplate>',
      ['300000-90.m4s', '300000-100.m4s'],
    ],
    ['one file', '<SegmentBase indexRange="0-1"/>', []],
    ['a template of other parts', '<SegmentTemplate media="$SubNumber$.m4s" duration="1"/>', []],
    ['a dollar', '<SegmentTemplate media="$$$Number$.m4s" duration="1"/>', ['$1.m4s', '$2.m4s']],
    ['a width of thousands', '<SegmentTemplate media="$Number%099d$.m4s" duration="1"/>', []],
    ['no time at all', '<SegmentTemplate media="$Number$.m4s" duration="0"/>', []],
  ])('%s', (_name, template, expected) => {
    const names = next(TWO_SETS('type="static"', template)).map((name) => name.replace('/live/', ''));
    expect(names.slice(0, expected.length)).toEqual(expected);
    if (expected.length === 0) expect(names).toEqual([]);
  });
});

describe('of a manifest that goes on', () => {
  it('the newest of each representation, by its timeline', () => {
    const template =
      '<SegmentTemplate media="$RepresentationID$/$Number$-$Time$.m4s" startNumber="100"><SegmentTimeline><S t="0" d="4" r="9"/><S d="2"/></SegmentTimeline></SegmentTemplate>';
    expect(next(TWO_SETS('type="dynamic"', template))).toEqual([
      '/live/low/110-40.m4s',
      '/live/high/110-40.m4s',
      '/live/sound/110-40.m4s',
    ]);
  });

  it('by the clock, the last that is whole', () => {
    const template =
      '<SegmentTemplate media="$RepresentationID$-$Number$.m4s" startNumber="1" duration="180180" timescale="90000"/>';
    const text = TWO_SETS('type="dynamic" availabilityStartTime="2026-01-01T00:00:00Z"', template);
    const begun = Date.UTC(2026, 0, 1);
    // 2.002 s each: none at 2 s, one at 2.1, 49 at 100.
    expect(next(text, begun + 2_000)).toEqual([]);
    expect(next(text, begun + 2_100)[0]).toBe('/live/low-1.m4s');
    expect(next(text, begun + 100_000)[0]).toBe('/live/low-49.m4s');
    expect(next(text, begun - 5_000)).toEqual([]);
  });
});

it('BaseURLs count, one after the other', () => {
  const text = `<MPD type="static"><BaseURL>../vod/</BaseURL><Period><BaseURL> p1/ </BaseURL><AdaptationSet>
    <Representation id="r"><BaseURL>r/</BaseURL><SegmentTemplate media="$Number$.m4s" duration="1"/></Representation>
    </AdaptationSet></Period></MPD>`;
  expect(next(text)).toEqual(['/vod/p1/r/1.m4s', '/vod/p1/r/2.m4s']);
  expect(next(text.replace('../vod/', 'https://other.example/'))[0]).toBe('https://other.example/p1/r/1.m4s');
});

it.each([
  ['no XML', '<MPD'],
  ['another document', '<html></html>'],
  ['no period', '<MPD type="static"></MPD>'],
  ['entities of its own', '<!DOCTYPE MPD [<!ENTITY a "b">]><MPD type="static"><Period>&a;</Period></MPD>'],
  ['a depth that no stack has', `${'<a>'.repeat(30_000)}${'</a>'.repeat(30_000)}`],
  ['more than is read', `<MPD type="static">${' '.repeat(2 ** 18)}</MPD>`],
  [
    'runs without an end',
    TWO_SETS(
      'type="dynamic"',
      '<SegmentTemplate media="$Time$.m4s"><SegmentTimeline><S t="0" d="4" r="-1"/></SegmentTimeline></SegmentTemplate>',
    ),
  ],
  [
    'numbers beyond all measure',
    TWO_SETS(
      'type="dynamic"',
      '<SegmentTemplate media="$Time$.m4s"><SegmentTimeline><S t="999999999999999" d="999999999999999" r="999999999999999"/></SegmentTimeline></SegmentTemplate>',
    ),
  ],
])('%s names nothing', (_name, text) => {
  expect(next(text)).toEqual([]);
});

it('eight names at most', () => {
  const many = Array.from({ length: 50 }, (_, no) => `<Representation id="r${no}" bandwidth="${no}"/>`).join(
    '',
  );
  const text = `<MPD type="dynamic"><Period><AdaptationSet><SegmentTemplate initialization="$RepresentationID$.mp4" media="$RepresentationID$-$Time$.m4s"><SegmentTimeline><S d="1" r="5"/></SegmentTimeline></SegmentTemplate>${many}</AdaptationSet></Period></MPD>`;
  expect(next(text)).toHaveLength(8);
});
