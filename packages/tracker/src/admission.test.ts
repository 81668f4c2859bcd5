import { addressOf, createSessionKey, signSwarmPass } from '@media-network/protocol';
import type { SwarmPassBody } from '@media-network/protocol';
import { beforeAll, describe, expect, it } from 'vitest';
import { createAdmission } from './admission.ts';
import type { AdmissionDeps } from './admission.ts';
import type { Admission } from './tracker.ts';

const filled = (byte: number): Uint8Array => new Uint8Array(32).fill(byte);
const BODY: SwarmPassBody = {
  edge: addressOf(filled(1)),
  resource: addressOf(filled(2)),
  content: filled(3),
  expires: 1_600n,
};
const JOIN = { type: 'join', version: 1, id: '0'.repeat(32), links: [] } as const;

describe('who may join', () => {
  let key: Awaited<ReturnType<typeof createSessionKey>>;
  beforeAll(async () => {
    key = await createSessionKey();
  });

  const ask = (
    join: { readonly pass?: string; readonly swarm?: string },
    over: Partial<AdmissionDeps> = {},
    origin?: string,
  ): Promise<Admission> =>
    createAdmission({
      operatorOf: async (edge) => (edge === BODY.edge ? addressOf(key.publicKey) : undefined),
      isServed: async () => true,
      isAllowed: async (domain) => domain === 'shop.example',
      now: async () => 1_000n,
      ...over,
    })({ ...JOIN, ...join }, { address: '', origin });

  it('is who has an active edge’s pass of now for a resource that is served', async () => {
    const pass = await signSwarmPass(BODY, key.sign);
    const admitted = await ask({ pass });
    expect(admitted).toMatchObject({ kind: 'admitted', swarm: expect.stringMatching(/^[0-9a-f]{64}$/) });
    const stranger = await createSessionKey();
    const code = async (text: string, over: Partial<AdmissionDeps> = {}): Promise<string> => {
      const answer = await ask({ pass: text }, over);
      return answer.kind === 'refused' ? answer.code : answer.kind;
    };
    expect(await code(await signSwarmPass(BODY, stranger.sign))).toBe('tracker/pass-invalid');
    expect(await code(await signSwarmPass({ ...BODY, edge: addressOf(filled(9)) }, key.sign))).toBe(
      'tracker/pass-invalid',
    );
    expect(await code(await signSwarmPass({ ...BODY, expires: 1_000n }, key.sign))).toBe(
      'tracker/pass-expired',
    );
    expect(await code(await signSwarmPass({ ...BODY, expires: 99_000n }, key.sign))).toBe(
      'tracker/pass-expired',
    );
    expect(await code('nonsense')).toBe('tracker/pass-invalid');
    expect(await code(pass, { isServed: async () => false })).toBe('tracker/not-served');
    expect(await code(pass, { operatorOf: () => Promise.reject(new Error('down')) })).toBe(
      'tracker/chain-unreachable',
    );
  });

  it('is a page of a domain that LP stands for, and each domain meets itself alone', async () => {
    const swarm = 'a'.repeat(64);
    const one = await ask({ swarm }, {}, 'https://shop.example');
    expect(one.kind).toBe('admitted');
    expect(await ask({ swarm }, {}, 'https://other.example')).toMatchObject({
      code: 'tracker/domain-not-allowed',
    });
    expect(await ask({ swarm })).toMatchObject({ code: 'tracker/domain-not-allowed' });
    const other = await ask({ swarm }, { isAllowed: async () => true }, 'https://other.example');
    expect(other.kind).toBe('admitted');
    expect(other).not.toEqual(one);
  });

  it('is nobody who says neither', async () => {
    expect(await ask({})).toMatchObject({ code: 'tracker/malformed' });
  });
});
