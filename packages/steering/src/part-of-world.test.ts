import { expect, test } from 'vitest';
import { partOfCountry } from './part-of-world.ts';
import { regionDistance } from './region.ts';

test('viewers of a country are nearest to a region of its name, then to its part of the world', () => {
  const from = partOfCountry('DE') ?? '';
  expect(from).toBe('eu-de');
  expect(['eu-de', 'eu-west', 'us-east'].map((region) => regionDistance(from, region))).toEqual([0, 1, 2]);
  expect(regionDistance(partOfCountry('CA') ?? '', 'na-east')).toBe(1);
  expect(regionDistance(partOfCountry('AU') ?? '', 'ap-south')).toBe(1);
  expect(partOfCountry('ZZ')).toBeUndefined();
});
