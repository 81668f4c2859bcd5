import * as fc from 'fast-check';
import { expect, it } from 'vitest';

import { createListCutter } from './list-cutter.ts';

/** Whatever JSON has that could be taken for the end of an account. */
const account = fc.record({
  pubkey: fc.string({ minLength: 1 }),
  account: fc.record({
    data: fc.tuple(fc.oneof(fc.string(), fc.constant('\\"}],{')), fc.constant('base64')),
    lamports: fc.nat(),
    more: fc.array(fc.dictionary(fc.string(), fc.boolean(), { maxKeys: 2 }), { maxLength: 2 }),
  }),
});

it('cuts out every account, however the text is torn, and leaves the rest of the answer', () => {
  fc.assert(
    fc.property(
      fc.array(account, { maxLength: 6 }),
      fc.constantFrom(0, 1, 2),
      fc.infiniteStream(fc.integer({ min: 1, max: 40 })),
      (value, indent, sizes) => {
        const answer = { jsonrpc: '2.0', result: { context: { slot: 31 }, value }, id: 'list' };
        const text = JSON.stringify(answer, null, indent);
        const found: unknown[] = [];
        const cutter = createListCutter((each, head) => {
          expect(head).toContain('31');
          found.push(JSON.parse(each));
        });
        for (let at = 0; at < text.length;) {
          const size = sizes.next().value ?? 1;
          cutter.push(text.slice(at, at + size));
          at += size;
        }
        expect(found).toEqual(value);
        expect(JSON.parse(cutter.end())).toEqual({ ...answer, result: { ...answer.result, value: [] } });
      },
    ),
  );
});

it('leaves what is no list as it is', () => {
  const text = '{"jsonrpc":"2.0","error":{"code":-32005,"message":"behind"},"id":"list"}';
  const cutter = createListCutter(() => expect.unreachable());
  for (const mark of text) cutter.push(mark);
  expect(cutter.end()).toBe(text);
});
