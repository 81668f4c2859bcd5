import { createServer } from 'node:net';
import type { Server } from 'node:net';
import { MediaError, errorCode, errorMessage } from '../errors.ts';

/** A place to listen at, and the option that moves it. */
export interface WantedPort {
  readonly host: string;
  readonly port: number;
  readonly flag: string;
  /** The codes of what can be wrong with it. */
  readonly codes: { readonly inUse: string; readonly failed: string };
}

/** Ports that nobody else gets until they are released, just before they are listened on. */
export interface HeldPorts {
  release(): Promise<void>;
}

/**
 * Takes the ports that a daemon is going to listen on, before it does anything that lasts: what has staked and registered
 * and then finds its port taken sends everyone to somebody else. Who connects meanwhile is turned away.
 *
 * @throws the codes of the port
 */
export async function holdPorts(ports: readonly WantedPort[]): Promise<HeldPorts> {
  const held: Server[] = [];
  const release = async (): Promise<void> => {
    await Promise.all(
      held.splice(0).map((server) => new Promise<void>((resolve) => server.close(() => resolve()))),
    );
  };
  // Any free port is free: 0 takes one when the time comes.
  const named = ports.filter(({ port }) => port !== 0);
  for (const [index, wanted] of named.entries()) {
    const twin = named.slice(0, index).find(({ host, port }) => host === wanted.host && port === wanted.port);
    if (twin !== undefined) throw twice(twin, wanted);
  }
  try {
    for (const wanted of named) held.push(await hold(wanted));
  } catch (error) {
    await release();
    throw error;
  }
  return { release };
}

/**
 * Sees to it that a daemon can listen where it says.
 *
 * @throws the codes of the port
 */
export async function requireFreePorts(ports: readonly WantedPort[]): Promise<void> {
  await (await holdPorts(ports)).release();
}

function twice({ codes, host, port, flag }: WantedPort, other: WantedPort): MediaError {
  return new MediaError({
    code: codes.inUse,
    message: `Port ${port} on ${host} is asked for twice, by ${flag} and by ${other.flag}: choose another for one of them.`,
    source: 'client',
    context: { host, port, flag },
  });
}

function hold({ host, port, flag, codes }: WantedPort): Promise<Server> {
  return new Promise((resolve, reject) => {
    const server = createServer((socket) => socket.destroy());
    server.once('error', (cause) => {
      const inUse = errorCode(cause) === 'EADDRINUSE';
      reject(
        new MediaError({
          code: inUse ? codes.inUse : codes.failed,
          message: inUse
            ? `Port ${port} on ${host} is in use: stop what listens there or choose another ${flag}.`
            : `Cannot listen on ${host}:${port} (${errorMessage(cause)}): choose another ${flag}.`,
          source: 'client',
          context: { host, port, flag },
          cause,
        }),
      );
    });
    server.listen(port, host, () => resolve(server));
  });
}
