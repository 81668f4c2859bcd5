import { createServer } from 'node:http';
import type { Server } from 'node:http';
import type { EdgeOverrides } from '@media-network/edge';
import { changesSessions } from '../forgeries.ts';
import type { Scenario } from '../scenario.ts';
import { liarEdge } from './liar-edge.ts';

type OriginSettings = Parameters<NonNullable<EdgeOverrides['settings']>>[0];

/** An origin of the liar's own: it passes on what the publisher has, or bytes that the publisher never had. */
let evil: Server | undefined;
/** The publisher's origin. */
let truth = '';

/** Whether the answer with this number, from 1, is a lie. */
type Lies = (answer: number) => boolean;

async function startEvil(lies: Lies): Promise<void> {
  let answers = 0;
  const server = createServer((request, response) => {
    answers += 1;
    const target = request.url ?? '/';
    const send = (status: number, body: Uint8Array): void => {
      // Nothing is kept at the edge, so that each answer is a new one.
      const headers = { 'Content-Type': 'image/jpeg', 'Content-Length': body.length };
      response.writeHead(status, { ...headers, 'Cache-Control': 'no-store' }).end(body);
    };
    if (lies(answers)) {
      send(200, Buffer.alloc(177_000, `not what you asked for: ${target} ${answers}`));
      return;
    }
    fetch(new URL(target, truth))
      .then(async (found) => send(found.status, await found.bytes()))
      .catch(() => send(502, new Uint8Array()));
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
  const [place] = settings.places;
  if (place === undefined) throw new Error('settings without an origin');
  truth = place.origin;
  const host = `127.0.0.1:${port}`;
  return {
    ...settings,
    places: [{ ...place, origin: `http://${host}`, hostname: '127.0.0.1', hostHeader: host }],
  };
}

/** An edge that puts an origin of its own before the publisher's. */
function servesEvil(name: string, doc: string, quick: boolean, lies: Lies): Scenario {
  const scenario = liarEdge({
    name,
    doc,
    quick,
    visited: { vouched: 18, open: 6 },
    lie: () => ({ settings: evilOrigin }),
  });
  return {
    ...scenario,
    network: async (attacks) => {
      if (attacks) await startEvil(lies);
      return scenario.network(attacks);
    },
    after: async () => void evil?.close(),
  };
}

/** Answers in the first two hours. */
const HISTORY = 55;

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
    (answer) => answer % 2 === 0,
  ),
  servesEvil(
    'self-dispute-with-history',
    'An edge earns a history, then serves wrong bytes to have its resource disputed. Disputed bytes are charged up to what is usual, and paid to nobody.',
    false,
    (answer) => answer > HISTORY,
  ),
  liarEdge({
    name: 'one-token-at-many-edges',
    doc: "A client signs for its token's whole ceiling at one edge, and the edge's partner shows the same session again. A ceiling holds over all edges together.",
    visited: { vouched: 12, open: 0 },
    lie: () => ({
      buildReport: changesSessions((proofs) => {
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
