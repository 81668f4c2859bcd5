import { writeFileSync } from 'node:fs';
import { connect } from 'node:net';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { MediaError } from '@media-network/runtime';
import { startCommand } from './bench-server.ts';
import type { BenchServer, BenchSetting } from './bench-server.ts';

/** More than any head that is measured here. */
const MAX_HEAD_BYTES = 65_536;

/** The head that a server answers with, to the byte, over plain HTTP/1.1. */
export function readHead(server: BenchServer, path: string): Promise<Buffer> {
  return new Promise((resolve, reject) => {
    let bytes = Buffer.alloc(0);
    const socket = connect(server.httpPort, '127.0.0.1', () => {
      socket.write(`GET ${path} HTTP/1.1\r\nHost: ${server.hostHeader}\r\n\r\n`);
    });
    const fail = (): void =>
      reject(
        new MediaError({
          code: 'bench/load-failed',
          message: `${server.name} answered ${path} with no head.`,
          source: 'internal',
        }),
      );
    socket.once('error', fail);
    socket.once('close', fail); // after the head it says nothing any more
    socket.on('data', (chunk: Buffer) => {
      bytes = Buffer.concat([bytes, chunk]);
      const end = bytes.indexOf('\r\n\r\n');
      if (end === -1 && bytes.length < MAX_HEAD_BYTES) return;
      if (end !== -1) resolve(bytes.subarray(0, end + 4));
      socket.destroy();
    });
  });
}

/** Starts the floor for one object: the head as `server` answers it now, and as many bytes of body. */
export async function startFloor(
  setting: BenchSetting,
  server: BenchServer,
  path: string,
  bytes: number,
): Promise<BenchServer> {
  const headFile = join(setting.dir, `floor-${bytes}.head`);
  writeFileSync(headFile, await readHead(server, path));
  const script = fileURLToPath(new URL('floor-server.ts', import.meta.url));
  const args = [headFile, String(bytes), setting.certFile, setting.keyFile];
  const floor = await startCommand(setting, { name: 'floor', command: [process.execPath, script, ...args] });
  return { ...floor, protocols: ['http', 'https'], uncached: true };
}
