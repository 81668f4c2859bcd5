import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';

export interface BytesOrigin {
  readonly host: string;
  readonly port: number;
  close(): Promise<void>;
}

const MAX_BYTES = 2 ** 20;

/** `/<bytes>` and `/<bytes>/<anything>`: so many bytes that may be kept for an hour; anything else: one kilobyte of them. */
export async function startBytesOrigin(): Promise<BytesOrigin> {
  const body = Buffer.alloc(MAX_BYTES, 0x61);
  const server = createServer((request, response) => {
    const bytes = Math.min(Number(/^\/(\d{1,7})(?:\/|$)/.exec(request.url ?? '')?.[1] ?? 1_024), MAX_BYTES);
    response.writeHead(200, {
      'Content-Type': 'application/octet-stream',
      'Content-Length': bytes,
      'Cache-Control': 'public, max-age=3600',
      ETag: `"${bytes}"`,
    });
    response.end(body.subarray(0, bytes));
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo; // it listens on TCP
  return {
    host: '127.0.0.1',
    port,
    async close() {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}
