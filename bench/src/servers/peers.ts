import { errorMessage } from '@media-network/runtime';
import { ensureProgram } from '../machine/tools.ts';
import type { BenchServer, BenchSetting } from './bench-server.ts';
import { startNginx } from './nginx.ts';
import { startCaddy, startH2o } from './static-files.ts';
import { startTrafficServer } from './traffic-server.ts';
import { startVarnish } from './varnish.ts';

interface Peer {
  readonly name: string;
  readonly program: string;
  readonly packageName: string;
  start(setting: BenchSetting): Promise<BenchServer>;
}

/** What one would put there instead, beside nginx. */
const FURTHER: readonly Peer[] = [
  { name: 'Varnish', program: 'varnishd', packageName: 'varnish', start: startVarnish },
  {
    name: 'Traffic Server',
    program: 'traffic_server',
    packageName: 'trafficserver',
    start: startTrafficServer,
  },
  { name: 'h2o', program: 'h2o', packageName: 'h2o', start: startH2o },
  { name: 'Caddy', program: 'caddy', packageName: 'caddy', start: startCaddy },
];

/** Why a peer is not in the table. */
export interface SkippedPeer {
  readonly peerName: string;
  readonly why: string;
}

export interface StartedPeers {
  readonly servers: readonly BenchServer[];
  readonly skipped: readonly SkippedPeer[];
}

/** nginx, and with `all` whatever else there is; what cannot be had or does not start is skipped with a word. */
export async function startPeers(
  setting: BenchSetting,
  which: 'nginx' | 'all',
  say: (line: string) => void,
): Promise<StartedPeers> {
  const servers = [await startNginx(setting)];
  const skipped: SkippedPeer[] = [];
  for (const peer of which === 'all' ? FURTHER : []) {
    try {
      if (ensureProgram(peer.program, peer.packageName, say)) servers.push(await peer.start(setting));
      else skipped.push({ peerName: peer.name, why: 'not installed, and apt does not have it' });
    } catch (error) {
      skipped.push({ peerName: peer.name, why: errorMessage(error) });
    }
  }
  for (const { peerName, why } of skipped) say(`without ${peerName}: ${why}`);
  return { servers, skipped };
}
