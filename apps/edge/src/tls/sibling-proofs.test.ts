import { NO_RULES, readRules } from '@media-network/rules';
import type { Rules } from '@media-network/rules';
import { createManualClock } from '@media-network/runtime/testing';
import { address } from '@solana/kit';
import { expect, test } from 'vitest';
import { createChallenges } from './challenges.ts';
import { createSharedProofs } from './sibling-proofs.ts';
import type { SharedProofs } from './sibling-proofs.ts';

const TOKEN = 'a'.repeat(43);
const PROOF = `${TOKEN}.${'b'.repeat(43)}`;
const OTHER = {
  address: address('So11111111111111111111111111111111111111112'),
  endpoint: '',
  control: 'http://b',
  operator: address('So11111111111111111111111111111111111111112'),
  region: '',
};

function shared(
  answer: (url: string) => Promise<Response> | Response,
  served: readonly string[] = ['shop.example'],
  rules: Pick<Rules, 'regions' | 'edges'> = NO_RULES,
): {
  readonly proofs: SharedProofs;
  readonly asked: string[];
  readonly own: ReturnType<typeof createChallenges>;
} {
  const asked: string[] = [];
  const own = createChallenges();
  const proofs = createSharedProofs({
    challenges: own,
    edges: {
      refresh: async () => undefined,
      turnMs: () => 0,
      others: () => [OTHER, { ...OTHER, control: 'http://c' }],
    },
    rulesOf: async (name) => (served.includes(name) ? rules : undefined),
    fetch: async (url) => {
      const text = url instanceof Request ? url.url : url.toString();
      asked.push(text);
      return answer(text);
    },
    clock: createManualClock(),
  });
  return { proofs, asked, own };
}

test('what is proven here is said without asking anybody', async () => {
  const { proofs, asked, own } = shared(() => new Response(null, { status: 404 }));
  own.put({
    type: 'http-01',
    name: 'shop.example',
    token: TOKEN,
    keyAuthorization: PROOF,
    digest: Buffer.alloc(32),
  });
  expect(await proofs.http('shop.example', TOKEN)).toBe(PROOF);
  expect(asked).toEqual([]);
  // Under another name it is nothing of ours.
  expect(await proofs.http('other.example', TOKEN)).toBeUndefined();
  own.remove('shop.example');
  expect(await proofs.http('shop.example', TOKEN)).toBeUndefined();
});

function heard(body: string): Promise<string | undefined> {
  const answer = (url: string): Response =>
    url.startsWith('http://c') ? new Response(body) : new Response(null, { status: 404 });
  return shared(answer).proofs.http('shop.example', TOKEN);
}

function shown(body: string): ReturnType<SharedProofs['tls']> {
  return shared(() => new Response(body)).proofs.tls('shop.example');
}

test('an edge that the publisher has not picked is asked for nothing', async () => {
  const read = readRules(['regions nowhere']);
  if (read.kind === 'wrong') throw new Error(read.why);
  const { proofs, asked } = shared(() => new Response(PROOF), ['shop.example'], read.rules);
  expect(await proofs.http('shop.example', TOKEN)).toBeUndefined();
  expect(asked).toEqual([]);
});

test('another edge’s proof is passed on, and nothing else that it says', async () => {
  expect(await heard(`${PROOF}\n`)).toBe(PROOF);
  for (const body of [
    '',
    '<script>',
    `${TOKEN}.${'b'.repeat(42)}`,
    `${'c'.repeat(43)}.${'b'.repeat(43)}`,
    `${PROOF}.x`,
    'x'.repeat(2_000),
  ])
    expect(await heard(body), body).toBeUndefined();
  const digest = '0f'.repeat(32);
  expect(await shown(digest)).toMatchObject({ cert: expect.stringContaining('CERTIFICATE') });
  for (const body of ['', digest.slice(1), `${digest}0`, PROOF])
    expect(await shown(body), body).toBeUndefined();
});

test('who does not answer holds nobody up, and strangers have others asked little', async () => {
  const { proofs } = shared((url) =>
    url.startsWith('http://c') ? new Response(PROOF) : new Promise(() => undefined),
  );
  expect(await proofs.http('shop.example', TOKEN)).toBe(PROOF);
  const flood = shared(() => new Response(null, { status: 404 }));
  for (let i = 0; i < 200; i += 1) {
    await flood.proofs.http('shop.example', String(i).padStart(43, 'x'));
    await flood.proofs.http('nobody.example', TOKEN);
    await flood.proofs.http('shop.example', 'short');
    await flood.proofs.http('shop.example', '../../../../etc/passwd');
  }
  expect(flood.asked.length).toBeLessThanOrEqual(2 * 10);
});
