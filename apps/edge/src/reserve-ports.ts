import { createServer } from 'node:net';
import type { Server } from 'node:net';
import { MediaError, errorCode } from '@media-network/runtime';
import type { EdgeConfig } from './config.ts';

/** Ports that are ours until they are released, just before they are listened on. */
export interface ReservedPorts {
  release(): Promise<void>;
}

/**
 * Takes every port that the edge is going to listen on, so that a taken one is found before anything is staked or put
 * on chain for it. Who connects meanwhile is turned away.
 *
 * @throws `front/port-in-use`, `edge/port-in-use` (control plane), `edge/listen-failed`.
 */
export async function reservePorts(config: EdgeConfig, dataPlane: boolean): Promise<ReservedPorts> {
  const wanted = [
    ...(dataPlane
      ? [{ host: config.host, port: config.port, code: 'front/port-in-use', option: '--port' }]
      : []),
    ...(dataPlane && config.tlsCert !== undefined
      ? [{ host: config.host, port: config.httpsPort, code: 'front/port-in-use', option: '--https-port' }]
      : []),
    {
      host: config.controlHost,
      port: config.controlPort,
      code: 'edge/port-in-use',
      option: '--control-port',
    },
  ];
  const held: Server[] = [];
  const release = async (): Promise<void> => {
    await Promise.all(
      held.splice(0).map((server) => new Promise<void>((resolve) => server.close(() => resolve()))),
    );
  };
  try {
    // 0 takes a free one when the time comes.
    for (const each of wanted) if (each.port !== 0) held.push(await hold(each));
  } catch (error) {
    await release();
    throw error;
  }
  return { release };
}

function hold(at: {
  readonly host: string;
  readonly port: number;
  readonly code: string;
  readonly option: string;
}): Promise<Server> {
  return new Promise((resolve, reject) => {
    const server = createServer((socket) => socket.destroy());
    server.once('error', (error) => {
      const inUse = errorCode(error) === 'EADDRINUSE';
      reject(
        new MediaError({
          code: inUse ? at.code : 'edge/listen-failed',
          message: inUse
            ? `Port ${at.port} on ${at.host} is in use: stop what listens there or choose another ${at.option}.`
            : `Cannot listen on ${at.host}:${at.port} (${errorCode(error)}).`,
          source: 'internal',
          cause: error,
        }),
      );
    });
    server.listen(at.port, at.host, () => resolve(server));
  });
}
