import { createHash } from 'node:crypto';
import { NODE_STATUS, RESOURCE_STATUS } from '@media-network/chain/schema';
import { addressOf, createSessionKey, signSwarmPass } from '@media-network/protocol';
import type { Found } from '@media-network/chain';
import { afterEach, expect, it } from 'vitest';
import type { Snapshot } from '../network.ts';
import { createTrack } from './track.ts';
import type { TrackDeps } from './track.ts';

const filled = (byte: number): Uint8Array => new Uint8Array(32).fill(byte);
const [EDGE, RESOURCE] = [addressOf(filled(1)), addressOf(filled(2))];
const NOW = 5_000n;
const open: { close(): void }[] = [];
afterEach(() => open.splice(0).forEach((door) => door.close()));

/** What a viewer hears first. */
async function hears(
  deps: Partial<TrackDeps>,
  join: { readonly pass?: string; readonly swarm?: string },
  origin?: string,
): Promise<unknown> {
  const { tracker, door } = createTrack({
    client: { domain: async () => null },
    network: { snapshot: () => Promise.reject(new Error('none')), chainNow: async () => NOW },
    clock: { nowMs: () => 0 },
    random: Math.random,
    ice: () => [],
    ...deps,
  });
  open.push(door);
  return new Promise((resolve) => {
    const viewer = tracker.connect(
      { send: resolve, close: () => undefined },
      { address: '192.0.2.1', origin },
    );
    viewer.message(JSON.stringify({ type: 'join', version: 1, id: '0'.repeat(32), links: [], ...join }));
  });
}

it('takes a pass of an active edge for a resource that is served, though its first hour is yet to begin', async () => {
  const { publicKey, sign } = await createSessionKey();
  const pass = await signSwarmPass(
    { edge: EDGE, resource: RESOURCE, content: filled(3), expires: NOW + 600n },
    sign,
  );
  const network = (status: number, served: number): TrackDeps['network'] => ({
    chainNow: async () => NOW,
    // What of a snapshot is looked at.
    snapshot: async () =>
      ({
        config: { epochZero: 0n, sampleSecs: 300 },
        edges: [
          { address: EDGE, status, operator: addressOf(publicKey), previousOperator: EDGE, operatorFrom: 0n },
        ],
        resources: [{ address: RESOURCE, status: served }],
      }) as unknown as Snapshot,
  });
  const { active } = NODE_STATUS;
  expect(await hears({ network: network(active, RESOURCE_STATUS.active) }, { pass })).toMatchObject({
    type: 'joined',
    size: 1,
  });
  expect(await hears({ network: network(active, RESOURCE_STATUS.paused) }, { pass })).toMatchObject({
    code: 'tracker/not-served',
  });
  expect(await hears({ network: network(NODE_STATUS.left, RESOURCE_STATUS.active) }, { pass })).toMatchObject(
    {
      code: 'tracker/pass-invalid',
    },
  );
  expect(await hears({}, { pass })).toMatchObject({ code: 'tracker/chain-unreachable' });
});

it('takes pages of a domain that LP stands for, by its name on chain, and of no other', async () => {
  const asked: string[] = [];
  const client: TrackDeps['client'] = {
    async domain(key) {
      asked.push(key);
      const own = addressOf(new Uint8Array(createHash('sha256').update('shop.example').digest()));
      return key === own ? ({ noticeAt: 0n } as Found<'domain'>) : null;
    },
  };
  const swarm = 'a'.repeat(64);
  expect(await hears({ client }, { swarm }, 'https://shop.example')).toMatchObject({ type: 'joined' });
  expect(await hears({ client }, { swarm }, 'https://other.example')).toMatchObject({
    code: 'tracker/domain-not-allowed',
  });
  expect(asked).toHaveLength(2);
});
