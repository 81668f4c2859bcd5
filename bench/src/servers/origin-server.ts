/**
 * The origin of the measurements: `/<bytes>` and `/<bytes>/<anything>` answer with so many bytes that may be
 * kept for an hour. Prints one line of JSON with its port; stops on SIGTERM.
 */
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';

const MAX_BYTES = 16 * 2 ** 20;
const body = Buffer.alloc(MAX_BYTES, 0x61);

const server = createServer((request, response) => {
  const bytes = Math.min(Number(/^\/(\d{1,8})(?:\/|$)/.exec(request.url ?? '')?.[1] ?? 0), MAX_BYTES);
  response.writeHead(200, {
    'Content-Type': 'application/octet-stream',
    'Content-Length': bytes,
    'Cache-Control': 'public, max-age=3600',
    ETag: `"${bytes}"`,
  });
  response.end(body.subarray(0, bytes));
});
server.keepAliveTimeout = 60_000;
server.listen(0, '127.0.0.1', () => {
  const { port } = server.address() as AddressInfo; // it listens on TCP
  process.stdout.write(`${JSON.stringify({ httpPort: port, httpsPort: port, hostHeader: 'origin' })}\n`);
});
process.once('SIGTERM', () => process.exit(0));
