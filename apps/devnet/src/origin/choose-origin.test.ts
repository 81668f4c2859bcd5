import { expect, test } from 'vitest';
import { chooseOrigin, sampleSettings } from './choose-origin.ts';
import type { OriginFacts } from './choose-origin.ts';

const sampleUrl = 'http://127.0.0.1:11080';
const mine = 'http://127.0.0.1:3000';
const fresh: OriginFacts = {
  asked: undefined,
  published: undefined,
  inForce: undefined,
  exists: false,
  sampleUrl,
};
const settings = (origin: string): NonNullable<OriginFacts['inForce']> => ({
  ...sampleSettings(origin),
  originHeaders: [['X-Mine', '1']],
});

test('a new network has the sample, unless another is asked for', () => {
  expect(chooseOrigin(fresh)).toEqual({ kind: 'sample', publish: true });
  expect(chooseOrigin({ ...fresh, asked: 'sample' })).toEqual({ kind: 'sample', publish: true });
  expect(chooseOrigin({ ...fresh, asked: mine, rules: ['peerpool script'] })).toMatchObject({
    settings: { origin: mine, rules: ['peerpool script'] },
  });
  expect(chooseOrigin({ ...fresh, asked: `${mine}/` })).toMatchObject({
    kind: 'own',
    url: mine,
    settings: { origin: mine, probe: ['/'] },
  });
});

test('a second start goes on with what the first had', () => {
  const published = { kind: 'own' as const, url: mine };
  const before = { ...fresh, exists: true, published };
  expect(chooseOrigin({ ...before, inForce: settings(mine) })).toEqual({
    kind: 'own',
    url: mine,
    settings: undefined,
  });
  // The password is lost: nothing is overwritten.
  expect(chooseOrigin(before)).toEqual({ kind: 'own', url: mine, settings: undefined });
  // The chain is new, the folder knows what it had.
  expect(chooseOrigin({ ...before, exists: false })).toMatchObject({ settings: { origin: mine } });
  expect(chooseOrigin({ ...before, inForce: settings(mine), asked: 'sample' })).toEqual({
    kind: 'sample',
    publish: true,
  });
});

test('the sample follows its port', () => {
  const published = { kind: 'sample' as const, url: 'http://127.0.0.1:12080' };
  expect(chooseOrigin({ ...fresh, exists: true, published, inForce: settings(published.url) })).toEqual({
    kind: 'sample',
    publish: true,
  });
});

test('what the publisher put on chain since stays', () => {
  const published = { kind: 'sample' as const, url: sampleUrl };
  const inForce = settings('http://127.0.0.1:4000');
  for (const each of [published, undefined, { kind: 'own' as const, url: mine }]) {
    expect(chooseOrigin({ ...fresh, exists: true, published: each, inForce })).toEqual({
      kind: 'own',
      url: inForce.origin,
      settings: undefined,
    });
  }
  // Asked for what is there: its headers stay.
  expect(chooseOrigin({ ...fresh, exists: true, inForce, asked: inForce.origin })).toMatchObject({
    settings: undefined,
  });
});

test('settings that do not open are not overwritten', () => {
  expect(chooseOrigin({ ...fresh, exists: true })).toEqual({ kind: 'sample', publish: false });
});
