import { createServer } from 'node:net';
import type { Server } from 'node:net';
import { MediaError } from '../errors.ts';
import { listenAt } from './listen.ts';
import type { ListenPlace } from './listen.ts';

/** A place to listen at, and the option that moves it. */
export interface WantedPort extends Pick<ListenPlace, 'host' | 'port' | 'codes' | 'use'> {
  readonly flag: string;
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

async function hold(wanted: WantedPort): Promise<Server> {
  const server = createServer((socket) => socket.destroy());
  await listenAt(server, wanted);
  return server;
}
