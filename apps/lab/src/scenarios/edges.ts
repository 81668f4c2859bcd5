import { signReceipt, signToken } from '@media-network/protocol';
import { createSessionKey } from '@media-network/protocol';
import type { Scenario } from '../scenario.ts';
import type { Stage } from '../stage.ts';
import { addsOpenBytes, changesSessions, multiplies, openEntry } from '../forgeries.ts';
import { createPhantom } from '../phantom.ts';
import { liarEdge } from './liar-edge.ts';

const TB = 10n ** 12n;
const resourceOf = (stage: () => Stage) => (): string => stage().resource;
const notFound = { status: 404, type: 'application/json', body: '{"code":"edge/not-found"}' } as const;

/** Edges that claim what they did not serve, or hide what they did. */
export const EDGE_SCENARIOS: readonly Scenario[] = [
  liarEdge({
    name: 'phantom-report',
    doc: 'An edge account without a data plane reports 10 PB of a resource. Nobody signed for them, and nobody answers where it should serve.',
    quick: true,
    lie: () => ({ dataPlane: false, control: phantom.control }),
    act: (stage) => phantom.report(stage, 'edge-4', [openEntry(stage.resource, 10_000n * TB)]),
  }),
  liarEdge({
    name: 'withheld-counters',
    visited: { vouched: 0, open: 1 },
    doc: 'An edge answers 404 to every request for its counters and reports 1 TB. What is not committed to is no open credit.',
    quick: true,
    lie: (stage) => ({
      buildReport: addsOpenBytes(resourceOf(stage), TB),
      control: (request, honest) =>
        request.path.startsWith('/v1/commit') || request.path.startsWith('/v1/counters')
          ? Promise.resolve(notFound)
          : honest(),
    }),
  }),
  liarEdge({
    name: 'absurd-slot',
    visited: { vouched: 0, open: 1 },
    doc: 'A slot near 2⁶⁴ in one report. Sums saturate, and nobody else loses the hour.',
    lie: (stage) => ({ buildReport: addsOpenBytes(resourceOf(stage), 2n ** 63n) }),
  }),
  liarEdge({
    name: 'unvisited-open-claim',
    visited: { vouched: 0, open: 1 },
    doc: 'An edge that hardly anybody visits claims the whole allowance of open bytes, counters and all. It has no share of what viewers signed for, and what is left by stake earns less than the stake costs.',
    lie: (stage) => ({
      buildReport: addsOpenBytes(resourceOf(stage), 10_000_000_000n),
      counters: (counters) => counters.map((each) => ({ ...each, bytes: each.bytes + 10_000_000_000n })),
    }),
  }),
  liarEdge({
    name: 'unvouched-open-claim',
    visited: { vouched: 0, open: 1 },
    doc: 'The same of a resource whose viewers carry no tokens, so that stake alone divides the allowance: the yield cap holds.',
    traffic: { vouched: 0, open: 24 },
    lie: (stage) => ({
      buildReport: addsOpenBytes(resourceOf(stage), 10_000_000_000n),
      counters: (counters) => counters.map((each) => ({ ...each, bytes: each.bytes + 10_000_000_000n })),
    }),
  }),
  liarEdge({
    name: 'multiplied-report',
    doc: 'An edge that viewers do visit multiplies what it reports by ten.',
    visited: { vouched: 12, open: 6 },
    lie: () => ({ buildReport: multiplies(10n) }),
  }),
  liarEdge({
    name: 'meter-with-a-constant',
    doc: 'A meter that adds 50 MB in every hour, counters and report alike.',
    visited: { vouched: 12, open: 6 },
    lie: (stage) => ({
      buildReport: addsOpenBytes(resourceOf(stage), 50_000_000n),
      counters: (counters) => counters.map((each) => ({ ...each, bytes: each.bytes + 50_000_000n })),
    }),
  }),
  liarEdge({
    name: 'doubled-receipts',
    doc: 'Receipts with other bytes than the viewers signed. Each falls alone.',
    visited: { vouched: 12, open: 6 },
    lie: () => ({
      buildReport: changesSessions((proofs) =>
        proofs.map(({ token, receipt }) => ({ token, receipt: { ...receipt, bytes: receipt.bytes * 2n } })),
      ),
    }),
  }),
  liarEdge({
    name: 'self-made-sessions',
    doc: 'A farm of sessions whose tokens the edge signed itself, on a resource whose publisher vouches for its viewers.',
    quick: true,
    lie: () => ({ buildReport: changesSessions(() => farm) }),
    act: async (stage) => {
      farm = await selfMade(stage, 40, 50_000_000n);
    },
    visited: { vouched: 0, open: 2 },
  }),
  liarEdge({
    name: 'self-made-sessions-unvouched',
    doc: 'The same on a resource that has only open bytes: sessions of their own are open bytes like all others.',
    traffic: { vouched: 0, open: 24 },
    lie: () => ({ buildReport: changesSessions(() => farm) }),
    act: async (stage) => {
      farm = await selfMade(stage, 40, 50_000_000n);
    },
    visited: { vouched: 0, open: 2 },
  }),
];

const phantom = createPhantom();
let farm: Awaited<ReturnType<typeof selfMade>> = [];

/** Sessions whose token is signed by whoever makes them, with receipts that agree. */
async function selfMade(stage: Stage, count: number, bytes: bigint) {
  const edge = stage.edges.at(-1)?.address ?? '';
  const hour = await stage.hour();
  return Promise.all(
    Array.from({ length: count }, async (_, i) => {
      const [signer, client] = [await createSessionKey(), await createSessionKey()];
      const session = new Uint8Array(16).fill(i + 1);
      const body = {
        session,
        resource: stage.resource,
        clientKey: client.publicKey,
        hour,
        ceiling: 2n * bytes,
        creditWindow: 4_194_304,
      };
      const token = await signToken(body, signer.sign);
      const receipt = await signReceipt(
        { session, edge, resource: stage.resource, bytes, sequence: 1n },
        client.sign,
      );
      return { token, receipt };
    }),
  );
}
