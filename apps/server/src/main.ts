import { runDaemon } from '@media-network/runtime/daemon';
import { parseServerConfig, serverOptions } from './config.ts';
import { createMediaServer } from './media-server.ts';

/** `node src/main.ts [options]`: a media server until SIGTERM or SIGINT. */
await runDaemon({
  name: 'server',
  doc: 'Media Server: takes live video in by RTMP and serves it as HLS, an origin of the network.',
  options: serverOptions,
  keys: [],
  async start(sources) {
    const server = await createMediaServer(parseServerConfig(sources));
    return { banner: `${server.url} takes streams at ${server.rtmpUrl}`, close: () => server.close() };
  },
});
