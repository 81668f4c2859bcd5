import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { decodeAmf, encodeAmf } from './amf0.ts';
import type { AmfValue, SaidValue } from './amf0.ts';

const asMaps = (value: SaidValue): AmfValue =>
  typeof value === 'object' && value !== null
    ? new Map(Object.entries(value).map(([name, member]) => [name, asMaps(member)]))
    : value;

describe('AMF 0', () => {
  it('gives back what was said', () => {
    const said = [
      'connect',
      1,
      { app: 'live', on: true, nothing: null, deep: { '': 'unnamed is no end', x: 0.5 } },
    ];
    expect(decodeAmf(encodeAmf(said))).toEqual(said.map((value) => asMaps(value)));
  });

  it('reads arrays, dates and long texts', () => {
    const array = [8, 0, 0, 0, 9, 0, 1, 97, 1, 1, 0, 0, 9];
    const list = [10, 0, 0, 0, 2, 5, 6];
    const date = [11, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0];
    const long = [12, 0, 0, 0, 2, 104, 105];
    expect(decodeAmf(Uint8Array.from([...array, ...list, ...date, ...long]))).toEqual([
      new Map([['a', true]]),
      [null, undefined],
      new Date(0),
      'hi',
    ]);
  });

  it.each([
    ['a text longer than what there is', [2, 0, 9, 97], 'rtmp/malformed'],
    ['an unknown type', [13], 'rtmp/malformed'],
    ['a list of four billion', [10, 255, 255, 255, 255], 'rtmp/malformed'],
    ['objects without end', Array.from({ length: 40 }, () => [3, 0, 1, 97]).flat(), 'rtmp/too-much'],
    ['many values', Array.from({ length: 600 }, () => 5), 'rtmp/too-much'],
  ])('refuses %s', (_, list, code) => {
    expect(() => decodeAmf(Uint8Array.from(list))).toThrow(expect.objectContaining({ code }));
  });

  it('ends on any bytes', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 300 }), (noise) => {
        try {
          decodeAmf(noise);
        } catch (error) {
          expect(error).toMatchObject({ code: expect.stringMatching(/^rtmp\//) as string });
        }
      }),
    );
  });

  it('takes no name of an object for anything but a name', () => {
    const [value] = decodeAmf(encodeAmf([{ constructor: 1, toString: 2 }]));
    const named = Uint8Array.from([3, 0, 9, ...new TextEncoder().encode('__proto__'), 5, 0, 0, 9]);
    expect(value).toEqual(
      new Map([
        ['constructor', 1],
        ['toString', 2],
      ]),
    );
    expect(decodeAmf(named)).toEqual([new Map([['__proto__', null]])]);
  });
});
