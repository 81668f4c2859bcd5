import { describe, expect, it } from 'vitest';
import { isLoopbackHost, isPrivateAddress, isPrivateLiteral, publicLookup } from './public-address.ts';

const lookUp = (host: string, all: boolean): Promise<{ code: string | undefined; found: unknown }> =>
  new Promise((resolve) => {
    publicLookup(host, { all }, (error, found) => resolve({ code: error?.code, found }));
  });

describe('public addresses', () => {
  it.each([
    '127.0.0.1',
    '10.1.2.3',
    '169.254.169.254',
    '100.64.0.1',
    '::1',
    'fe80::1',
    'fd00::1',
    '::ffff:10.0.0.1',
  ])('%s is private', (address) => expect(isPrivateAddress(address)).toBe(true));
  it.each(['1.1.1.1', '172.32.0.1', '2606:4700::1111', '::ffff:1.1.1.1', 'example.org'])(
    '%s is not',
    (address) => expect(isPrivateAddress(address)).toBe(false),
  );
  it('reads the addresses in URLs, however they are written', () => {
    expect(isPrivateLiteral(new URL('http://[::1]:80/').hostname)).toBe(true);
    expect(isPrivateLiteral(new URL('http://0x7f.1/').hostname)).toBe(true);
    expect(isPrivateLiteral(new URL('http://2130706433/').hostname)).toBe(true);
  });
  it('knows this machine by name', () => {
    for (const host of ['localhost', 'a.localhost', '127.0.0.9', '[::1]'])
      expect(isLoopbackHost(host)).toBe(true);
    expect(isLoopbackHost('localhost.example.org')).toBe(false);
  });
  it('resolves no name to a private address', async () => {
    for (const all of [true, false])
      expect((await lookUp('localhost', all)).code).toBe('runtime/private-address');
  });
  it('passes public ones on, in the form that was asked for', async () => {
    expect((await lookUp('1.1.1.1', false)).found).toBe('1.1.1.1');
    expect((await lookUp('1.1.1.1', true)).found).toEqual([{ address: '1.1.1.1', family: 4 }]);
  });
});
