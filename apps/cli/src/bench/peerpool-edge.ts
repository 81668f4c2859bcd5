import type { ContentServer } from '@media-network/bench';

/** A network of one edge in front of an origin, whose publisher has turned PeerPool on. */
export async function startPeerPoolEdge(origin: string): Promise<ContentServer> {
  const { createDevnet } = await import('@media-network/devnet');
  const devnet = await createDevnet({ origin, originRules: ['live /live/*', 'peerpool script'], edges: 1 });
  const { host, port } = new URL(devnet.url);
  return { url: `http://127.0.0.1:${port}`, host, close: () => devnet.close() };
}
