import { errorMessage } from '@media-network/runtime';
import { isPrivateLiteral, publicLookup } from '@media-network/runtime/daemon';
import { Agent, buildConnector, request } from 'undici';
import type { NodeAnswer } from '../ask-node.ts';

export interface SiblingClientOptions {
  /** Whether edges on this machine and its local network are asked: whoever registers one names any address. */
  readonly allowPrivate: boolean;
  /** From the question to the last byte. */
  readonly timeoutMs: number;
  readonly maxBytes: number;
}

/** Posts questions to the control planes of other edges, over connections that are kept. */
export interface SiblingClient {
  /** Never rejects. */
  post(control: string, body: Uint8Array): Promise<NodeAnswer>;
  close(): Promise<void>;
}

export function createSiblingClient(options: SiblingClientOptions): SiblingClient {
  const { allowPrivate, timeoutMs, maxBytes } = options;
  const dispatcher = new Agent({
    connections: 8,
    pipelining: 1,
    allowH2: false,
    headersTimeout: timeoutMs,
    bodyTimeout: timeoutMs,
    connect: buildConnector({
      timeout: timeoutMs,
      allowH2: false,
      ...(allowPrivate ? {} : { lookup: publicLookup }),
    }),
  });
  return {
    async post(control, body) {
      const url = URL.parse('/v1/tier', control);
      if (url === null || !/^https?:$/.test(url.protocol)) return none(0, 'its address is none');
      if (!allowPrivate && isPrivateLiteral(url.hostname)) return none(0, 'its address is a private one');
      try {
        const answer = await request(url, {
          dispatcher,
          method: 'POST',
          headers: { 'content-type': 'application/octet-stream' },
          body: Buffer.from(body),
          signal: AbortSignal.timeout(timeoutMs),
        });
        if (answer.statusCode !== 200) {
          await answer.body.dump({ limit: 65_536 });
          return none(answer.statusCode, `it answered ${answer.statusCode}`);
        }
        const parts: Buffer[] = [];
        let size = 0;
        // undici's body yields Buffers; the stream's type leaves it open.
        for await (const part of answer.body as AsyncIterable<Buffer>) {
          size += part.length;
          if (size > maxBytes) return none(0, 'it answered too much');
          parts.push(part);
        }
        return { kind: 'answer', body: Buffer.concat(parts) };
      } catch (error) {
        return none(0, errorMessage(error));
      }
    },
    close: () => dispatcher.destroy(),
  };
}

function none(status: number, why: string): NodeAnswer {
  return { kind: 'none', status, why };
}
