import { expect, test } from 'vitest';
import { compareGuardSets } from './guard-sets.ts';

const options = { signal: new AbortController().signal, say: () => undefined };

test.each([4, 7, 10])(
  'of %i guards a third that lies, one that lags and two halves that do not hear each other change no outcome',
  async (guards) => {
    const rows = await compareGuardSets(1, { ...options, sizes: [guards] });
    const held = rows.filter(({ beyond }) => !beyond);
    expect(held).toHaveLength(4);
    for (const row of held)
      expect(row).toMatchObject({ honestRemoved: 0, corruptRemoved: 1, decidedOtherwise: 0, holds: true });
    // Who rejects everybody is not paid, and neither is who says nothing; who confirms a lie is not for as long as there is one.
    for (const { others, before } of held) expect(others === 0n || others < before.others).toBe(true);
    // A majority could keep the corrupt edge in and pay it for what it did not serve.
    const beyond = rows.find((row) => row.beyond);
    expect(beyond?.corruptRemoved).toBe(0);
    expect(beyond?.decidedOtherwise).toBeGreaterThan(0);
  },
  600_000,
);
