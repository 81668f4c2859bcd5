import { describe, expect, it } from 'vitest';
import { addressOf } from './address.ts';
import { activeIn, operatorIn, termsOf } from './terms.ts';

const key = (n: number): Uint8Array => new Uint8Array(32).fill(n);
const row = (from: bigint, allowance: bigint, vouchKey = key(0)): object => ({ from, allowance, vouchKey });

describe('terms of a resource', () => {
  const terms = [row(0n, 5n), row(10n, 7n, key(3)), row(12n, 1n), row(0n, 99n)] as Parameters<
    typeof termsOf
  >[0]['terms'];
  const resource = { terms, termsCount: 3 };

  it('are those of the last row in use that holds', () => {
    expect(termsOf(resource, 9n)).toEqual({ allowance: 5n, vouchingKey: undefined });
    expect(termsOf(resource, 10n)).toEqual({ allowance: 7n, vouchingKey: addressOf(key(3)) });
    expect(termsOf(resource, 11n).allowance).toBe(7n);
    expect(termsOf(resource, 12n)).toEqual({ allowance: 1n, vouchingKey: undefined });
    expect(termsOf(resource, 10_000n).allowance).toBe(1n);
  });

  it('allow nothing before the first', () => {
    expect(termsOf({ terms: terms.slice(1), termsCount: 2 }, 9n)).toEqual({
      allowance: 0n,
      vouchingKey: undefined,
    });
    expect(termsOf({ terms, termsCount: 0 }, 9n).allowance).toBe(0n);
  });
});

describe('spans of a resource', () => {
  const resource = {
    spans: [
      { from: 0n, until: 0n },
      { from: 20n, until: (1n << 64n) - 1n },
      { from: 5n, until: 8n },
      { from: 9n, until: 9n },
    ],
  };
  it('hold from their first hour until the last is over', () => {
    expect([0n, 4n, 5n, 7n, 8n, 9n, 19n, 20n, 1n << 63n].map((hour) => activeIn(resource, hour))).toEqual([
      false,
      false,
      true,
      true,
      false,
      false,
      false,
      true,
      true,
    ]);
  });
});

it('the operator of an hour is the one before a change until it holds', () => {
  const node = { operator: 'new', previousOperator: 'old', operatorFrom: 7n };
  expect([6n, 7n, 8n].map((hour) => operatorIn(node, hour))).toEqual(['old', 'new', 'new']);
});
