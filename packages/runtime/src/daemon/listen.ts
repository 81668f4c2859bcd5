import type { Server } from 'node:net';
import { MediaError, errorCode, errorMessage } from '../errors.ts';

/** A place to listen at, and the options that move it. */
export interface ListenPlace {
  readonly host: string;
  readonly port: number;
  /** The option that chooses the port. Left out where a caller chooses it for whoever runs this. */
  readonly flag?: string;
  /** The codes of what can be wrong with it. */
  readonly codes: { readonly inUse: string; readonly failed: string };
  /** TCP by default. */
  readonly transport?: 'UDP';
  /** What it is for, where a daemon has several: `the signer`. */
  readonly use?: string;
}

/**
 * Listens, and resolves with the port, which is another than asked for where that was 0.
 *
 * @throws the codes of the place
 */
export async function listenAt(server: Server, place: ListenPlace): Promise<number> {
  await new Promise<void>((resolve, reject) => {
    const refuse = (cause: Error): void => reject(cannotListen(cause, place));
    server.once('error', refuse);
    server.listen(place.port, place.host, () => {
      server.off('error', refuse);
      resolve();
    });
  });
  const bound = server.address();
  return bound !== null && typeof bound === 'object' ? bound.port : place.port;
}

/** What the system said when a place could not be listened at, as an error that says what to do. */
export function cannotListen(cause: unknown, place: ListenPlace): MediaError {
  const { host, port, flag, codes } = place;
  const context = { host, port, ...(flag === undefined ? {} : { flag }) };
  const inUse = errorCode(cause) === 'EADDRINUSE';
  return new MediaError({
    code: inUse ? codes.inUse : codes.failed,
    message: `${reason(cause, place)}.`,
    source: 'client',
    context,
    cause,
  });
}

/** The first port that needs no permission, as Linux comes. */
const UNPRIVILEGED = 1_024;

function reason(cause: unknown, { host, port, flag, transport, use }: ListenPlace): string {
  const name = transport === undefined ? 'Port' : `${transport} port`;
  const at = `${name} ${port} on ${host}${use === undefined ? '' : `, for ${use},`}`;
  const another = `choose another ${flag ?? 'port'}`;
  switch (errorCode(cause)) {
    case 'EADDRINUSE':
      return `${at} is in use: stop what listens there or ${another}`;
    case 'EACCES':
    case 'EPERM':
      return port < UNPRIVILEGED
        ? `${at} needs permission, as all below ${UNPRIVILEGED} do: ${another}, or give this program the capability CAP_NET_BIND_SERVICE`
        : `${at} is not permitted here: ${another}`;
    case 'EADDRNOTAVAIL':
      return `${host} is no address of this machine, so nothing can listen there: choose another address to listen on`;
    case 'ENOTFOUND':
    case 'EAI_AGAIN':
      return `${host} leads to no address, so nothing can listen there: choose another address to listen on`;
    default:
      return `Cannot listen on ${host}:${port} (${errorMessage(cause)}): ${another}`;
  }
}
