import { expect, test } from 'vitest';
import { tell } from './tell.ts';
import type { TellDeps } from './tell.ts';

const NODE = { kind: 'edge', address: 'E', endpoint: 'http://e', base: 'http://e:1' } as const;
const say = (status: number, body: unknown): Response => new Response(JSON.stringify(body), { status });

/** Answers in this order; undefined does not answer. */
function answering(...answers: readonly (Response | undefined)[]): TellDeps & { readonly asked: string[] } {
  const left = [...answers];
  const asked: string[] = [];
  return {
    asked,
    async fetch(input) {
      asked.push(input instanceof URL ? input.href : '');
      const next = left.shift();
      if (next === undefined) throw new TypeError('fetch failed');
      return next;
    },
    sleep: async () => undefined,
    nowMs: () => 0,
  };
}

const ONE = new Uint8Array(1);

test('a node has confirmed when it has confirmed each purge', async () => {
  const deps = answering(say(200, { objects: 2 }), say(200, { objects: 3 }));
  expect(await tell(NODE, [ONE, ONE], deps)).toMatchObject({ confirmed: true, objects: 5, code: null });
  expect(deps.asked).toEqual(['http://e:1/v1/purge', 'http://e:1/v1/purge']);
  const half = answering(say(200, { objects: 2 }), say(403, { code: 'purge/bad-time', message: 'off' }));
  expect(await tell(NODE, [ONE, ONE], half)).toMatchObject({
    confirmed: false,
    objects: null,
    code: 'purge/bad-time',
    why: 'off',
  });
});

test('one that is busy or away is asked again, one that refuses is not', async () => {
  const busy = answering(say(503, { code: 'purge/not-kept' }), undefined, say(200, { objects: 1 }));
  expect(await tell(NODE, [ONE], busy)).toMatchObject({ confirmed: true, objects: 1 });
  const away = answering();
  expect(await tell(NODE, [ONE], away)).toMatchObject({ confirmed: false, code: 'no-answer' });
  expect(away.asked).toHaveLength(3);
  const refusing = answering(say(403, { code: 'purge/bad-signature', message: 'no' }));
  expect(await tell(NODE, [ONE], refusing)).toMatchObject({ code: 'purge/bad-signature' });
  expect(refusing.asked).toHaveLength(1);
  const old = answering(new Response('not found', { status: 404 }));
  expect(await tell(NODE, [ONE], old)).toMatchObject({ code: 'http-404' });
});
