import { askNode } from '../ask-node.ts';
import type { EdgeChain } from '../chain/edge-chain.ts';

export interface KnownProcessDeps {
  readonly chain: Pick<EdgeChain, 'edge' | 'control'>;
  readonly fetch: typeof globalThis.fetch;
  /** Names this process in `/v1/info`. */
  readonly instance: string;
}

/**
 * `another`: the control plane that the chain names is that of another process with this key: a machine that
 * was cloned, or started twice. `unclear`: nobody answers there who can be told from this process.
 */
export type KnownProcess = 'this' | 'another' | 'unclear';

const TIMEOUT_MS = 2_000;
const MAX_INFO_BYTES = 16_384;

/**
 * Asks the control plane that the chain names for this edge whose it is. Guards look for evidence there and
 * nowhere else, so what another process reports is lost for both.
 */
export function createKnownProcess(deps: KnownProcessDeps): () => Promise<KnownProcess> {
  return async () => {
    const endpoint = await deps.chain.control();
    if (endpoint === undefined) return 'unclear';
    const answer = await askNode(
      deps.fetch,
      { name: 'the control plane', endpoint },
      {
        path: '/v1/info',
        maxBytes: MAX_INFO_BYTES,
        timeoutMs: TIMEOUT_MS,
      },
    );
    if (answer.kind === 'none') return 'unclear';
    const said = readInfo(answer.body);
    if (said?.edge !== deps.chain.edge || said.instance === undefined) return 'unclear';
    return said.instance === deps.instance ? 'this' : 'another';
  };
}

function readInfo(body: Uint8Array): { readonly edge?: unknown; readonly instance?: unknown } | undefined {
  try {
    const value: unknown = JSON.parse(new TextDecoder().decode(body));
    return typeof value === 'object' && value !== null ? value : undefined;
  } catch {
    return undefined;
  }
}
