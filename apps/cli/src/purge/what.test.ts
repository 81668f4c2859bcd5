import { decodePurge, encodePurge, signPurge } from '@media-network/protocol';
import type { PurgeWhat } from '@media-network/protocol';
import { errorCode } from '@media-network/runtime';
import { expect, test } from 'vitest';
import { inPurges, readPurge } from './what.ts';
import type { WhatOptions } from './what.ts';

const target = (text: string): PurgeWhat => ({ kind: 'target', target: text });

function refused(words: readonly string[], options: WhatOptions = {}): string {
  try {
    return JSON.stringify(readPurge(words, options));
  } catch (error) {
    return errorCode(error);
  }
}

test('URLs name a resource and an object of it, as a request would', () => {
  expect(readPurge(['https://shop.example/a.css?v=1#top', 'shop.example:8080/b/../c'], {})).toEqual([
    { resource: 'https://shop.example', what: [target('/a.css?v=1')] },
    { resource: 'shop.example:8080', what: [target('/b/../c')] },
  ]);
  expect(readPurge(['http://x.example?q', 'http://x.example/ü b/%20"'], {})).toEqual([
    { resource: 'http://x.example', what: [target('/?q'), target('/%C3%BC%20b/%20"')] },
  ]);
});

test('paths, tags and prefixes are of the resource that is named', () => {
  expect(
    readPurge(['1', '/a', '/b'], { tag: ['x y', 'z'], prefix: ['/img/', 'https://s.example/v/'], all: true }),
  ).toEqual([
    {
      resource: '1',
      what: [
        target('/a'),
        target('/b'),
        { kind: 'prefix', prefix: '/img/' },
        { kind: 'tag', tag: 'x y' },
        { kind: 'tag', tag: 'z' },
        { kind: 'all' },
      ],
    },
    { resource: 'https://s.example', what: [{ kind: 'prefix', prefix: '/v/' }] },
  ]);
  // A URL names the resource of what stands beside it; without a path it names that alone.
  expect(readPurge(['https://s.example/a'], { tag: ['x'] })).toEqual([
    { resource: 'https://s.example', what: [target('/a'), { kind: 'tag', tag: 'x' }] },
  ]);
  expect(readPurge(['https://s.example'], { all: true })).toEqual([
    { resource: 'https://s.example', what: [{ kind: 'all' }] },
  ]);
  expect(readPurge([], { prefix: ['https://s.example'] })).toEqual([
    { resource: 'https://s.example', what: [{ kind: 'prefix', prefix: '/' }] },
  ]);
});

test('what names nothing, or nothing that can be purged, is refused', () => {
  for (const [words, options] of [
    [[], {}],
    [['1'], {}],
    [['/a'], {}],
    [['1', '2', '/a'], {}],
    [[], { tag: ['x'] }],
    [['https://a.example/x', 'https://b.example/y'], { tag: ['x'] }],
    [['1'], { tag: ['a,b'] }],
    [['1'], { tag: [''] }],
    [['1'], { tag: ['ü'] }],
    [['1', `/${'x'.repeat(9_000)}`], {}],
  ] as const)
    expect([words, refused(words, options)]).toEqual([words, 'cli/bad-purge']);
});

test('many are as many purges as nodes can read', async () => {
  const many = Array.from({ length: 700 }, (_, i) => target(`/${i}/${'x'.repeat(i)}`));
  const parts = inPurges(many);
  expect(parts.flat()).toEqual(many);
  expect(inPurges(Array.from({ length: 257 }, () => target('/')))).toHaveLength(2);
  for (const what of parts) {
    const body = {
      resource: '11111111111111111111111111111111',
      what,
      soft: false,
      unixMs: 1n,
      nonce: new Uint8Array(16),
    };
    expect(decodePurge(encodePurge(await signPurge(body, async () => new Uint8Array(64))))).toBeDefined();
  }
});
