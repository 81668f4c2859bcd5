import { createHash } from 'node:crypto';
import { mutated } from '@media-network/runtime/testing';
import type { FuzzRandom, FuzzTarget } from '@media-network/runtime/testing';
import { HEAD_BYTES, bodyOffsetFor, decodeHead, encodeHead, headLength } from '../src/disk-head.ts';
import {
  cacheKey,
  currentAgeSeconds,
  entryMeta,
  evaluateConditions,
  evaluateRange,
  freshnessOf,
  keyScope,
  lookupIn,
  parseCacheControl,
  parseRange,
  parseTargetedCacheControl,
  readCacheGroups,
  readNoVarySearch,
  readVary,
  reuse,
  secondaryKey,
  significantSearch,
  storability,
} from '../src/index.ts';

const NOW = 1_700_000_000_000;
const MAX_SECONDS = 2_147_483_648;

function check(holds: boolean, what: string, input: unknown): void {
  if (!holds) throw new Error(`${what}: ${JSON.stringify(input)}`);
}

const DIRECTIVES = [
  'max-age=60',
  'MAX-AGE=0',
  's-maxage=5',
  'max-age="7"',
  'max-age',
  'max-age=-1',
  'max-age=99999999999999999999',
  'public',
  'private',
  'private="a, b"',
  'no-cache',
  'no-cache="set-cookie"',
  'must-revalidate',
  'proxy-revalidate',
  'must-understand',
  'stale-while-revalidate=30',
  'stale-if-error=9',
  'immutable',
  'no-transform',
  'x="no-store"',
  'x="\\"',
  '=',
  ',,',
  'max-age=60, max-age=1',
];
const NOISE = [
  ',',
  ';',
  '=',
  '"',
  '\\',
  ' ',
  '\t',
  'no-store',
  'private',
  '0',
  '9',
  '-',
  '(',
  ')',
  '?1',
  ':',
  'A',
  '\xe9',
  '*',
];

function cacheControlField(random: FuzzRandom): string {
  return mutated(
    random.several(4, () => random.pick(DIRECTIVES)).join(random.pick([', ', ',', ' , '])),
    random,
    NOISE,
  );
}

const cacheControl: FuzzTarget = {
  name: 'cache-control',
  doc: 'Cache-Control, CDN-Cache-Control, Age and Expires: lifetimes that are numbers, and what forbids forbids',
  run(random) {
    const headers: string[] = [];
    for (let lines = random.int(3); lines >= 0; lines -= 1)
      headers.push(
        random.pick([
          'Cache-Control',
          'cache-control',
          'Cache-Control',
          'CDN-Cache-Control',
          'Surrogate-Control',
        ]),
        cacheControlField(random),
      );
    if (random.oneIn(3))
      headers.push('Age', mutated(random.pick(['0', '7', '99999999999', '1, 2', 'x']), random, NOISE));
    if (random.oneIn(3))
      headers.push(
        'Expires',
        mutated(
          random.pick(['0', 'Thu, 01 Dec 2033 16:00:00 GMT', 'Thursday, 01-Dec-33 16:00:00 GMT']),
          random,
          NOISE,
        ),
      );
    if (random.oneIn(3)) headers.push('Date', mutated(new Date(NOW - 5_000).toUTCString(), random, NOISE));
    if (random.oneIn(4)) headers.push('Last-Modified', new Date(NOW - random.int(10 ** 9)).toUTCString());
    const response = {
      status: random.pick([200, 203, 204, 301, 404, 410, 500, 503]),
      headers,
      requestedAtMs: NOW,
      receivedAtMs: NOW,
    };
    const freshness = freshnessOf(response);
    const { lifetimeSeconds, freshUntilMs, staleWhileRevalidateUntilMs, staleIfErrorUntilMs } = freshness;
    check(
      Number.isInteger(lifetimeSeconds) && lifetimeSeconds >= 0 && lifetimeSeconds <= MAX_SECONDS,
      'a lifetime',
      headers,
    );
    check(
      Number.isFinite(freshUntilMs) &&
        staleWhileRevalidateUntilMs >= freshUntilMs &&
        staleIfErrorUntilMs >= freshUntilMs,
      'windows',
      headers,
    );
    for (const at of [NOW, NOW + 10 ** 9, NOW + 10 ** 13]) {
      const age = currentAgeSeconds(freshness, at);
      check(Number.isInteger(age) && age >= 0 && age <= MAX_SECONDS, 'an age', headers);
      if (reuse(freshness, at).kind === 'fresh')
        check(at < freshUntilMs && !freshness.alwaysRevalidate, 'fresh', headers);
    }
    const request = { method: 'GET', header: () => undefined };
    const judged = storability(request, response);
    // What is added to forbid it forbids it, whatever stands there already.
    const targeted = parseTargetedCacheControl(headers);
    const field = targeted === undefined ? 'Cache-Control' : 'CDN-Cache-Control';
    for (const forbidding of ['private', 'no-store']) {
      const more = {
        ...response,
        headers: [
          ...headers.filter((_, i, all) => !/^surrogate-control$/i.test(all[i - (i % 2)] ?? '')),
          field,
          forbidding,
        ],
      };
      const still = storability(request, more);
      // In a field that is now unreadable the other one decides.
      if (field === 'CDN-Cache-Control' && parseTargetedCacheControl(more.headers) === undefined) continue;
      const understood =
        parseCacheControl(more.headers).has('must-understand') || targeted?.has('must-understand') === true;
      check(
        still.kind === 'pass' || (forbidding === 'no-store' && understood),
        `stored in spite of ${forbidding}`,
        more.headers,
      );
    }
    for (const [name, value] of parseCacheControl(headers))
      check(
        name === name.toLowerCase() && (value === true || typeof value === 'string'),
        'a directive',
        headers,
      );
    return judged.kind === 'store' ? 'stored' : judged.reason;
  },
};

const vary: FuzzTarget = {
  name: 'vary',
  doc: 'Vary, variants, No-Vary-Search and Cache-Groups: two requests share a variant only where they say the same',
  run(random) {
    const names = random.several(4, () =>
      random.pick(['Accept', 'accept-encoding', 'X-Key', 'X-Other', 'ORIGIN', 'Cookie']),
    );
    const headers = [
      'Vary',
      mutated(names.join(', '), random, NOISE),
      'No-Vary-Search',
      mutated('params=("a" "b"), key-order', random, NOISE),
      'Cache-Groups',
      mutated('"a", "b"', random, NOISE),
    ];
    const value = (): string => mutated(random.pick(['a', 'a, b', 'a;q=1', 'gzip, br', '']), random, NOISE);
    const requestOf = (): string[] =>
      random
        .several(3, () => [random.pick(['Accept', 'Accept-Encoding', 'X-Key', 'X-Other', 'Origin']), value()])
        .flat();
    const one = requestOf();
    const other = random.oneIn(3) ? one.map((part) => part) : requestOf();
    const varies = readVary(headers);
    const rule = readNoVarySearch(headers);
    if (rule !== undefined) {
      const query = mutated('a=1&b=2&c=3&c=4', random, ['&', '=', '%', '+', '%20', 'a', '%zz']);
      const significant = significantSearch(query, rule);
      check(significantSearch(significant, rule) === significant, 'a query that is not its own spelling', [
        query,
        rule.text,
      ]);
      check(!/[#&=]$|[\s#]/.test(significant) || significant.endsWith('='), 'a query that could be another', [
        query,
        significant,
      ]);
    }
    for (const group of readCacheGroups(headers)) check(group.length <= 128, 'a group', headers);
    if (varies === '*') return 'any';
    const [oneKey, otherKey] = [one, other].map((list) => secondaryKey(varies, lookupIn(list)));
    const known = /^accept(?:-encoding|-language|-charset)?$/;
    const differ = varies.some((name) => !known.test(name) && lookupIn(one)(name) !== lookupIn(other)(name));
    const same = varies.every((name) => lookupIn(one)(name) === lookupIn(other)(name));
    if (differ) check(oneKey !== otherKey, 'one variant for two requests', [headers, one, other]);
    if (same) check(oneKey === otherKey, 'two variants for one request', [headers, one, other]);
    const meta = entryMeta(
      lookupIn(one),
      { status: 200, headers, requestedAtMs: NOW, receivedAtMs: NOW },
      freshnessOf({ status: 200, headers, requestedAtMs: NOW, receivedAtMs: NOW }),
    );
    check(meta.varyKey === oneKey, 'another variant when it is kept', [headers, one]);
    return `${varies.length} names, ${same ? 'the same' : differ ? 'another' : 'perhaps the same'}`;
  },
};

const range: FuzzTarget = {
  name: 'range',
  doc: 'Range, If-Range and conditions: bytes that are there, and no others',
  run(random) {
    const length = random.pick([0, 1, 10, 1_000, 2 ** 31, 2 ** 40]);
    const number = (): string =>
      random.pick([
        '',
        '0',
        '1',
        '9',
        '10',
        '999',
        '4294967296',
        '99999999999999',
        '999999999999999',
        '9223372036854775807',
        '18446744073709551616',
      ]);
    const field = mutated(
      `${random.oneIn(10) ? 'lines' : 'bytes'}=${random.several(2, () => `${number()}-${number()}`).join(',')}`,
      random,
      ['-', ',', '=', ' ', '0', '9', '+', '\t', 'x'],
    );
    const outcome = parseRange(field, length);
    const spans = /^bytes=[ \t]*(\d*)-(\d*)[ \t]*$/i.exec(field.trim());
    if (outcome.kind === 'partial') {
      const { start, end, contentRange } = outcome;
      check(
        Number.isSafeInteger(start) && start >= 0 && start < end && end <= length,
        'bytes that are not there',
        [field, length, outcome],
      );
      check(contentRange === `bytes ${start}-${end - 1}/${length}`, 'another Content-Range', [
        field,
        length,
        outcome,
      ]);
      if (spans === null) throw new Error(`a part for what is no single range: ${JSON.stringify(field)}`);
      const [, first = '', last = ''] = spans;
      if (first === '')
        check(
          BigInt(end) === BigInt(length) &&
            BigInt(end - start) === (BigInt(last) < BigInt(length) ? BigInt(last) : BigInt(length)),
          'another suffix',
          [field, length, outcome],
        );
      else {
        check(BigInt(start) === BigInt(first), 'another start', [field, length, outcome]);
        const until = last === '' || BigInt(last) >= BigInt(length) ? BigInt(length) : BigInt(last) + 1n;
        check(BigInt(end) === until, 'another end', [field, length, outcome]);
      }
    } else if (outcome.kind === 'unsatisfiable')
      check(outcome.contentRange === `bytes */${length}`, 'another Content-Range', [field, length]);
    const stored = {
      status: 200,
      headers: [
        'ETag',
        random.pick(['"a"', 'W/"a"', 'a']),
        'Last-Modified',
        new Date(NOW - 10_000).toUTCString(),
      ],
      receivedAtMs: NOW,
    };
    const tag = mutated(
      random.pick(['"a"', 'W/"a"', '*', '"b", "a"', new Date(NOW).toUTCString()]),
      random,
      NOISE,
    );
    const request = lookupIn([
      'Range',
      field,
      random.pick(['If-Range', 'If-None-Match', 'If-Match', 'If-Modified-Since', 'If-Unmodified-Since']),
      tag,
    ]);
    const whole = evaluateRange('GET', request, stored, length);
    const condition = evaluateConditions(request, stored, NOW);
    check(evaluateRange('POST', request, stored, length).kind === 'whole', 'a part for a POST', field);
    if (request('if-range') === undefined)
      check(whole.kind === outcome.kind, 'another range without If-Range', field);
    else if (stored.headers[1] !== '"a"' && whole.kind === 'partial')
      check(!tag.includes('"'), 'a part of another version', [tag, stored.headers]);
    return `${outcome.kind}, ${condition}`;
  },
};

const disk: FuzzTarget = {
  name: 'disk-index',
  doc: 'heads of files on disk: what was written, or nothing',
  run(random) {
    const text = (most: number): string =>
      String.fromCodePoint(
        ...random.several(most, () => random.pick([0x20, 0x41, 0x22, 0x5c, 0x0a, 0xe9, 0x4e16, 0x1f600])),
      );
    const tenant = text(20);
    const target = `/${text(30)}`;
    const key = cacheKey({ tenant, scheme: 'http', target });
    check(keyScope(key) === key.slice(0, key.length - target.length), 'another scope', key);
    const headers = random.several(4, () => [text(5), text(20)]).flat();
    const meta = {
      status: 200,
      statusText: text(5),
      headers,
      requestedAtMs: NOW,
      receivedAtMs: NOW,
      freshness: freshnessOf({ status: 200, headers: [], requestedAtMs: NOW, receivedAtMs: NOW }),
      vary: [],
      varyKey: text(4),
      tags: [],
    };
    const sha256 = createHash('sha256').update(key).digest();
    const md5 = createHash('md5').update(key).digest();
    const written = {
      key,
      meta,
      bodyOffset: bodyOffsetFor(key, meta),
      length: random.int(2 ** 31) * 1_000,
      sha256,
      md5,
    };
    const bytes = encodeHead(written);
    if (bytes === undefined) throw new Error('the head fits by construction');
    const read = decodeHead(bytes);
    check(JSON.stringify(read) === JSON.stringify(written), 'another head', key);
    // Torn, flipped, shifted, or something else altogether.
    const length = headLength(bytes) ?? 0;
    const broken = Buffer.from(bytes.subarray(0, length));
    const how = random.int(5);
    if (how === 0)
      return decodeHead(broken.subarray(0, random.int(length))) === undefined ? 'torn' : fail('torn', key);
    if (how === 1)
      broken.writeUInt32LE(
        random.pick([0, 1, HEAD_BYTES, 2 ** 31, 2 ** 32 - 1]),
        random.pick([8, 12, 16, 20]),
      );
    else if (how === 2) random.several(8, () => broken.writeUInt8(random.int(256), random.int(length)));
    else if (how === 3) {
      const at = random.int(length);
      broken.writeUInt8((broken[at] ?? 0) ^ (1 << random.int(8)), at);
    } else broken.copyWithin(random.int(length), random.int(length));
    const after = decodeHead(broken);
    if (broken.equals(bytes.subarray(0, length))) return 'as it was';
    return after === undefined ? 'refused' : fail('changed and read', key);
  },
};

function fail(what: string, input: unknown): never {
  throw new Error(`${what}: ${JSON.stringify(input)}`);
}

/** By name, for the command and the gate. */
export const FUZZ_TARGETS: readonly FuzzTarget[] = [cacheControl, vary, range, disk];
