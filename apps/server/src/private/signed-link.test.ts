import { randomBytes } from 'node:crypto';
import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { checkLink, signLink } from './signed-link.ts';

const SECRET = randomBytes(32);
const UNTIL_S = 1_800_000_000;
const BEFORE_MS = UNTIL_S * 1_000 - 1;
const link = signLink(SECRET, 'stage', UNTIL_S);

describe('a link to a private channel', () => {
  it('opens its channel until it expires', () => {
    expect(checkLink(SECRET, 'stage', link, BEFORE_MS)).toBe('good');
    expect(checkLink(SECRET, 'stage', link, UNTIL_S * 1_000)).toBe('expired');
  });

  it('opens no other channel, and nothing with another secret', () => {
    expect(checkLink(SECRET, 'stage2', link, BEFORE_MS)).toBe('forged');
    expect(checkLink(SECRET, '', link, BEFORE_MS)).toBe('forged');
    expect(checkLink(randomBytes(32), 'stage', link, BEFORE_MS)).toBe('forged');
  });

  it('cannot be made to last longer, whatever it says', () => {
    const mac = link.slice(link.indexOf('-') + 1);
    for (const until of [
      String(UNTIL_S + 1),
      '9999999999',
      '99999999999999999999',
      `0${UNTIL_S}`,
      `+${UNTIL_S}`,
      `${UNTIL_S}.0`,
      '1.8e9',
      'Infinity',
      '0x7fffffff',
      ` ${UNTIL_S}`,
      `${UNTIL_S}\n`,
    ])
      expect(checkLink(SECRET, 'stage', `${until}-${mac}`, BEFORE_MS)).toBe('forged');
  });

  it('has one spelling', () => {
    const last = link.at(-1) ?? '';
    const letters = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_';
    for (const other of letters)
      expect(checkLink(SECRET, 'stage', link.slice(0, -1) + other, BEFORE_MS)).toBe(
        other === last ? 'good' : 'forged',
      );
    for (const text of [`${link}=`, `${link} `, `${link}\0`, link.toUpperCase(), link.slice(0, -1)])
      expect(checkLink(SECRET, 'stage', text, BEFORE_MS)).toBe('forged');
  });

  it('is needed, and nothing that anybody writes is one', () => {
    expect(checkLink(SECRET, 'stage', null, BEFORE_MS)).toBe('missing');
    expect(checkLink(SECRET, 'stage', '', BEFORE_MS)).toBe('missing');
    const shaped = fc.stringMatching(/^[1-9]\d{0,9}-[A-Za-z0-9_-]{43}$/);
    fc.assert(
      fc.property(fc.oneof(fc.string({ minLength: 1 }), shaped), (text) => {
        expect(checkLink(SECRET, 'stage', text, 0)).toBe('forged');
      }),
    );
  });
});
