import { auditReport, auditShares } from '@media-network/audit';
import { ballotsOf, encodeAction, executePlan, votePlan } from '@media-network/chain';
import { ACTIONS, NODE_STATUS, PROPOSAL_STATUS, RESOURCE_STATUS } from '@media-network/chain/schema';
import { sampleAt } from '@media-network/protocol';
import { createViewer } from '@media-network/viewer';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { auditDeps } from './harness/audit.ts';
import { SHORT_WEEK, present, startNetwork } from './harness/network.ts';
import type { ManualNetwork } from './harness/network.ts';

/** What a vote takes here: a quarter of an hour each. */
const VOTE = { votingSecs: 900, timelockSecs: 900, seasoningSecs: 900, quorumVotes: 1_000n * 10n ** 9n };
/** An edge serves nothing of what was removed after so many seconds. */
const WITHIN_SECS = 60;
const TARGET = '/download/50mb.bin';

let network: ManualNetwork;
const viewer = createViewer();

beforeAll(async () => {
  network = await startNetwork({ edges: 1, periods: { ...SHORT_WEEK, ...VOTE } });
});
afterAll(() => network?.close());

/** Everything about it but the effect: locks, proposes, votes, waits. */
async function passRemoval(): Promise<void> {
  const { client, treasury, resource } = network;
  await client.send(
    [await client.instructions.lockMedia({ owner: treasury, amount: 2n * VOTE.quorumVotes })],
    { payer: treasury },
  );
  await network.advanceTo((await client.chainTime()) + BigInt(VOTE.seasoningSecs) + 1n);
  const propose = await client.instructions.propose({
    proposer: treasury,
    pool: network.pool,
    number: 1n,
    maxDeposit: (await client.config()).depositCeiling,
    kind: ACTIONS.removeResource.kind,
    action: encodeAction('removeResource', { resource }),
    textHash: new Uint8Array(32),
    link: '',
  });
  await client.send([propose], { payer: treasury });
  const proposal = present(await client.account('proposal', await client.addresses.proposal(1n)), 'proposal');
  const [ballot] = await ballotsOf(client, treasury.address, proposal);
  const vote = {
    owner: treasury,
    proposal: proposal.address,
    ballot: present(ballot, 'ballot'),
    side: 1,
  } as const;
  await client.send([await votePlan(client, vote)], { payer: treasury });
  await network.advanceTo(proposal.votingEndsAt);
  await client.send([await client.instructions.finaliseProposal({ proposal: proposal.address })], {
    payer: treasury,
  });
  await network.advanceTo(proposal.executableAt);
}

test("how guards divided a sample's quota is divided again by what they heard", async () => {
  const { client } = network;
  const edge = present(network.edges[0], 'edge');
  // An edge tells guards what it served; the sample after that is divided by it.
  expect((await viewer.get(network.at(edge, TARGET))).status).toBe(200);
  for (let i = 0; i < 4; i += 1) await network.advance(150);
  const { figures, ...rest } = await auditShares(
    {
      ...auditDeps(client),
      ask: async (base, path) => {
        const response = await fetch(new URL(path, base));
        return response.ok ? new Map(Object.entries((await response.json()) as object)) : undefined;
      },
    },
    network.resource,
    sampleAt(network.periods, await client.chainTime()) - 1n,
  );
  expect(rest).toEqual({ agrees: true, differences: [], unknown: [] });
  expect([figures.guards, figures.setCount]).toEqual([[1, 2, 3], 3]);
  const mine = figures.edges.find((each) => each.edge === edge.address);
  expect(mine?.agreed).toBeGreaterThan(0n);
  expect(mine?.agreed).toBeLessThanOrEqual(10n * figures.quota);
});

test(`an edge stops serving what a vote has removed within ${WITHIN_SECS} s, and is paid for what it served`, async () => {
  const { client, treasury } = network;
  const edge = present(network.edges[0], 'edge');
  const status = async (): Promise<number> => (await viewer.get(network.at(edge, TARGET))).status;
  await passRemoval();
  const hour = await network.chainHour();
  expect(await status()).toBe(200);

  const passed = present(await client.account('proposal', await client.addresses.proposal(1n)), 'proposal');
  expect(passed.status).toBe(PROPOSAL_STATUS.passed);
  await client.send(await executePlan(client, { payer: treasury, proposal: passed }), { payer: treasury });
  const removed = present(await client.account('resource', network.resource), 'resource');
  expect(removed.status).toBe(RESOURCE_STATUS.removed);
  let secs = 0;
  for (; secs < WITHIN_SECS && (await status()) === 200; secs += 10) await network.advance(10);
  expect(await status()).not.toBe(200);
  expect(secs).toBeLessThanOrEqual(WITHIN_SECS);

  // What was served is billed, and nothing is held against the edge.
  await network.advancePast(hour);
  const { figures, differences } = await auditReport(auditDeps(client), edge.address, hour);
  expect([differences, figures.decision]).toEqual([[], 'full']);
  expect(figures.bytes).toBeGreaterThan(50_000_000n);
  const kept = present(await client.account('resource', network.resource), 'resource');
  expect(kept.weeks.some(({ due }) => due > 0n) || kept.charged > 0n).toBe(true);
  await network.advancePast(hour + 1n);
  expect(await client.list('election', {})).toEqual([]);
  expect(present(await client.account('edge', edge.address), 'edge').status).toBe(NODE_STATUS.active);
  expect(await status()).not.toBe(200);
});
