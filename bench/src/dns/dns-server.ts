/**
 * The name server of the measurements: a zone of so many sites at sixteen edges, answered as guards answer, without a limit of
 * answers. `node dns-server.ts <port> <sites>`; stops on SIGTERM.
 */
import { createPrivateKey, randomBytes } from 'node:crypto';
import {
  belowKey,
  createResponder,
  createZoneKey,
  createZoneSigner,
  listenDns,
  newZoneKeyText,
} from '@media-network/dns';
import { silentLog, systemClock } from '@media-network/runtime';
import { createNetworkZone, seedOf } from '@media-network/steering';
import type { Site } from '@media-network/steering';

const [port = 0, sites = 0] = process.argv.slice(2).map(Number);
const REGIONS = ['eu-west', 'us-east', 'ap-south', 'sa-east'];
const key = createZoneKey(createPrivateKey(newZoneKeyText()));

const responder = createResponder(
  { clock: systemClock, random: Math.random, cookieSecret: randomBytes(16) },
  { rates: undefined },
);
responder.setZones([
  createNetworkZone({
    origin: 'bench.test',
    serial: 1,
    sites: new Map<string, Site>(
      Array.from({ length: sites }, (_, n) => [belowKey(`site-${n}`), { seed: seedOf(`site-${n}`) }]),
    ),
    edges: Array.from({ length: 16 }, (_, n) => ({
      id: `edge-${n}`,
      region: REGIONS[n % REGIONS.length] ?? '',
      share: n % 4 === 0 ? 0.5 : 1,
      ipv4: [`192.0.2.${n + 1}`],
      ipv6: [`2001:db8::${n + 1}`],
    })),
    servers: [{ no: 1, ipv4: ['127.0.0.1'], ipv6: [] }],
    issuers: [],
    // A table that says something of every prefix, at the cost of a look-up.
    regionOf: ({ address }) => REGIONS[(address[0] ?? 0) % REGIONS.length],
    keys: [key.publicKey],
    signer: createZoneSigner(key, systemClock),
  }),
]);
await listenDns({ host: '127.0.0.1', port }, responder, silentLog);
process.once('SIGTERM', () => process.exit(0));
