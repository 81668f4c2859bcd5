import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { auditHour, auditWeek } from '@media-network/audit';
import { createMediaClient } from '@media-network/chain';
import { EPOCH_STATUS, HOUR_STATUS } from '@media-network/chain/schema';
import { FAST_PARAMS, createDevnet } from '@media-network/devnet';
import type { Devnet } from '@media-network/devnet';
import { createLocalnet } from '@media-network/localnet';
import type { Localnet } from '@media-network/localnet';
import { hourAt, hoursOfWeek, weekOfHour } from '@media-network/protocol';
import { silentLog, systemClock } from '@media-network/runtime';
import { createViewer } from '@media-network/viewer';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { auditDeps } from './harness/audit.ts';
import { until } from './harness/processes.ts';
import { startStaleNode } from './harness/stale-node.ts';
import type { StaleNode } from './harness/stale-node.ts';

/** Weeks of 36 seconds, so that the last charge of one and the first vote on it are seconds apart. */
const PERIODS = { ...FAST_PARAMS, hoursPerWeek: 3, finalHours: 6, lateHours: 6 };
const LAG_MS = 4_000;

let dir: string;
let chain: Localnet;
let node: StaleNode;
let devnet: Devnet;

beforeAll(async () => {
  dir = await mkdtemp(join(tmpdir(), 'media-stale-'));
  chain = await createLocalnet({ clock: systemClock, log: silentLog }, { dir: join(dir, 'chain') });
  node = await startStaleNode(chain.rpcUrl);
  devnet = await createDevnet({
    periods: PERIODS,
    edges: 2,
    cluster: { rpcUrl: node.url, wsUrl: chain.wsUrl },
  });
});
afterAll(async () => {
  await devnet?.close();
  await node?.close();
  await chain?.close();
  await rm(dir, { recursive: true, force: true });
});

test('a week that is decided while every other read is four seconds old pays what the evidence says', async () => {
  // What the auditor sees is what is there.
  const client = createMediaClient({
    rpcUrl: chain.rpcUrl,
    wsUrl: chain.wsUrl,
    programId: devnet.programId,
    clock: systemClock,
    log: silentLog,
  });
  const config = await client.config();
  node.lag(LAG_MS);
  const viewer = createViewer();
  const week = weekOfHour(config, hourAt(config, await client.chainTime()) + 1n);
  await until('the week to be endorsed', 300_000, async () => {
    for (const edge of devnet.edges)
      await viewer.get(`http://${devnet.host}:${edge.port}/pictures/set.jpg`).catch(() => undefined);
    return (await client.epoch(week))?.status === EPOCH_STATUS.endorsed ? true : undefined;
  });
  expect(node.stale).toBeGreaterThan(100);

  const deps = auditDeps(client);
  const audit = await auditWeek(deps, week);
  expect(audit.differences).toEqual([]);
  expect(audit.agrees).toBe(true);
  expect(audit.figures.kept).toBeGreaterThan(0n);
  expect(audit.figures.rewards).toBeGreaterThan(0n);
  const { first, last } = hoursOfWeek(config, week);
  for (let hour = first; hour <= last; hour += 1n) {
    // One that nobody reported for has no account.
    if ((await client.hour(hour))?.status !== HOUR_STATUS.final) continue;
    const { differences } = await auditHour(deps, hour);
    expect(differences).toEqual([]);
  }
  console.log(`${node.stale} stale reads; refused, by code: ${JSON.stringify([...node.refused])}`);
});
