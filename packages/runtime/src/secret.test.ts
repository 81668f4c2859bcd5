import { inspect } from 'node:util';
import { expect, it } from 'vitest';
import { Secret } from './secret.ts';

it('gives its value to those who ask and to no printer', () => {
  const secret = new Secret('hunter2');
  expect(secret.reveal()).toBe('hunter2');
  for (const printed of [String(secret), JSON.stringify({ secret }), inspect(secret), inspect({ secret })]) {
    expect(printed).toContain('[secret]');
    expect(printed).not.toContain('hunter2');
  }
});
