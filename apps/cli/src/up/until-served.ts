import { RESOURCE_STATUS } from '@media-network/chain/schema';
import type { Devnet } from '@media-network/devnet';
import { errorMessage } from '@media-network/runtime';
import type { Clock } from '@media-network/runtime';

/** An edge that is asked whether it serves the site. */
export interface AskedEdge {
  readonly name: string;
  /** Undefined when it does, else why not. */
  ask(): Promise<string | undefined>;
}

export interface LateEdge {
  readonly name: string;
  readonly why: string;
}

export interface UntilServedDeps {
  readonly clock: Pick<Clock, 'nowMs' | 'sleep'>;
  readonly onStep: (text: string) => void;
  readonly signal?: AbortSignal;
  /** Longest wait for all of them. */
  readonly withinMs?: number;
}

const WITHIN_MS = 60_000;
const PAUSE_MS = 200;

/**
 * Waits until every edge serves the site: each hears of it and of its guards in its own time, and takes its settings
 * from a guard when they are first needed. Returns those that do not in time; the network is up all the same.
 */
export async function untilServed(
  edges: readonly AskedEdge[],
  { clock, onStep, signal, withinMs = WITHIN_MS }: UntilServedDeps,
): Promise<readonly LateEdge[]> {
  const until = clock.nowMs() + withinMs;
  let waiting = edges;
  for (let told = ''; ;) {
    const late = await askAll(waiting);
    if (late.length === 0 || signal?.aborted === true || clock.nowMs() >= until)
      return late.map(({ edge: { name }, why }) => ({ name, why }));
    waiting = late.map(({ edge }) => edge);
    const names = waiting.map(({ name }) => name).join(', ');
    if (names !== told) onStep(`wait until ${names} ${waiting.length === 1 ? 'serves' : 'serve'} the site`);
    told = names;
    await clock.sleep(PAUSE_MS, signal);
  }
}

async function askAll(
  edges: readonly AskedEdge[],
): Promise<readonly { readonly edge: AskedEdge; readonly why: string }[]> {
  const answers = await Promise.all(edges.map(async (edge) => ({ edge, why: await edge.ask() })));
  return answers.flatMap(({ edge, why }) => (why === undefined ? [] : [{ edge, why }]));
}

/** The edges of a network that has just come up, asked through their own front as a viewer asks; none where its guards do not authorise the site. */
export async function edgesToAsk(devnet: Devnet): Promise<readonly AskedEdge[]> {
  const resource = await devnet.client.account('resource', devnet.resource);
  if (resource?.status !== RESOURCE_STATUS.active) return [];
  const { exchange } = await import('@media-network/viewer');
  return devnet.edges.map((edge, index) => ({
    name: `edge-${index + 1}`,
    async ask() {
      try {
        const answer = await exchange(new URL(READY, edge.urls[0]).href, {
          host: devnet.host,
          idleTimeoutMs: 20_000,
        });
        if (answer.status === 204) return undefined;
        return answer.header('media-error') ?? `it answers with status ${answer.status}`;
      } catch (error) {
        return errorMessage(error);
      }
    },
  }));
}

/** Not the site's traffic: an edge answers it itself, once it has what it needs to serve. */
const READY = '/.well-known/media-network/ready';
