import { describe, expect, it } from 'vitest';
import { readOriginSettings } from '../origin/origin-settings.ts';
import type { PlainSettings } from '../origin/origin-settings.ts';
import { leadsToOrigin, rewriteOriginLinks } from './origin-links.ts';

const settings = (over: Partial<PlainSettings> = {}) =>
  readOriginSettings({
    origin: 'http://10.0.0.1:3000',
    originHost: null,
    originHeaders: [],
    probe: [],
    domains: [],
    ...over,
  });
const viewer = { scheme: 'https', host: 'label.zone', port: 8443 } as const;
const rewritten = (
  name: string,
  value: string,
  over: Partial<PlainSettings> = {},
  who: Parameters<typeof rewriteOriginLinks>[2] = viewer,
) => rewriteOriginLinks([name, value], settings(over), who)[1];

describe('what leads to the origin leads to the resource', () => {
  it.each([
    ['Location', 'http://10.0.0.1:3000/sub/', 'https://label.zone:8443/sub/'],
    ['location', 'HTTP://10.0.0.1:3000', 'https://label.zone:8443'],
    ['Location', 'http://user:pw@10.0.0.1:3000/a%2fb?c=d#e', 'https://label.zone:8443/a%2fb?c=d#e'],
    ['Location', '//10.0.0.1:3000/sub/', '//label.zone:8443/sub/'],
    ['Content-Location', 'http://10.0.0.1:3000/x.en', 'https://label.zone:8443/x.en'],
    ['Refresh', '5; url=http://10.0.0.1:3000/next', '5; url=https://label.zone:8443/next'],
    ['Refresh', '0;URL="http://10.0.0.1:3000/next"', '0;URL="https://label.zone:8443/next"'],
    ['Refresh', '0, url=http://10.0.0.1:3000/next', '0, url=https://label.zone:8443/next'],
    [
      'Link',
      '<http://10.0.0.1:3000/a.css>; rel=preload, </b.css>; rel=preload, <http://10.0.0.1:3000/?p=2>; rel="next"',
      '<https://label.zone:8443/a.css>; rel=preload, </b.css>; rel=preload, <https://label.zone:8443/?p=2>; rel="next"',
    ],
  ])('%s: %s', (name, value, expected) => {
    expect(rewritten(name, value)).toBe(expected);
  });

  it.each([
    ['Location', '/sub/'],
    ['Location', 'sub/'],
    ['Location', 'http://10.0.0.1/sub/'],
    ['Location', 'http://10.0.0.1:30000/sub/'],
    ['Location', 'http://10.0.0.1:3000.evil.example/'],
    ['Location', 'http://evil.example/http://10.0.0.1:3000/'],
    ['Location', 'http://x10.0.0.1:3000/'],
    ['Location', 'ftp://10.0.0.1:3000/'],
    ['Refresh', '5'],
    ['Link', '</a.css>; rel=preload; title="<http://10.0.0.1:3000/>"'],
    ['X-Other', 'http://10.0.0.1:3000/'],
  ])('%s: %s stays', (name, value) => {
    expect(rewritten(name, value)).toBe(value);
  });

  it('also by the host that the origin is asked by, and from one usual port to the other', () => {
    const over = { origin: 'http://10.0.0.1', originHost: 'www.example.org' };
    const plain = { scheme: 'http', host: 'label.zone', port: undefined } as const;
    expect(rewritten('Location', 'http://www.example.org/a', over, plain)).toBe('http://label.zone/a');
    // A redirect to https goes there, and does not come back as http.
    expect(rewritten('Location', 'https://www.example.org/a', over, plain)).toBe('https://label.zone/a');
    expect(rewritten('Location', 'https://WWW.example.org:443/a', over, viewer)).toBe(
      'https://label.zone:8443/a',
    );
    expect(rewritten('Location', 'http://www.example.org/a', over, viewer)).toBe('https://label.zone:8443/a');
    expect(rewritten('Location', 'http://[::1]/a', { origin: 'http://[::1]' }, plain)).toBe(
      'http://label.zone/a',
    );
  });

  it('unless the settings keep it', () => {
    const value = 'http://10.0.0.1:3000/sub/';
    expect(rewritten('Location', value, { originLinks: 'keep' })).toBe(value);
    expect(leadsToOrigin(['Location', value], settings())).toBe(true);
    expect(leadsToOrigin(['Location', value], settings({ originLinks: 'keep' }))).toBe(false);
    expect(leadsToOrigin(['Location', '/sub/'], settings())).toBe(false);
  });
});
