import { request } from 'node:http';
import { Resolver } from 'node:dns/promises';
import { MediaError } from '@media-network/runtime';

/** Where a server is as a viewer reaches it: the port of the way to it. */
export interface Reached {
  readonly port: number;
}

/** One viewer's network, a /24 of its own. */
export interface Viewer {
  /** That it connects from. */
  readonly address: string;
}

export interface FirstByte {
  readonly ms: number;
  readonly status: number;
  /** The body of an error, in part. */
  readonly said: string;
}

/** Who is not answered by then never is; a busy machine takes its time. */
const TIMEOUT_MS = 120_000;
const MAX_SAID = 200;

/** Milliseconds from the begin of a new connection until the first byte of the answer. */
export function firstByte(
  { address }: Viewer,
  { port }: Reached,
  { host, target }: { readonly host: string; readonly target: string },
): Promise<FirstByte> {
  return new Promise((resolve, reject) => {
    const begun = performance.now();
    const asked = request(
      {
        host: '127.0.0.1',
        port,
        path: target,
        localAddress: address,
        agent: false,
        headers: { host },
        signal: AbortSignal.timeout(TIMEOUT_MS),
      },
      (response) => {
        const ms = performance.now() - begun;
        const status = response.statusCode ?? 0;
        let said = '';
        response.on('data', (part: Buffer) => {
          if (status !== 200 && said.length < MAX_SAID) said += part.toString('latin1');
        });
        response.once('end', () => resolve({ ms, status, said: said.slice(0, MAX_SAID) }));
        response.once('error', reject);
      },
    );
    asked.once('error', reject);
    asked.end();
  });
}

/** The address that a guard names first to this viewer's network, by DNS. */
export async function steeredTo(
  { address }: Viewer,
  server: { readonly host: string; readonly port: number },
  name: string,
): Promise<string> {
  const resolver = new Resolver({ timeout: 5_000, tries: 4 });
  resolver.setLocalAddress(address);
  resolver.setServers([`${server.host}:${server.port}`]);
  const [first] = await resolver.resolve4(name);
  if (first !== undefined) return first;
  throw new MediaError({
    code: 'bench/server-failed',
    message: `The guard at ${server.host}:${server.port} names no edge for ${name}.`,
    source: 'internal',
  });
}
