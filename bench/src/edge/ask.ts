import { request as httpRequest } from 'node:http';
import { request as httpsRequest } from 'node:https';
import { MediaError, errorMessage } from '@media-network/runtime';
import type { BenchProtocol, BenchServer } from '../servers/bench-server.ts';

interface Answered {
  readonly status: number;
  readonly length: number;
  /** Cache-Status, or a word for those that only give an Age to what they had. */
  readonly cached: string | undefined;
}

const TRIES = 20;

/** Asks until the answer is a hit of the right length; what is measured must be that. */
export async function warm(
  server: BenchServer,
  protocol: BenchProtocol,
  path: string,
  bytes: number,
): Promise<void> {
  let seen = '';
  for (let tries = 0; tries < TRIES; tries += 1) {
    const answer = await ask(server, protocol, path).catch((error: unknown) => errorMessage(error));
    if (typeof answer === 'string') {
      seen = answer;
      continue;
    }
    seen = `${answer.status}, ${answer.length} bytes, ${answer.cached ?? 'no word of a cache'}`;
    const hit = server.uncached === true || /\bhit\b/i.test(answer.cached ?? '');
    if (answer.status === 200 && answer.length === bytes && hit) return;
  }
  throw new MediaError({
    code: 'bench/no-hit',
    message: `${server.name} does not answer ${path} from its cache (${seen}).`,
    source: 'internal',
  });
}

function ask(server: BenchServer, protocol: BenchProtocol, path: string): Promise<Answered> {
  return new Promise((resolve, reject) => {
    const options = { host: '127.0.0.1', path, headers: { Host: server.hostHeader }, agent: false as const };
    const sent =
      protocol === 'http'
        ? httpRequest({ ...options, port: server.httpPort })
        : httpsRequest({
            ...options,
            port: portOf(server, protocol),
            rejectUnauthorized: false,
            servername: server.hostHeader,
          });
    sent.once('error', reject);
    sent.once('response', (response) => {
      let length = 0;
      response.on('data', (chunk: Buffer) => (length += chunk.length));
      response.once('error', reject);
      response.once('end', () => {
        const { 'cache-status': status, age } = response.headers;
        resolve({
          status: response.statusCode ?? 0,
          length,
          cached: typeof status === 'string' ? status : age === undefined ? undefined : 'hit by its Age',
        });
      });
    });
    sent.end();
  });
}

export function portOf(server: BenchServer, protocol: BenchProtocol): number {
  if (protocol === 'http') return server.httpPort;
  return protocol === 'h2' ? (server.h2Port ?? server.httpsPort) : server.httpsPort;
}
