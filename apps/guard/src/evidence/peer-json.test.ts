import { describe, expect, it } from 'vitest';
import { MAX_PEER_JSON, parsePeerJson, stringsUnder } from './peer-json.ts';

const bytes = (text: string): Uint8Array => new TextEncoder().encode(text);

describe('JSON of strangers', () => {
  it('is a value when it is short, shallow and JSON', () => {
    expect(parsePeerJson(bytes('{"commits":["aa","bb",3]}'))).toEqual({ commits: ['aa', 'bb', 3] });
    expect(parsePeerJson(bytes('[[[[1]]]]'))).toEqual([[[[1]]]]);
  });

  it('is nothing when it is too long, too deep, cut off, or not text', () => {
    expect(parsePeerJson(bytes(JSON.stringify('x'.repeat(MAX_PEER_JSON))))).toBeUndefined();
    expect(parsePeerJson(bytes('['.repeat(40) + ']'.repeat(40)))).toBeUndefined();
    expect(parsePeerJson(bytes('{"a":'))).toBeUndefined();
    expect(parsePeerJson(Uint8Array.of(0x22, 0xff, 0x22))).toBeUndefined();
    expect(parsePeerJson(new Uint8Array())).toBeUndefined();
  });

  it('of 4 MiB of brackets costs no time', () => {
    const began = performance.now();
    expect(parsePeerJson(Buffer.alloc(4 * 2 ** 20, '['))).toBeUndefined();
    expect(performance.now() - began).toBeLessThan(50);
  });

  it('yields the strings of a list and nothing else', () => {
    expect(stringsUnder({ commits: ['a', 1, null, 'b'] }, 'commits')).toEqual(['a', 'b']);
    for (const odd of [null, 3, 'commits', [], { commits: 'a' }, {}])
      expect(stringsUnder(odd, 'commits')).toEqual([]);
  });
});
