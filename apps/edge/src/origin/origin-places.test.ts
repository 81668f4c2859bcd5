import { describe, expect, it } from 'vitest';
import { withoutPrefix } from './origin-prefix.ts';
import { readOriginSettings } from './origin-settings.ts';

const read = (
  rules: readonly string[],
  origin = 'https://a.example/site',
  originHost: string | null = null,
) => readOriginSettings({ origin, originHost, originHeaders: [], probe: [], domains: [], rules }).places;

describe('places', () => {
  it('are the own origin and those of the rules; a rule with its URL is about the own one', () => {
    expect(read(['origin https://b.example weight=2 backup host=www.example sni=tls.example'])).toMatchObject(
      [
        { origin: 'https://a.example', prefix: '/site', weight: 1, backup: false, hostHeader: 'a.example' },
        {
          origin: 'https://b.example',
          prefix: '',
          weight: 2,
          backup: true,
          hostHeader: 'www.example',
          serverName: 'tls.example',
        },
      ],
    );
    const own = read(['origin https://a.example/site weight=5'], undefined, 'own.example');
    expect(own).toHaveLength(1);
    expect(own).toMatchObject([{ weight: 5, hostHeader: 'own.example' }]);
    // Another path at the same address is another origin.
    expect(read(['origin https://a.example'])).toHaveLength(2);
  });

  it.each([
    [['origin https://b.example', 'origin https://B.example:443/'], /twice/],
    [['origin https://a.example/site backup'], /all its origins are backups/],
    [Array.from({ length: 16 }, (_, i) => `origin https://b${i}.example`), /more than 16/],
    [['origin http://b.example sni=x.example'], /sni without https/],
    [['origin b.example'], /no origin in "b.example"/],
    [['origin https://b.example weight=0'], /weight=0/],
    [['balance least', 'balance ring'], /the second that begins with "balance"/],
  ])('%j cannot be followed', (rules, why) => {
    expect(() => read(rules)).toThrow(expect.objectContaining({ code: 'edge/bad-settings' }));
    expect(() => read(rules)).toThrow(why);
  });
});

describe('what an origin behind a path says of places', () => {
  const places = read(['origin https://b.example/b/c', 'origin https://a.example']);
  const [a, b, root] = places;
  if (a === undefined || b === undefined || root === undefined) throw new Error('three places');
  const said = (place: typeof a, name: string, value: string) =>
    withoutPrefix([name, value], place, places)[1];

  it.each([
    ['Location', '/site/sub/', '/sub/'],
    ['Location', '/site', '/'],
    ['Location', '/site?x=1', '/?x=1'],
    ['Location', '/site//evil.example/', '/evil.example/'],
    ['Location', '/sitemap', '/sitemap'],
    ['Location', '/other', '/other'],
    ['Location', 'sub/', 'sub/'],
    ['Location', 'https://a.example/site/sub/', 'https://a.example/sub/'],
    ['Location', 'https://a.example/site/site/x', 'https://a.example/site/x'],
    ['Location', 'https://b.example/b/c/sub/', 'https://b.example/sub/'],
    ['Location', 'https://else.example/site/sub/', 'https://else.example/site/sub/'],
    ['Content-Location', '/site/x.en', '/x.en'],
    ['Refresh', '5; url=/site/next', '5; url=/next'],
    [
      'Link',
      '</site/a.css>; rel=preload, </b.css>; title="</site/>"',
      '</a.css>; rel=preload, </b.css>; title="</site/>"',
    ],
    ['Set-Cookie', 'a=1; Path=/site; Secure', 'a=1; Path=/; Secure'],
    ['Set-Cookie', 'a=/site; path=/site/x', 'a=/site; path=/x'],
    ['X-Other', '/site/x', '/site/x'],
  ])('%s: %s', (name, value, expected) => {
    expect(said(a, name, value)).toBe(expected);
  });

  it('is told by who said it', () => {
    expect(said(b, 'Location', '/site/x')).toBe('/site/x');
    expect(said(b, 'Location', '/b/c/x')).toBe('/x');
    expect(said(root, 'Location', '/site/x')).toBe('/site/x');
    expect(said(root, 'Location', 'https://a.example/site/x')).toBe('https://a.example/site/x');
  });
});
