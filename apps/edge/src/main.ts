import { createWallet } from '@media-network/chain';
import { runDaemon } from '@media-network/runtime/daemon';
import { edgeOptions, parseEdgeConfig } from './config.ts';
import { createEdge } from './edge.ts';

/** `node src/main.ts --keypair operator.json [options]`: an edge until SIGTERM or SIGINT. */
await runDaemon({
  name: 'edge',
  doc: 'Media Edge: caches and serves resources, reports what it served, earns for it.',
  options: edgeOptions,
  keys: [{ flag: 'keypair', env: 'MEDIA_EDGE_KEYPAIR', help: 'Operator key, as the Solana CLI writes it.' }],
  async start(sources, keys) {
    const operator = await createWallet(keys.keypair.reveal());
    const edge = await createEdge(parseEdgeConfig(sources), { operator });
    const banner = `${edge.urls.join(' ')} control ${edge.controlUrl} edge ${edge.address}`;
    return { banner, close: () => edge.close() };
  },
});
