import { randomBytes } from 'node:crypto';
import { request } from 'node:http';
import { createResourcePlan, sendPlan } from '@media-network/chain';
import type { Signer } from '@media-network/chain';
import { NODE_STATUS, RESOURCE_STATUS, ROLE } from '@media-network/chain/schema';
import { scrypt } from '@media-network/devnet';
import type { Edge } from '@media-network/edge';
import { encryptSettings, resourceLabel } from '@media-network/protocol';
import type { Settings } from '@media-network/protocol';
import type { Address } from '@solana/kit';
import { sha256 } from './acts.ts';
import { copyResources } from './copied-resources.ts';
import { MEDIA, buyLp } from './market.ts';
import type { Stage } from './stage.ts';

/** Plans under way at the same time: each is two or three transactions. */
const PARALLEL = 8;
/** Seconds of the chain that may pass until all are authorised: guards take turns, and a few at a time. */
const PATIENCE = 600;
const STEP = 10;

/** So many are published by transactions; the rest are copies of the last of them. */
const PUBLISHED = 20;

/**
 * Many resources with nothing but a sliver of stake behind each, which the guards let be served. Some are published and
 * authorised as in life, the rest are written beside them.
 */
export async function publishMany(
  stage: Stage,
  publisher: Signer,
  count: number,
): Promise<readonly Address[]> {
  const { client, pool } = stage;
  const origin = stage.published.url;
  // With less behind each its quota would be none, and edges would refuse it.
  const lp = await buyLp(stage, publisher, (MEDIA * BigInt(Math.max(count, 1_000))) / 1_000n);
  await client.send([await client.instructions.stake({ owner: publisher, pool, role: ROLE.publisher, lp })], {
    payer: publisher,
  });
  const guards = (await client.guards()).filter(({ status }) => status === NODE_STATUS.active);
  const password = randomBytes(16);
  const settings: Settings = { v: 1, origin, originHost: null, originHeaders: [], probe: ['/'], domains: [] };
  const resources: Address[] = [];
  async function publish(id: bigint): Promise<void> {
    const resource = await client.addresses.resource(publisher.address, id);
    const sealed = await encryptSettings(settings, { resource, version: 1 }, { guards, password, scrypt });
    const plan = await createResourcePlan(client, {
      publisher,
      pool,
      id,
      lp: lp / BigInt(2 * count),
      allowance: 10n ** 9n,
      vouchKey: new Uint8Array(32),
      settings: sealed,
    });
    await sendPlan(client, plan.steps, { payer: publisher });
    resources.push(resource);
  }
  const published = Math.min(count, PUBLISHED);
  for (let from = 1; from <= published; from += PARALLEL)
    await Promise.all(
      Array.from({ length: Math.min(PARALLEL, published + 1 - from) }, (_, i) => publish(BigInt(from + i))),
    );
  for (let waited = 0; waited < PATIENCE; waited += STEP) {
    const active = await client.list('resource', { publisher: publisher.address });
    if (active.every(({ status }) => status === RESOURCE_STATUS.active)) break;
    if (waited + STEP >= PATIENCE) throw new Error('the guards have not authorised all of the resources');
    await stage.advance(STEP);
  }
  const [model] = resources;
  if (model === undefined || count === published) return resources;
  const ids = Array.from({ length: count - published }, (_, i) => BigInt(published + 1 + i));
  resources.push(...(await copyResources(stage, publisher, { model, ids, settings })));
  // Until all daemons have heard of them.
  await stage.advance(STEP);
  return resources;
}

/** One HEAD for each resource, at one edge after the other; how many were answered with 200. */
export async function touch(edges: readonly Edge[], resources: readonly Address[]): Promise<number> {
  let answered = 0;
  for (const [i, resource] of resources.entries()) {
    const edge = edges[i % edges.length];
    const url = edge?.urls[0];
    if (url === undefined) continue;
    const host = `${resourceLabel(resource, sha256)}.medianet.localhost`;
    const status = await new Promise<number>((resolve, reject) => {
      const asked = request(url, { method: 'HEAD', headers: { host } }, (response) => {
        response.resume();
        resolve(response.statusCode ?? 0);
      });
      asked.once('error', reject);
      asked.end();
    });
    if (status === 200) answered += 1;
  }
  return answered;
}
