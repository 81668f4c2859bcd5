import { expect, test } from 'vitest';
import { kindOf, namedIn } from './documents.ts';
import { expand } from './targets.ts';

const sitemap = (urls: readonly string[]): string =>
  `<urlset xmlns="http://www.sitemaps.org/schemas/sitemap/0.9" xmlns:image="http://www.google.com/schemas/sitemap-image/1.1">${urls.map((url) => `<url><loc> ${url} </loc><image:image><image:loc>https://s.example/i.png</image:loc></image:image></url>`).join('')}</urlset>`;

test('a playlist names its variants, and a variant its segments, maps, keys and parts', () => {
  const master = `#EXTM3U
#EXT-X-MEDIA:TYPE=AUDIO,GROUP-ID="a",NAME="de",URI="audio/de.m3u8"
#EXT-X-STREAM-INF:BANDWIDTH=800000,AUDIO="a"
360p/index.m3u8?v=1
#EXT-X-I-FRAME-STREAM-INF:BANDWIDTH=1,URI="frames.m3u8"
`;
  expect([...namedIn('hls', master, 'https://s.example/hls/index.m3u8')].sort()).toEqual([
    'https://s.example/hls/360p/index.m3u8?v=1',
    'https://s.example/hls/audio/de.m3u8',
    'https://s.example/hls/frames.m3u8',
  ]);
  const media = `#EXTM3U
#EXT-X-TARGETDURATION:4
#EXT-X-MAP:URI="init.mp4"
#EXT-X-KEY:METHOD=AES-128,URI="/keys/1"
#EXTINF:4,
0.m4s
#EXT-X-PART:DURATION=1,URI="1.0.m4s"
#EXTINF:4,
https://other.example/1.m4s
#EXT-X-ENDLIST
`;
  expect([...namedIn('hls', media, 'https://s.example/hls/360p/index.m3u8')].sort()).toEqual([
    'https://other.example/1.m4s',
    'https://s.example/hls/360p/0.m4s',
    'https://s.example/hls/360p/1.0.m4s',
    'https://s.example/hls/360p/init.mp4',
    'https://s.example/keys/1',
  ]);
});

test('a manifest of DASH names its segments by number', () => {
  const mpd = `<?xml version="1.0"?><MPD xmlns="urn:mpeg:dash:schema:mpd:2011" type="static" mediaPresentationDuration="PT8S">
<Period><AdaptationSet mimeType="video/mp4"><SegmentTemplate media="$RepresentationID$/$Number$.m4s" initialization="$RepresentationID$/init.mp4" duration="4" timescale="1" startNumber="1"/>
<Representation id="v" bandwidth="1"/></AdaptationSet></Period></MPD>`;
  expect([...namedIn('dash', mpd, 'https://s.example/d/x.mpd')].sort()).toEqual([
    'https://s.example/d/v/1.m4s',
    'https://s.example/d/v/2.m4s',
    'https://s.example/d/v/init.mp4',
  ]);
});

test('what is none of them is refused, and kinds go by the end of a path', () => {
  for (const [kind, text] of [
    ['hls', '<html>not found</html>'],
    ['dash', '<html/>'],
    ['sitemap', '<html><loc>x</loc></html>'],
    ['sitemap', 'plain'],
    ['sitemap', ''],
  ] as const)
    expect(() => namedIn(kind, text, 'https://s.example/x')).toThrow();
  expect(['/a.m3u8?x', '/a.M3U8', '/a.mpd', '/m3u8', '/a'].map((path) => kindOf(`http://x${path}`))).toEqual([
    'hls',
    'hls',
    'dash',
    undefined,
    undefined,
  ]);
});

test('sitemaps and playlists are followed, each once, within the site', async () => {
  const documents = new Map([
    [
      'https://s.example/sitemap.xml',
      '<sitemapindex><sitemap><loc>https://s.example/1.xml</loc></sitemap><sitemap><loc>https://s.example/sitemap.xml</loc></sitemap></sitemapindex>',
    ],
    [
      'https://s.example/1.xml',
      sitemap(['https://s.example/a?x=1&amp;y=2', 'https://other.example/b', 'https://s.example/v.m3u8']),
    ],
    ['https://s.example/v.m3u8', '#EXTM3U\n#EXTINF:4,\n0.ts\n#EXTINF:4,\nv.m3u8\n#EXT-X-ENDLIST\n'],
  ]);
  const asked: string[] = [];
  const expanded = await expand(
    [new URL('https://s.example/0.ts#here'), new URL('https://s.example/c')],
    [new URL('https://s.example/sitemap.xml')],
    {
      async text(url) {
        asked.push(url.href);
        const text = documents.get(url.href);
        if (text === undefined) throw new Error('it is not there');
        return text;
      },
      isOwn: async (host) => host === 's.example',
      onFound: () => undefined,
    },
  );
  expect(expanded.urls.map(({ href }) => href)).toEqual([
    'https://s.example/a?x=1&y=2',
    'https://s.example/v.m3u8',
    'https://s.example/0.ts',
    'https://s.example/c',
  ]);
  expect(expanded.others).toBe(1);
  expect(asked).toEqual([
    'https://s.example/sitemap.xml',
    'https://s.example/1.xml',
    'https://s.example/v.m3u8',
  ]);
});
