import { errorMessage } from '@media-network/runtime';
import type { Log } from '@media-network/runtime';
import { Agent, request } from 'undici';

export interface PeerAnswer {
  readonly status: number;
  readonly body: Uint8Array;
}

/** Small fetches from edges and guards: bounded in bytes and time, no redirects. */
export interface PeerFetch {
  /** `target` is appended to the base URL of the peer. Undefined when there is no whole answer within the bounds. */
  get(baseUrl: string, target: string, maxBytes?: number): Promise<PeerAnswer | undefined>;
  close(): Promise<void>;
}

const TIMEOUT_MS = 10_000;
const MAX_BYTES = 64 * 2 ** 20;

export function createPeerFetch(log: Log): PeerFetch {
  const dispatcher = new Agent({
    connections: 8,
    pipelining: 1,
    headersTimeout: TIMEOUT_MS,
    bodyTimeout: TIMEOUT_MS,
    connectTimeout: 5_000,
  });

  async function read(url: string, maxBytes: number): Promise<PeerAnswer | undefined> {
    const answer = await request(url, { dispatcher, signal: AbortSignal.timeout(3 * TIMEOUT_MS) });
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
    async get(baseUrl, target, maxBytes = MAX_BYTES) {
      const url = URL.parse(target, baseUrl);
      if (url === null || (url.protocol !== 'http:' && url.protocol !== 'https:')) return undefined;
      try {
        return await read(url.href, maxBytes);
      } catch (error) {
        log.debug({ url: url.origin, err: errorMessage(error) }, 'peer does not answer');
        return undefined;
      }
    },
    close: () => dispatcher.destroy(),
  };
}
