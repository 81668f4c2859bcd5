import { Agent, request } from 'node:http';
import { MediaError } from '@media-network/runtime';
import type { Reached, Viewer } from './viewers.ts';

/** An edge as a guard names it, and the way to it. */
export interface NamedEdge extends Reached {
  readonly edge: string;
}

/** As the page's script has it (apps/guard/browser/media-beacon.js). */
const NEAREST = 2;
const ROUND_TRIPS = 3;
const READY = '/.well-known/media-network/ready';
const BEACON = '/.well-known/media-network/beacon';
const MAX_REDIRECTS = 3;

/** One request on the agent's one connection; where it is redirected to. */
function ask(agent: Agent, viewer: Viewer, port: number, path: string): Promise<string | undefined> {
  return new Promise((resolve, reject) => {
    const asked = request(
      { agent, host: '127.0.0.1', port, path, localAddress: viewer.address },
      (response) => {
        response.resume();
        response.once('end', () => resolve(response.headers.location));
        response.once('error', reject);
      },
    );
    asked.once('error', reject);
    asked.end();
  });
}

async function measure(viewer: Viewer, { port }: NamedEdge): Promise<number> {
  const agent = new Agent({ keepAlive: true, maxSockets: 1 });
  try {
    let next: string | undefined = BEACON;
    for (let i = 0; next !== undefined && i < MAX_REDIRECTS; i += 1)
      next = await ask(agent, viewer, port, next);
    let least = Infinity;
    for (let i = 0; i < ROUND_TRIPS; i += 1) {
      const begun = performance.now();
      await ask(agent, viewer, port, READY);
      least = Math.min(least, performance.now() - begun);
    }
    return least;
  } finally {
    agent.destroy();
  }
}

/**
 * What a page's script does: round trips to the two edges that a guard names first and to one of the others, told to
 * the guard from the viewer's own address. `edges`: as the guard names them to this viewer.
 */
export async function visitPage(
  viewer: Viewer,
  edges: readonly NamedEdge[],
  { guard, random }: { readonly guard: string; readonly random: () => number },
): Promise<void> {
  const others = edges.slice(NEAREST);
  const looked = [...edges.slice(0, NEAREST), ...others.splice(Math.floor(random() * others.length), 1)];
  const samples: { edge: string; ms: number }[] = [];
  for (const each of looked) samples.push({ edge: each.edge, ms: await measure(viewer, each) });
  await tell(viewer, guard, JSON.stringify({ samples }));
}

const refused = (status: number): MediaError =>
  new MediaError({
    code: 'bench/server-failed',
    message: `A guard answered a measurement with ${status}.`,
    source: 'internal',
  });

/** Rejects where the guard does not take it. */
function tell(viewer: Viewer, guard: string, body: string): Promise<void> {
  return new Promise((resolve, reject) => {
    const asked = request(
      new URL('/v1/rtt', guard),
      { method: 'POST', localAddress: viewer.address, agent: false },
      (response) => {
        response.resume();
        response.once('end', () =>
          response.statusCode === 204 ? resolve() : reject(refused(response.statusCode ?? 0)),
        );
      },
    );
    asked.once('error', reject);
    asked.end(body);
  });
}

/** What a guard names to this viewer by HTTP: all edges, the best first. */
export function edgesFor(
  viewer: Viewer,
  guard: string,
  resource: string,
): Promise<readonly { readonly edge: string; readonly url: string }[]> {
  return new Promise((resolve, reject) => {
    const asked = request(
      new URL(`/v1/edges?resource=${resource}`, guard),
      { localAddress: viewer.address, agent: false },
      (response) => {
        const parts: Buffer[] = [];
        response.on('data', (part: Buffer) => parts.push(part));
        response.once('end', () => {
          try {
            // A guard's own format (docs/dns.md).
            const { edges } = JSON.parse(Buffer.concat(parts).toString('utf8')) as {
              edges: { edge: string; url: string }[];
            };
            resolve(edges);
          } catch (error) {
            reject(error);
          }
        });
        response.once('error', reject);
      },
    );
    asked.once('error', reject);
    asked.end();
  });
}
