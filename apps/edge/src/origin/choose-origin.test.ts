import { EJECT } from '@media-network/rules';
import { describe, expect, it } from 'vitest';
import { NEW_PLACE, afterAnswer, afterCheck, afterFailure, chooseOrigin } from './choose-origin.ts';
import type { Asking, PlaceState } from './choose-origin.ts';
import { readOriginSettings } from './origin-settings.ts';
import type { OriginPlace } from './origin-places.ts';

const NOW = 1_000_000;

function placesOf(...rules: readonly string[]): readonly OriginPlace[] {
  return readOriginSettings({
    origin: 'http://a.example',
    originHost: null,
    originHeaders: [],
    probe: [],
    domains: [],
    rules: rules.map((rule) => `origin ${rule}`),
  }).places;
}

/** Chooses so many times and says how often each was. */
function chosen(
  places: readonly OriginPlace[],
  before: readonly PlaceState[],
  times: number,
  asking: Partial<Asking> = {},
): string {
  let states = before;
  let all = '';
  for (let i = 0; i < times; i += 1) {
    const choice = chooseOrigin(places, states, {
      by: 'weighted',
      key: '/',
      nowMs: NOW,
      tried: new Set(),
      ...asking,
    });
    if (choice === undefined) return `${all}-`;
    all += 'abcdef'[choice.at] ?? '?';
    states = states.map((state, at) => ({ ...state, turn: choice.turns[at] ?? 0 }));
  }
  return all;
}

const all = (places: readonly OriginPlace[], ...over: readonly Partial<PlaceState>[]): PlaceState[] =>
  places.map((_, at) => ({ ...NEW_PLACE, ...over[at] }));

describe('weighted', () => {
  const places = placesOf('http://a.example weight=3', 'http://b.example', 'http://c.example');

  it('takes turns by weight, spread out', () => {
    expect(chosen(places, all(places), 10)).toBe('abacaabaca');
  });

  it('goes on among the others where one is not well, and comes back to it', () => {
    expect(chosen(places, all(places, { ill: true }), 4)).toBe('bcbc');
    expect(chosen(places, all(places, { ejectedUntilMs: NOW + 1 }), 4)).toBe('bcbc');
    expect(chosen(places, all(places, { ejectedUntilMs: NOW }), 5)).toBe('abaca');
  });

  it('never takes one twice for the same request', () => {
    expect(chosen(places, all(places), 3, { tried: new Set([0]) })).toBe('bcb');
    expect(chosen(places, all(places), 1, { tried: new Set([0, 1, 2]) })).toBe('-');
  });
});

describe('backups', () => {
  const places = placesOf('http://b.example', 'http://c.example backup');

  it('are asked where no other is well, and before those that are not', () => {
    expect(chosen(places, all(places), 4)).toBe('abab');
    expect(chosen(places, all(places, { ill: true }), 2)).toBe('bb');
    expect(chosen(places, all(places, { ill: true }, { ill: true }), 2)).toBe('cc');
    expect(chosen(places, all(places, {}, { ill: true }), 2, { tried: new Set([0]) })).toBe('cc');
  });

  it('where nobody is well, everybody but backups is', () => {
    const ill = { ill: true };
    expect(chosen(places, all(places, ill, ill, ill), 4)).toBe('abab');
    expect(chosen(places, all(places, ill, ill, ill), 1, { tried: new Set([0, 1]) })).toBe('c');
  });
});

it('least takes the one with the fewest requests under way, by weight, and turns among equals', () => {
  const places = placesOf('http://a.example weight=2', 'http://b.example', 'http://c.example');
  const load = (...counts: readonly number[]): PlaceState[] =>
    all(places, ...counts.map((underWay) => ({ underWay })));
  expect(chosen(places, load(4, 1, 2), 1, { by: 'least' })).toBe('b');
  expect(chosen(places, load(1, 1, 2), 1, { by: 'least' })).toBe('a');
  expect(chosen(places, load(5, 2, 2), 4, { by: 'least' })).toBe('bcbc');
  expect(chosen(places, load(0, 0, 0), 4, { by: 'least' })).toBe('abca');
});

describe('ring', () => {
  const places = placesOf('http://b.example weight=2', 'http://c.example');
  const keys = Array.from({ length: 4_000 }, (_, i) => `/segment-${i}.ts`);
  const owners = (states: readonly PlaceState[], of = places): string =>
    keys.map((key) => chosen(of, states, 1, { by: 'ring', key })).join('');

  it('is the same for a key every time, shared out by weight', () => {
    const one = owners(all(places));
    expect(owners(all(places))).toBe(one);
    const share = (name: string): number => one.split(name).length - 1;
    // Four standard deviations.
    expect(Math.abs(share('b') - 2_000)).toBeLessThan(130);
    expect(Math.abs(share('a') - 1_000)).toBeLessThan(115);
  });

  it('moves the keys of the one that is not well, and no others', () => {
    const before = owners(all(places));
    const after = owners(all(places, {}, { ill: true }));
    for (const [i, owner] of before.split('').entries())
      if (owner === 'b') expect(after[i]).not.toBe('b');
      else expect(after[i]).toBe(owner);
  });
});

function failing(states: PlaceState[], at: number, times: number, nowMs = NOW, rule = EJECT): void {
  for (let i = 0; i < times; i += 1) states[at] = afterFailure(states, at, rule, nowMs);
}

describe('failures', () => {
  const three = placesOf('http://b.example', 'http://c.example', 'http://d.example');

  it('in a row leave a place alone, an answer in between does not', () => {
    const states = all(three);
    failing(states, 1, 4);
    expect(states[1]).toMatchObject({ failures: 4, ejectedUntilMs: 0 });
    states[1] = afterAnswer(states[1] ?? NEW_PLACE);
    failing(states, 1, 4);
    expect(states[1]?.ejectedUntilMs).toBe(0);
    failing(states, 1, 1);
    expect(states[1]?.ejectedUntilMs).toBe(NOW + 30_000);
  });

  it('go on for longer where the first question after it fails again, up to ten times as long', () => {
    const states = all(three);
    failing(states, 1, 5);
    let nowMs = NOW;
    for (const times of [2, 3, 4, 5, 6, 7, 8, 9, 10, 10]) {
      nowMs = states[1]?.ejectedUntilMs ?? 0;
      failing(states, 1, 1, nowMs);
      expect(states[1]?.ejectedUntilMs).toBe(nowMs + times * 30_000);
    }
    states[1] = afterAnswer(states[1] ?? NEW_PLACE);
    failing(states, 1, 1, nowMs + 1_000_000);
    expect(states[1]?.ejectedUntilMs).toBeLessThan(nowMs + 1_000_000);
  });

  it('never leave more alone than the share, nor all', () => {
    const states = all(three);
    for (const at of [0, 1, 2, 3]) failing(states, at, 9);
    expect(states.map(({ ejectedUntilMs }) => ejectedUntilMs > NOW)).toEqual([true, true, false, false]);
    const two = all(placesOf('http://b.example'));
    for (const at of [0, 1]) failing(two, at, 9, NOW, { ...EJECT, sharePercent: 100 });
    expect(two.map(({ ejectedUntilMs }) => ejectedUntilMs > NOW)).toEqual([true, false]);
    const one = all(placesOf());
    failing(one, 0, 9);
    expect(one[0]?.ejectedUntilMs).toBe(0);
    const small = all(three);
    failing(small, 3, 9, NOW, { ...EJECT, sharePercent: 1 });
    expect(small[3]?.ejectedUntilMs).toBe(NOW + 30_000);
  });

  it('never, where the rule says so', () => {
    const states = all(three);
    failing(states, 0, 99, NOW, { ...EJECT, after: 0 });
    expect(states[0]?.ejectedUntilMs).toBe(0);
  });
});

it('checks fall and rise in a row', () => {
  const rule = { fall: 3, rise: 2 };
  const after = (said: string, before: PlaceState = NEW_PLACE): PlaceState =>
    said.split('').reduce((state, each) => afterCheck(state, each === '+', rule), before);
  expect(after('--').ill).toBe(false);
  expect(after('--+--').ill).toBe(false);
  const ill = after('---', { ...NEW_PLACE, failures: 7, ejectedUntilMs: NOW });
  expect(ill.ill).toBe(true);
  expect(after('+', ill).ill).toBe(true);
  expect(after('+-+', ill).ill).toBe(true);
  expect(after('++', ill)).toMatchObject({ ill: false, failures: 0, ejectedUntilMs: 0 });
});
