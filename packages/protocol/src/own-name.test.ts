import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  MAX_OWN_NAMES,
  isLocalName,
  isWithinZone,
  ownNames,
  proofName,
  proofText,
  provenResource,
  readOwnName,
} from './own-name.ts';

const read = (text: string): string | undefined => {
  const reading = readOwnName(text);
  return reading.kind === 'name' ? reading.name : undefined;
};

describe('own names', () => {
  it('are read as requests have them', () => {
    expect(read('shop.example')).toBe('shop.example');
    expect(read('SHOP.Example.')).toBe('shop.example');
    expect(read('xn--bcher-kva.example')).toBe('xn--bcher-kva.example');
    expect(read('a.b.c.d.e.example')).toBe('a.b.c.d.e.example');
    expect(read('3com.example')).toBe('3com.example');
    expect(read(`${'a'.repeat(63)}.example`)).toBe(`${'a'.repeat(63)}.example`);
    expect(read('my-site.localhost')).toBe('my-site.localhost');
  });

  it.each([
    '',
    '.',
    'example',
    'localhost',
    'shop.example..',
    '.shop.example',
    'shop..example',
    '*.shop.example',
    'sh*p.example',
    'shop.example:8080',
    'shop.example:',
    'http://shop.example',
    'shop.example/',
    'shop.example?x',
    'user@shop.example',
    '127.0.0.1',
    '1.2',
    'shop.0x7f',
    'shop.1',
    '[::1]',
    '::1',
    '2001:db8::1',
    'bücher.example',
    '_medianet.shop.example',
    '-shop.example',
    'shop-.example',
    'sh op.example',
    'shop.example\n',
    'shop.example\0',
    `${'a'.repeat(64)}.example`,
    `${'a.'.repeat(127)}example`,
  ])('are not %j', (text) => {
    const reading = readOwnName(text);
    expect(reading.kind).toBe('none');
    if (reading.kind === 'none') expect(reading.why).not.toBe('');
  });

  it('are what they are read as, whatever is read', () => {
    fc.assert(
      fc.property(fc.oneof(fc.string(), fc.domain(), fc.webAuthority()), (text) => {
        const name = read(text);
        // Not every label that begins so is one that URL parsers take; nobody can ask for the others.
        if (name === undefined || name.includes('xn--')) return;
        expect(read(name)).toBe(name);
        expect(URL.parse(`http://${name}/`)?.hostname).toBe(name);
      }),
    );
  });

  it('are each listed once, and so many at most', () => {
    expect(ownNames(['A.example', 'a.example.', 'b.example', '*.example', 'a.example:80'])).toEqual([
      'a.example',
      'b.example',
    ]);
    const many = Array.from({ length: 5_000 }, (_, i) => `s${i}.example`);
    expect(ownNames(many)).toEqual(many.slice(0, MAX_OWN_NAMES));
  });

  it('know their place', () => {
    expect(isLocalName('my-site.localhost')).toBe(true);
    expect(isLocalName('localhost.example')).toBe(false);
    expect(isWithinZone('medianet.localhost', 'medianet.localhost')).toBe(true);
    expect(isWithinZone('x.medianet.localhost', 'medianet.localhost')).toBe(true);
    expect(isWithinZone('xmedianet.localhost', 'medianet.localhost')).toBe(false);
  });

  it('are proven by a record that names the resource', () => {
    expect(proofName('shop.example')).toBe('_medianet.shop.example');
    expect(provenResource(proofText('abc'))).toBe('abc');
    expect(provenResource(' medianet-resource= abc ')).toBe('abc');
    expect(provenResource('v=spf1 -all')).toBeUndefined();
  });
});
