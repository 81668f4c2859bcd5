import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { auditHour } from '@media-network/audit';
import { HOUR_STATUS } from '@media-network/chain/schema';
import { FAST_PARAMS, createDevnet } from '@media-network/devnet';
import type { Devnet } from '@media-network/devnet';
import { createLocalnet } from '@media-network/localnet';
import type { Localnet } from '@media-network/localnet';
import { hourAt } from '@media-network/protocol';
import type { Periods } from '@media-network/protocol';
import { silentLog, systemClock } from '@media-network/runtime';
import type { Clock } from '@media-network/runtime';
import { createTokenSource, createViewer } from '@media-network/viewer';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { auditDeps } from './harness/audit.ts';
import { present } from './harness/network.ts';
import { until } from './harness/processes.ts';

/** A validator with slow ticks: a minute behind the wall at first, and a twentieth slower. */
function laggingClock(): Clock {
  const began = Date.now();
  return {
    nowMs: () => began - 60_000 + Math.floor((Date.now() - began) * 0.95),
    sleep: (ms, signal) => systemClock.sleep(ms, signal),
  };
}

let dir: string;
let chain: Localnet;
let devnet: Devnet;
let periods: Periods;

beforeAll(async () => {
  dir = await mkdtemp(join(tmpdir(), 'media-lag-'));
  chain = await createLocalnet({ clock: laggingClock(), log: silentLog }, { dir: join(dir, 'chain') });
  devnet = await createDevnet({
    periods: { ...FAST_PARAMS, sampleSecs: 2, unbondSecs: 2 * FAST_PARAMS.unbondSecs },
    edges: 1,
    cluster: { rpcUrl: chain.rpcUrl, wsUrl: chain.wsUrl },
  });
  periods = await devnet.client.config();
}, 240_000);
afterAll(async () => {
  await devnet?.close();
  await chain?.close();
  await rm(dir, { recursive: true, force: true });
});

test('edge, guards, signer and clients agree on the hour of a chain that is hours behind the wall', async () => {
  const edge = present(devnet.edges[0], 'edge');
  const byWall = hourAt(periods, BigInt(Math.floor(Date.now() / 1_000)));
  const byChain = hourAt(periods, await devnet.client.chainTime());
  // Not the neighbouring hour, which any edge takes.
  expect(byWall - byChain).toBeGreaterThanOrEqual(2n);

  // What is served in a session is signed for, under tokens whose hour the edge takes. A session that an hour ends in the
  // middle of stays partly unsigned, as it should.
  const viewer = createViewer();
  const response = await until('a session within an hour', 150_000, async () => {
    const session = await viewer.openSession({
      tokens: createTokenSource(devnet.signerUrl),
      resource: devnet.resource,
      url: `http://${devnet.host}:${edge.port}/`,
      edge: edge.address,
    });
    const answer = await session.get('/pictures/set.jpg');
    expect([answer.status, answer.header('media-error')]).toEqual([200, undefined]);
    await session.settle();
    return session.signed === session.received ? answer : undefined;
  });

  // And guards, who ask for counters and judge in windows of seconds, find nothing amiss.
  const hour = hourAt(periods, await devnet.client.chainTime());
  const judged = await until('the hour to be judged', 150_000, async () => {
    for (const each of [hour - 1n, hour]) {
      const account = await devnet.client.hour(each);
      if (account?.status !== HOUR_STATUS.final) continue;
      const { figures } = await auditHour(auditDeps(devnet.client), each);
      const report = figures.reports.find((found) => found.edge === edge.address);
      if (report !== undefined && report.bytes >= BigInt(response.totalBytes)) return report;
    }
    return undefined;
  });
  expect(judged.decision).toBe('full');
});
