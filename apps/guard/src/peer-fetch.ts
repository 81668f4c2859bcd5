import { errorMessage } from '@media-network/runtime';
import type { Log } from '@media-network/runtime';
import { isPrivateLiteral, publicLookup } from '@media-network/runtime/daemon';
import { Agent, request } from 'undici';

export interface PeerAnswer {
  readonly status: number;
  readonly body: Uint8Array;
}

/** Small fetches from edges and guards: bounded in bytes and time, no redirects. */
export interface PeerFetch {
  /**
   * `target` is appended to the base URL of the peer. Undefined when there is no whole answer within the bounds,
   * or when the peer is not to be asked: addresses on chain are strangers' words.
   */
  get(
    baseUrl: string,
    target: string,
    maxBytes?: number,
    signal?: AbortSignal,
  ): Promise<PeerAnswer | undefined>;
  close(): Promise<void>;
}

const TIMEOUT_MS = 10_000;
/** The receipts of the 200,000 sessions that an edge holds at most are 70 MB. */
const MAX_BYTES = 96 * 2 ** 20;

/** `allowPrivate`: whether peers may be on this machine or its local network. */
export function createPeerFetch(log: Log, { allowPrivate }: { readonly allowPrivate: boolean }): PeerFetch {
  const dispatcher = new Agent({
    connections: 8,
    pipelining: 1,
    headersTimeout: TIMEOUT_MS,
    bodyTimeout: TIMEOUT_MS,
    connect: { timeout: 5_000, ...(allowPrivate ? {} : { lookup: publicLookup }) },
  });

  async function read(
    url: string,
    maxBytes: number,
    signal: AbortSignal | undefined,
  ): Promise<PeerAnswer | undefined> {
    const limit = AbortSignal.timeout(3 * TIMEOUT_MS);
    const answer = await request(url, {
      dispatcher,
      signal: signal === undefined ? limit : AbortSignal.any([signal, limit]),
    });
    const chunks: Buffer[] = [];
    let size = 0;
    for await (const chunk of answer.body) {
      const piece = Buffer.from(chunk);
      size += piece.length;
      if (size > maxBytes) {
        answer.body.destroy();
        return undefined;
      }
      chunks.push(piece);
    }
    return { status: answer.statusCode, body: Buffer.concat(chunks) };
  }

  return {
    async get(baseUrl, target, maxBytes = MAX_BYTES, signal) {
      const url = URL.parse(target, baseUrl);
      if (url === null || (url.protocol !== 'http:' && url.protocol !== 'https:')) return undefined;
      if (signal?.aborted === true || (!allowPrivate && isPrivateLiteral(url.hostname))) return undefined;
      try {
        return await read(url.href, Math.min(maxBytes, MAX_BYTES), signal);
      } catch (error) {
        log.debug({ url: url.origin, err: errorMessage(error) }, 'peer does not answer');
        return undefined;
      }
    },
    close: () => dispatcher.destroy(),
  };
}
