import { errorCode, errorMessage } from '@media-network/runtime';
import type { Log } from '@media-network/runtime';
import { cannotListen } from '@media-network/runtime/listen';
import type { Responder } from './responder.ts';
import { listenTcp } from './tcp-socket.ts';
import { listenUdp } from './udp-socket.ts';
import type { UdpAddress } from './udp-socket.ts';

export interface DnsServer {
  readonly host: string;
  /** The same for UDP and TCP. */
  readonly port: number;
  close(): Promise<void>;
}

/** Tries to find a number that is free for both where any will do. */
const TRIES = 20;
const CODES = { inUse: 'dns/port-in-use', failed: 'dns/cannot-listen' };

/**
 * Listens by UDP and TCP on one port; 0 takes one that is free for both.
 *
 * Rejects with `dns/port-in-use` or `dns/cannot-listen`.
 */
export async function listenDns(
  { host, port, oneByOne = false }: UdpAddress,
  responder: Responder,
  log: Log,
): Promise<DnsServer> {
  const onError = (error: unknown): void =>
    log.debug({ code: errorCode(error), err: errorMessage(error) }, 'an answer was not sent');
  const place = { host, port, flag: '--dns-port', codes: CODES, use: 'DNS' };
  for (let tries = 1; ; tries += 1) {
    const tcp = await listenTcp({ host, port }, responder, onError).catch((cause: unknown) => {
      throw cannotListen(cause, place);
    });
    try {
      const udp = await listenUdp({ host, port: tcp.port, oneByOne }, responder, onError);
      return {
        host,
        port: tcp.port,
        async close() {
          await Promise.all([udp.close(), tcp.close()]);
        },
      };
    } catch (cause) {
      await tcp.close();
      if (port !== 0 || tries >= TRIES) throw cannotListen(cause, place);
    }
  }
}
