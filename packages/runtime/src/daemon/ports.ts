import { createServer } from 'node:net';
import { MediaError, errorCode, errorMessage } from '../errors.ts';

/** A place to listen at, and the option that moves it. */
export interface WantedPort {
  readonly host: string;
  readonly port: number;
  readonly flag: string;
  /** The codes of what can be wrong with it. */
  readonly codes: { readonly inUse: string; readonly failed: string };
}

/**
 * Sees to it that a daemon can listen where it says, before it does anything that lasts: what has staked and registered
 * and then finds its port taken sends everyone to somebody else.
 *
 * @throws the codes of the port
 */
export async function requireFreePorts(ports: readonly WantedPort[]): Promise<void> {
  for (const wanted of ports) {
    const cause = await listenOnce(wanted);
    if (cause === undefined) continue;
    const { host, port, flag, codes } = wanted;
    const inUse = errorCode(cause) === 'EADDRINUSE';
    throw new MediaError({
      code: inUse ? codes.inUse : codes.failed,
      message: inUse
        ? `Port ${port} on ${host} is in use: stop what listens there or choose another ${flag}.`
        : `Cannot listen on ${host}:${port} (${errorMessage(cause)}): choose another ${flag}.`,
      source: 'client',
      context: { host, port, flag },
      cause,
    });
  }
}

/** What the system says against listening there; undefined of nothing. */
function listenOnce({ host, port }: WantedPort): Promise<Error | undefined> {
  // Any free port is free.
  if (port === 0) return Promise.resolve(undefined);
  return new Promise((resolve) => {
    const server = createServer();
    server.once('error', resolve);
    server.listen(port, host, () => server.close(() => resolve(undefined)));
  });
}
