import { createHash } from 'node:crypto';
import type { Settings } from '@media-network/protocol';
import { Agent, request } from 'undici';

/** An origin's answer as far as probes compare it. */
export interface OriginAnswer {
  readonly status: number;
  readonly etag: string | undefined;
  readonly lastModified: string | undefined;
  readonly cacheControl: string | undefined;
  /** Hex SHA-256; only when the body is complete. */
  readonly sha256: string | undefined;
  /** Undefined when it is larger than the bound. */
  readonly body: Buffer | undefined;
}

export interface OriginFetch {
  /** Identity encoding, no redirects, with the publisher's headers. Rejects when the origin cannot be reached. */
  get(settings: Settings, target: string, options: { readonly maxBytes: number }): Promise<OriginAnswer>;
  close(): Promise<void>;
}

const TIMEOUT_MS = 10_000;

/** Fetches from origins as an edge would. */
export function createOriginFetch(): OriginFetch {
  const dispatcher = new Agent({
    connections: 4,
    pipelining: 1,
    headersTimeout: TIMEOUT_MS,
    bodyTimeout: TIMEOUT_MS,
    connectTimeout: 5_000,
  });
  return {
    async get(settings, target, { maxBytes }) {
      const answer = await request(new URL(target, settings.origin), {
        dispatcher,
        signal: AbortSignal.timeout(2 * TIMEOUT_MS),
        headers: {
          ...Object.fromEntries(settings.originHeaders),
          accept: '*/*',
          'accept-encoding': 'identity',
          ...(settings.originHost === null ? {} : { host: settings.originHost }),
        },
      });
      const chunks: Buffer[] = [];
      let size = 0;
      for await (const chunk of answer.body) {
        const piece = Buffer.from(chunk);
        size += piece.length;
        if (size > maxBytes) break;
        chunks.push(piece);
      }
      const body = size > maxBytes ? undefined : Buffer.concat(chunks);
      const field = (name: string): string | undefined => {
        const value = answer.headers[name];
        return Array.isArray(value) ? value.join(', ') : value;
      };
      return {
        status: answer.statusCode,
        etag: field('etag'),
        lastModified: field('last-modified'),
        cacheControl: field('cache-control'),
        sha256: body === undefined ? undefined : createHash('sha256').update(body).digest('hex'),
        body,
      };
    },
    close: () => dispatcher.destroy(),
  };
}
