import { parseServerConfig } from '@media-network/server/config';
import type { CliContext } from '../command.ts';
import { openMediaServer, serverFolder } from '../open-media-server.ts';

/** Begins a media server with a test picture in it, and does `serve` with its URL as the origin, until that ends. */
export async function withLive(
  dir: string,
  { port }: { readonly port?: string },
  context: CliContext,
  serve: (origin: string, channel: string) => Promise<void>,
): Promise<void> {
  // Free ports for all, or the usual ones.
  const flags = { dir: serverFolder(dir), ...(port === '0' ? { port: '0', rtmpPort: '0' } : {}) };
  const server = await openMediaServer(dir, parseServerConfig({ env: context.env, flags }), {
    testPicture: true,
  });
  try {
    const [channel] = server.channels;
    if (channel === undefined) return;
    context.terminal.note(`· a test picture goes to ${server.rtmpUrl}`);
    await serve(server.url, channel.name);
  } finally {
    await server.close();
  }
}
