import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { genericCases } from './h2spec-generic.ts';
import { hpackCases } from './h2spec-hpack.ts';
import { http2Cases } from './h2spec-http2.ts';
import { startHttp2 } from './test-http2.ts';
import type { TestHttp2 } from './test-http2.ts';

const cases = [...genericCases, ...http2Cases, ...hpackCases];

test('all 147 cases of h2spec are here', () => {
  expect(new Set(cases.map(({ number }) => number)).size).toBe(147);
});

// Each case against a hit, against an answer that takes its time, and against a refusal: what a stream is
// by the time the next frame comes differs.
describe.each([
  ['a hit', '/hit'],
  ['an answer', '/slow'],
  ['a refusal', '/a/../b'],
])('against %s', (_name, path) => {
  let server: TestHttp2;
  beforeAll(async () => {
    server = await startHttp2({ hits: { '/hit': Buffer.from('hello, world\n') } });
  });
  afterAll(() => server.close());

  test.each(cases.map((one) => [one.number, one.title, one] as const))(
    '%s %s',
    async (_number, _title, one) => {
      const probe = await server.probe();
      if (one.raw !== true) await probe.handshake();
      await one.run(probe, { authority: 'a.localhost', path });
      probe.end();
    },
  );
});
