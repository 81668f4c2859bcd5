import { expect, it } from 'vitest';
import { createTexts } from './texts.ts';

const CATALOGUES = {
  en: { hello: 'Hello {name}', bye: 'Bye' },
  es: { hello: 'Hola {name}', bye: 'Adiós' },
};

it('speaks the first wished language that there is, or the first there is', () => {
  expect(createTexts(CATALOGUES, ['de-AT', 'es-MX', 'en'])('bye')).toBe('Adiós');
  expect(createTexts(CATALOGUES, ['de'])('bye')).toBe('Bye');
});

it('fills blanks in, and nothing that is told becomes a blank', () => {
  const text = createTexts(CATALOGUES, ['en']);
  expect(text('hello', { name: '{bye}' })).toBe('Hello {bye}');
  expect(text('hello')).toBe('Hello ');
});

it('tells times from the unit that fits', () => {
  const text = createTexts(CATALOGUES, ['en']);
  expect(text.ago(0, 90_000)).toBe('2 minutes ago');
  expect(text.ago(0, 3 * 86_400_000)).toBe('3 days ago');
  expect(text.ago(1_000, 1_000)).toBe('now');
});
