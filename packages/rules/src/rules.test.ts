import { expect, test, describe } from 'vitest';
import {
  accessOf,
  askedWith,
  firstFor,
  isSharedWholly,
  keyedTarget,
  lifetimeOf,
  preflightFields,
  readRules,
  redirected,
  rulePath,
  keptFields,
  sharedFields,
  viewersFields,
  VERBS,
} from './index.ts';
import type { Asker, Rules } from './index.ts';

function rules(...lines: readonly string[]): Rules {
  const read = readRules(lines);
  if (read.kind === 'wrong') throw new Error(read.why);
  return read.rules;
}

const wrongs = (line: string): string => {
  const read = readRules([line]);
  return read.kind === 'wrong' ? read.why : 'fine';
};

const OK = { status: 200, contentType: 'text/html' };

describe('a line', () => {
  test.each(VERBS.flatMap(({ name, examples }) => examples.map((line) => [name, line])))(
    '%s: %s',
    (name, line) => {
      expect(line.split(' ')[0]).toBe(name);
      const keys = ['site', 'partner'].map((key) => `signing-key ${key} hmac=${'a'.repeat(43)}`);
      const read = readRules(name === 'sign' ? [line, ...keys] : [line]);
      expect(read.kind === 'wrong' ? read.why : 'fine').toBe('fine');
    },
  );

  test.each([
    ['', /is empty/],
    ['cachee /x ttl=1h', /no verb that there is: cachee/],
    ['cache /x', /says nothing of a lifetime/],
    ['cache /x ttl=soon', /no time in ttl=soon/],
    ['cache /x never ttl=1h', /never and a lifetime/],
    ['cache /x ttl=1h ttl=2h', /ttl more than once/],
    ['cache /x /y ttl=1h', /does not take: \/y/],
    ['cache x ttl=1h', /begins with neither/],
    ['cache /x?y ttl=1h', /query or fragment/],
    ['cache /*/*/*/*/*/*/*/*/* ttl=1h', /more than 8 stars/],
    ['cache /x tll=1h', /does not have: tll/],
    ['cache type=html ttl=1h', /no media type/],
    ['header set="X-A: 1\u0000"', /control character/],
    ['header set="X-A: \u0142"', /cannot be sent/],
    ['header set="Content-Length: 1"', /not its to change/],
    ['header set="Media-Edge: 1"', /not its to change/],
    ['peerpool off', /write peerpool script or peerpool on/],
    ['peerpool', /write peerpool script or peerpool on/],
    ['live /a /b', /does not take: \/b/],
    ['hints at=once', /does not have: at/],
    ['compress /x off min=1kb', /off and what to code/],
    ['compress /x min=small', /no size in min=small/],
    ['compress /x types=html', /no media type/],
    ['slice /x size=17mb', /from 1mb to 16mb/],
    ['slice /x size=512kb', /from 1mb to 16mb/],
    ['slice /x size=4mb above=2mb', /no smaller than a slice/],
    ['slice /x above=many', /a size such as 64mb/],
    ['slice /x off size=2mb', /off and a size/],
    ['header set="X-A: 1', /never closed/],
    ['redirect /a', /needs two places/],
    ['redirect /a //evil.example/', /leads nowhere/],
    ['redirect /a/* https://$1/', /leads nowhere/],
    ['redirect /a/* https://x@evil/', /leads nowhere/],
    ['redirect /a /b/$1', /has \$1, but its path has 0 stars/],
    ['redirect /a javascript:alert(1)', /leads nowhere/],
    ['cors origins=* credentials', /credentials to every site/],
    ['cors /x', /names no origins/],
    ['error 200 /x', /no error in "200"/],
    ['error 404 //evil/x', /no page/],
    ['limit rate=0/s', /no rate/],
    ['allow', /names nobody/],
    ['allow country=DEU', /no country/],
    ['deny address=10.0.0.0/33', /no network/],
    ['deny address=1::2::3', /no network/],
    ['sign /x key=gone', /no key gone/],
    ['sign /x', /names no key/],
    ['signing-key a hmac=AAAA', /secret of 3 bytes/],
    ['signing-key a ed25519=AAAA', /public key of 3 bytes/],
    ['signing-key a hmac=!', /not base64/],
    ['signing-key a', /needs one key/],
    ['cache-key header=Cookie', /cannot be part of a key/],
    [`cache /${'x'.repeat(3_000)} ttl=1h`, /longer than/],
  ])('%s is none', (line, why) => {
    expect(wrongs(line)).toMatch(why);
  });

  test('says which of many is wrong, and there are not too many', () => {
    expect(readRules(['cache ttl=1h', 'nothing'])).toMatchObject({ kind: 'wrong', line: 1 });
    expect(readRules(Array.from({ length: 201 }, () => 'cache ttl=1h'))).toMatchObject({ kind: 'wrong' });
  });
});

describe('a path', () => {
  test.each([
    ['/a/b', '/a/b', []],
    ['/a/b', '/a/b/', undefined],
    ['/a/*', '/a/', ['']],
    ['/a/*', '/a', undefined],
    ['*.css', '/x/y.css', ['/x/y']],
    ['/*/b/*', '/a/b/c', ['a', 'c']],
    ['/a*a', '/a', undefined],
    ['/x/*/y', '/x/1/2/y', ['1/2']],
  ])('%s and %s', (pattern, path, stars) => {
    expect(rules(`cache ${pattern} ttl=1h`).cache[0]?.path.match(path)).toEqual(stars);
  });

  test.each([
    ['/private/x', '/private/x'],
    ['/%70rivate/x', '/private/x'],
    ['/private%2Fx?y', '/private/x'],
    ['/a//private', '/a/private'],
    ['/a\\private', '/a/private'],
    ['/%252e', '/%2e'],
  ])('%s is seen as %s', (target, path) => {
    expect(rulePath(target)).toBe(path);
  });

  test('of letters beyond ASCII is the same as browsers send it', () => {
    expect(rules('cache /café/* ttl=1h').cache[0]?.path.match(rulePath('/caf%C3%A9/x'))).toEqual(['x']);
  });

  test('costs little, whatever pattern and path', () => {
    const { path } = rules('cache /*a*a*a*a*a*a*b ttl=1h').cache[0] ?? { path: undefined };
    expect(path?.match(`/${'a'.repeat(8_000)}`)).toBeUndefined();
  });
});

describe('cache', () => {
  const ours = rules(
    'cache /api/* never',
    'cache type=image/* ttl=7d swr=1h',
    'cache default=10m negative=30s',
  );
  test.each([
    ['/api/x', 200, 'image/png', { never: true }],
    ['/x.png', 200, 'image/png', { ttl: 604_800, staleWhileRevalidate: 3_600 }],
    ['/x', 200, 'text/html; charset=utf-8', { fallback: 600 }],
    ['/x', 404, 'text/html', { ttl: 30 }],
    ['/x', 500, 'text/html', undefined],
  ])('%s, %i, %s', (path, status, contentType, lifetime) => {
    expect(lifetimeOf(ours.cache, { path, status, contentType })).toEqual(lifetime);
  });

  test('drops cookies where it is told to', () => {
    const read = rules('cache /l/* ttl=5m cookies=drop');
    expect(keptFields(read, '/l/x', ['Set-Cookie', 'a=1', 'X', 'y'])).toEqual(['X', 'y']);
    expect(keptFields(read, '/m', ['Set-Cookie', 'a=1'])).toEqual(['Set-Cookie', 'a=1']);
  });
});

describe('cache-key', () => {
  test.each([
    ['query=none', '/p?a=1', '/p'],
    ['query=only:a,b', '/p?c=1&b=2&a=3', '/p?b=2&a=3'],
    ['query=not:utm_*,gclid', '/p?utm_source=x&a=1&gclid=2', '/p?a=1'],
    ['query=not:utm_*', '/p?utm_source=x', '/p'],
    ['sort', '/p?b=2&a=1&b=1', '/p?a=1&b=2&b=1'],
    ['sort', '/p', '/p'],
  ])('%s: %s is %s', (line, target, keyed) => {
    expect(keyedTarget(firstFor(rules(`cache-key ${line}`).cacheKey, '/p'), target)).toBe(keyed);
  });

  test('shows the origin only what counts, and says what answers vary by', () => {
    const read = rules('cache-key cookie=lang,cur device', 'origin-header set="X-Key: 1" remove=Accept');
    const raw = ['Cookie', 'id=7; cur=EUR; lang=de; lang=fr', 'User-Agent', 'iPhone Mobile', 'Accept', '*/*'];
    const header = (name: string): string | undefined =>
      raw[raw.findIndex((each) => each.toLowerCase() === name) + 1];
    const asked = askedWith({ rawHeaders: raw, header }, read.cacheKey[0], read.originHeader);
    expect(asked.rawHeaders).toEqual([
      'User-Agent',
      'iPhone Mobile',
      'Cookie',
      'lang=de; cur=EUR',
      'Media-Device',
      'mobile',
      'X-Key',
      '1',
    ]);
    expect(asked.header('cookie')).toBe('lang=de; cur=EUR');
    expect(keptFields(read, '/x', ['Vary', 'Accept'])).toEqual(['Vary', 'Accept, Cookie, Media-Device']);
  });
});

const raw = (...fields: readonly string[]): readonly string[] => fields;
const view = (fields: readonly string[]): Parameters<typeof askedWith>[0] => ({
  rawHeaders: fields,
  header: (name) => fields[fields.findIndex((each, i) => i % 2 === 0 && each.toLowerCase() === name) + 1],
});

describe('what the origin is asked with', () => {
  test('no viewer takes away what a rule sets, nor says it beside in another spelling', () => {
    const { originHeader } = rules('origin-header set="X-Gate: ours"');
    const asked = askedWith(
      view(raw('Connection', 'close, X-Gate, X-Hop', 'X_Gate', 'evil', 'X-Hop', '1')),
      undefined,
      originHeader,
    );
    expect(asked.rawHeaders).toEqual(['X-Gate', 'ours']);
    const device = askedWith(view(raw('Media_Device', 'evil')), rules('cache-key device').cacheKey[0], []);
    expect(device.rawHeaders).toEqual(['Media-Device', 'desktop']);
  });

  test('what is only added leaves the viewer its own', () => {
    const { originHeader } = rules('origin-header add="Cookie: edge=1" set="X-A: 1"');
    const asked = askedWith(view(raw('Cookie', 'session=alice')), undefined, originHeader);
    expect(asked.header('cookie')).toBe('session=alice; edge=1');
    expect(asked.own('cookie')).toBe('session=alice; edge=1');
    expect(asked.own('x-a')).toBeUndefined();
  });

  test('a long word of a viewer costs no more than a short one says', () => {
    const { cacheKey } = rules('cache-key device sort');
    const agent = 'Android'.repeat(100_000);
    expect(askedWith(view(raw('User-Agent', agent)), cacheKey[0], []).header('media-device')).toBe('tablet');
    const many = Array.from({ length: 400 }, (_, i) => `p${400 - i}`).join('&');
    expect(keyedTarget(cacheKey[0], `/p?${many}`)).toBe(`/p?${many}`);
  });
});

describe('redirect', () => {
  const ours = rules('redirect /old/* /$1', 'redirect /out https://b.example/?x=1', 'redirect /f /g#top');
  test.each([
    ['/old/a%20b?q=1', '/a%20b?q=1'],
    ['/old//evil.example', '/evil.example'],
    ['/old/%0d%0aSet-Cookie:x', '/%0D%0ASet-Cookie:x'],
    ['/old/%5c%5cevil', '/evil'],
    ['/old/%3Fx', '/%3Fx'],
    ['/out?y=2', 'https://b.example/?x=1'],
    ['/f?y=2', '/g?y=2#top'],
    ['/none', undefined],
  ])('%s leads to %s', (target, location) => {
    expect(redirected(ours.redirect, rulePath(target), target)?.location).toBe(location);
  });
});

const asker = (over: Partial<Asker> = {}): Asker => ({
  method: 'GET',
  address: '192.0.2.7',
  referer: undefined,
  host: 'shop.example',
  country: () => 'DE',
  ...over,
});

describe('access', () => {
  test.each<[string, Partial<Asker>, string]>([
    ['allow country=DE,AT', {}, 'open'],
    ['allow country=FR', {}, 'country'],
    ['allow country=FR', { country: () => undefined }, 'country'],
    ['deny country=DE', {}, 'country'],
    ['deny country=FR', { country: () => undefined }, 'open'],
    ['allow address=192.0.2.0/24', {}, 'open'],
    ['allow address=192.0.2.0/24', { address: '::ffff:192.0.2.9' }, 'open'],
    ['allow address=192.0.2.0/24', { address: undefined }, 'address'],
    ['deny address=2001:db8::/32', { address: '2001:db8::1' }, 'address'],
    ['deny address=2001:db8::/32', { address: '2001:db9::1' }, 'open'],
    ['allow method=GET', { method: 'HEAD' }, 'open'],
    ['allow method=GET', { method: 'OPTIONS' }, 'open'],
    ['allow method=GET', { method: 'POST' }, 'method'],
    ['deny method=OPTIONS', { method: 'OPTIONS' }, 'method'],
    ['allow referer=*.friend.example', { referer: 'https://a.friend.example/x' }, 'open'],
    ['allow referer=*.friend.example', { referer: 'https://shop.example/x' }, 'open'],
    ['allow referer=*.friend.example', { referer: 'https://evilfriend.example/' }, 'referer'],
    ['allow referer=*.friend.example', {}, 'referer'],
    ['allow referer=friend.example,none', {}, 'open'],
    ['deny referer=thief.example', { referer: 'https://thief.example/' }, 'referer'],
    ['deny referer=thief.example', { referer: 'https://shop.example/' }, 'open'],
    ['allow referer=x', { referer: 'nonsense' }, 'referer'],
  ])('%s', (line, over, by) => {
    const access = accessOf(rules(line).access, '/x', asker(over));
    expect(access.kind === 'closed' ? access.by : 'open').toBe(by);
  });

  test('holds for its path in every spelling, and nobody is asked for a country in vain', () => {
    const read = rules('deny /admin/* address=0.0.0.0/0,::/0');
    const ask = asker({
      country() {
        throw new Error('asked');
      },
    });
    expect(accessOf(read.access, rulePath('/%61dmin//x'), ask).kind).toBe('closed');
    expect(accessOf(read.access, rulePath('/adminx'), ask).kind).toBe('open');
    for (const target of ['/admin;/x', '/admin;a=b/x', '/admin%3b/x'])
      expect([target, accessOf(read.access, rulePath(target), ask).kind]).toEqual([target, 'closed']);
  });
});

describe('cors and https', () => {
  const ours = rules(
    'cors /fonts/* origins=*',
    'cors /api/* origins=https://a.example credentials methods=GET,PUT expose=X-Total',
    'https /api/* hsts=1d subdomains',
  );
  const seeApi = (origin: string | undefined): readonly string[] =>
    viewersFields(ours, '/api/x', { origin, scheme: 'http' }, ['Vary', 'Accept']);

  test('every site may read what is open to every site', () => {
    expect(
      sharedFields(ours, '/fonts/x', OK, ['Access-Control-Allow-Origin', 'https://old.example']),
    ).toEqual(['Access-Control-Allow-Origin', '*']);
    expect(isSharedWholly(ours, '/fonts/x')).toBe(true);
    expect(isSharedWholly(ours, '/api/x')).toBe(false);
  });

  test('others only those that are named', () => {
    expect(seeApi('https://a.example').join('|')).toBe(
      'Vary|Accept, Origin|Access-Control-Allow-Origin|https://a.example|Access-Control-Allow-Credentials|true|Access-Control-Expose-Headers|X-Total',
    );
    expect(seeApi('https://b.example')).toEqual(['Vary', 'Accept, Origin']);
    expect(seeApi(undefined)).toEqual(['Vary', 'Accept, Origin']);
  });

  test('preflights are answered', () => {
    expect(preflightFields(ours, '/api/x', 'https://a.example')?.join(' ')).toMatch(/Allow-Methods GET, PUT/);
    expect(preflightFields(ours, '/api/x', 'https://b.example')).toEqual(['Vary', 'Origin']);
    expect(preflightFields(ours, '/', 'https://b.example')).toBeUndefined();
  });

  test('browsers are told to come by https where they did', () => {
    const fields = viewersFields(ours, '/api/x', { origin: undefined, scheme: 'https' }, []);
    expect(fields).toContain('max-age=86400; includeSubDomains');
  });

  test('fields of good answers are left as they are on bad ones, unless they are meant always', () => {
    const read = rules(
      'header /a/* set="Cache-Control: max-age=9"',
      'header always type=text/html add="X-A: 1"',
    );
    expect(sharedFields(read, '/a/x', OK, [])).toEqual(['Cache-Control', 'max-age=9', 'X-A', '1']);
    expect(sharedFields(read, '/a/x', { ...OK, status: 502 }, [])).toEqual(['X-A', '1']);
    expect(sharedFields(read, '/b', { status: 200, contentType: 'text/css' }, [])).toEqual([]);
  });
});
