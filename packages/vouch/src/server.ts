import { readOwnFile } from '@media-network/runtime/own-parts';
import http from 'node:http';
import { listenAt } from '@media-network/runtime/listen';
import { createVouchHandler } from './handler.ts';
import type { HandlerOptions } from './handler.ts';
import type { Voucher } from './voucher.ts';

export interface VouchServerOptions extends HandlerOptions {
  readonly host: string;
  /** 0 for a free one. */
  readonly port: number;
}

export interface VouchServer {
  /** `http://127.0.0.1:8470/` */
  readonly url: string;
  /** Lets answers under way finish, then closes. */
  close(): Promise<void>;
}

const SCRIPT = new URL('../browser/media-vouch.js', import.meta.url);
const MAX_CONNECTIONS = 2_000;
/** Longest that a client may take for a head; bodies have a bound of their own. */
const HEAD_TIMEOUT_MS = 10_000;
const DRAIN_MS = 5_000;

/**
 * A signer on a port of its own: tokens for `POST` at any path, the browser's script at `/media-vouch.js`, `/healthz`.
 *
 * @throws `vouch/port-in-use`, `vouch/cannot-listen`
 */
export async function startVouchServer(voucher: Voucher, options: VouchServerOptions): Promise<VouchServer> {
  const script = readOwnFile(SCRIPT);
  const handler = createVouchHandler(voucher, options);
  const server = http.createServer({ headersTimeout: HEAD_TIMEOUT_MS }, (request, response) => {
    const path = (request.url ?? '/').split('?')[0];
    const reads = request.method === 'GET' || request.method === 'HEAD';
    if (reads && path === '/media-vouch.js') {
      response.writeHead(200, {
        'content-type': 'text/javascript; charset=utf-8',
        'content-length': script.length,
        'cache-control': 'max-age=3600',
        'access-control-allow-origin': '*',
      });
      response.end(request.method === 'HEAD' ? undefined : script);
    } else if (reads && path === '/healthz') {
      response.writeHead(200, { 'content-type': 'text/plain', 'content-length': 3 }).end('ok\n');
    } else void handler(request, response);
  });
  server.maxConnections = MAX_CONNECTIONS;
  const port = await listenAt(server, {
    host: options.host,
    port: options.port,
    flag: '--port',
    codes: { inUse: 'vouch/port-in-use', failed: 'vouch/cannot-listen' },
  });
  const host = options.host.includes(':') ? `[${options.host}]` : options.host;
  return {
    url: `http://${host}:${port}/`,
    close: () =>
      new Promise((resolve) => {
        const late = setTimeout(() => server.closeAllConnections(), DRAIN_MS);
        server.close(() => {
          clearTimeout(late);
          resolve();
        });
        server.closeIdleConnections();
      }),
  };
}
