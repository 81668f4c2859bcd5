import { createServer } from 'node:http';
import type { Server } from 'node:http';
import type { EdgeOverrides } from '@media-network/edge';
import type { SessionProof } from '@media-network/protocol';
import { changesSessions } from '../forgeries.ts';
import type { Scenario } from '../scenario.ts';
import type { Stage } from '../stage.ts';
import { liarEdge } from './liar-edge.ts';

type OriginSettings = Parameters<NonNullable<EdgeOverrides['settings']>>[0];

/** An origin of the liar's own: bytes that the publisher never had, in every answer or in every second. */
let evil: Server | undefined;
let answers = 0;

async function startEvil(): Promise<void> {
  const server = createServer((request, response) => {
    answers += 1;
    const body = Buffer.alloc(177_000, `not what you asked for: ${request.url ?? ''} ${answers}`);
    response.writeHead(200, {
      'Content-Type': 'image/jpeg',
      'Content-Length': body.length,
      'Cache-Control': 'no-store',
      ETag: '"evil"',
    });
    response.end(body);
  });
  await new Promise<void>((resolve) => {
    server.listen(0, '127.0.0.1', resolve);
  });
  evil = server;
}

function evilOrigin(settings: OriginSettings): OriginSettings {
  const address = evil?.address();
  if (address === null || address === undefined || typeof address === 'string')
    throw new Error('the evil origin does not listen');
  const { port } = address;
  return {
    ...settings,
    origin: `http://127.0.0.1:${port}`,
    hostname: '127.0.0.1',
    hostHeader: `127.0.0.1:${port}`,
  };
}

/** Builds a liar that serves other bytes; `when` says for which look at the settings. */
function servesEvil(name: string, doc: string, quick: boolean, when: (stage: Stage) => boolean): Scenario {
  const scenario = liarEdge({
    name,
    doc,
    quick,
    visited: { vouched: 18, open: 6 },
    lie: (stage) => ({ settings: (settings) => (when(stage()) ? evilOrigin(settings) : settings) }),
  });
  return {
    ...scenario,
    network: async (attacks) => {
      if (attacks) await startEvil();
      return scenario.network(attacks);
    },
    after: async () => void evil?.close(),
  };
}

let turn = 0;
const copied: SessionProof[] = [];

/** Edges that serve what they should not, or sell one viewer twice. */
export const SERVING_SCENARIOS: readonly Scenario[] = [
  servesEvil(
    'wrong-bytes',
    'An edge serves every viewer bytes of its own. A probe looks like a viewer, so it gets them too.',
    true,
    () => true,
  ),
  servesEvil(
    'wrong-every-second-answer',
    'An edge is right in every second answer. Guilt is a share of wrong answers, not the absence of right ones.',
    false,
    () => {
      turn += 1;
      return turn % 2 === 0;
    },
  ),
  servesEvil(
    'self-dispute-with-history',
    'An edge earns a history, then serves wrong bytes to have its resource disputed. Disputed bytes are charged up to what is usual, and paid to nobody.',
    false,
    (stage) => stage.localnet !== undefined && turn++ > 400,
  ),
  liarEdge({
    name: 'one-token-at-many-edges',
    doc: "A client signs for its token's whole ceiling at one edge, and the edge's partner shows the same session again. A ceiling holds over all edges together.",
    visited: { vouched: 12, open: 0 },
    lie: () => ({
      buildReport: changesSessions((proofs) => {
        copied.push(...proofs);
        // The same tokens and receipts a second time, under other session numbers.
        const twice = proofs.map(({ token, receipt }, i) => {
          const session = new Uint8Array(16).fill(200 + i);
          return { token: { ...token, session }, receipt: { ...receipt, session } };
        });
        return [...proofs, ...twice];
      }),
    }),
  }),
];
