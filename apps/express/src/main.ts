import { runDaemon } from '@media-network/runtime/daemon';
import { allExpressOptions, parseExpressConfig } from './config.ts';
import { createExpress } from './express.ts';

/** `node src/main.ts [options]`: a platform until SIGTERM or SIGINT. */
await runDaemon({
  name: 'express',
  doc: 'Media Server Express: a live platform of many channels, with chats.',
  options: allExpressOptions,
  keys: [],
  async start(sources) {
    const express = await createExpress(parseExpressConfig(sources));
    return { banner: `${express.url} takes streams at ${express.rtmpUrl}`, close: () => express.close() };
  },
});
