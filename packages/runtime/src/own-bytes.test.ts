import { expect, test } from 'vitest';
import { ownBytes } from './own-bytes.ts';

test('what is kept has memory of its own, and no more of it than it needs', () => {
  const parts = [Buffer.from('one '), Buffer.from('two '), new Uint8Array([0x33])];
  // Out of a slab, or this test would say nothing.
  expect(parts[0]?.buffer.byteLength).toBeGreaterThan(1_000);
  const bytes = ownBytes(...parts);
  expect(bytes.toString()).toBe('one two 3');
  expect(bytes.buffer.byteLength).toBe(9);
  expect(ownBytes()).toHaveLength(0);
});
