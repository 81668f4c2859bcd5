import { join } from 'node:path';
import { createLog, createScope, logFile, systemClock } from '@media-network/runtime';
import { requireFreePorts } from '@media-network/runtime/daemon';
import type { MediaServer } from '@media-network/server';
import { serverPorts } from '@media-network/server/config';
import type { ServerConfig } from '@media-network/server/config';

/** Folder of a media server below the network's. */
export const serverFolder = (dir: string): string => join(dir, 'server');

/** A media server that logs to the network's folder `dir`; with `testPicture` its first channel has one. */
export async function openMediaServer(
  dir: string,
  config: ServerConfig,
  { testPicture }: { readonly testPicture: boolean },
): Promise<MediaServer> {
  await requireFreePorts(serverPorts(config));
  const log = createLog('server', {
    level: config.logLevel,
    destination: logFile(join(dir, 'log', 'server.jsonl')),
  });
  const { createMediaServer, sendTestPicture } = await import('@media-network/server');
  const scope = createScope();
  const server = await createMediaServer(config, { log });
  scope.add('media server', () => server.close());
  const [first] = server.channels;
  try {
    if (testPicture && first !== undefined) {
      const deps = { clock: systemClock, log, name: 'test picture' };
      const picture = await sendTestPicture(`${server.rtmpUrl}/${first.key}`, deps);
      scope.add('test picture', () => picture.close());
    }
  } catch (error) {
    return scope.fail(error);
  }
  return { ...server, close: () => scope.close() };
}
