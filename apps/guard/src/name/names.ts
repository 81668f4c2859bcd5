import { randomBytes } from 'node:crypto';
import { join } from 'node:path';
import { signEvidence } from '@media-network/chain';
import type { Found, MediaClient, Signer } from '@media-network/chain';
import { createResponder, createZoneSigner, dsText, encodeName, listenDns } from '@media-network/dns';
import type { DnsServer, ResponderCounts } from '@media-network/dns';
import { openAsns, openCountries } from '@media-network/geo';
import type { Clock, Log, RoundResult } from '@media-network/runtime';
import type { SettingsReader } from '../authorise/settings-reader.ts';
import type { GuardConfig } from '../config.ts';
import type { PeerFetch } from '../evidence/peer-fetch.ts';
import type { Network } from '../network.ts';
import { createRateLimit } from '../rate-limit.ts';
import { createEndpointBook } from './endpoint-addresses.ts';
import { createCapacityPulls } from './capacity-pulls.ts';
import { createNameDuty } from './name-duty.ts';
import type { NameDuty } from './name-duty.ts';
import { createRoundTrips } from './round-trips.ts';
import { createNetworkTable, createRegionTable } from './region-table.ts';
import { createSecondaries, readSecondaries, readTransferKeys } from './secondaries.ts';
import type { Secondaries } from './secondaries.ts';
import { openZoneKey } from './zone-key-file.ts';
import { createSteerDesk } from './steer-desk.ts';
import type { SteerDesk } from './steer-desk.ts';
import { createTxtDesk } from './txt-desk.ts';
import type { TxtDesk } from './txt-desk.ts';

/** Of one edge: publishing and taking back one record each every second. */
const TXT_PER_MINUTE = 120;

/** Of one viewer; a page measures once. */
const RTT_PER_MINUTE = 12;

export interface NamesDeps {
  readonly network: Network;
  readonly client: Pick<MediaClient, 'reports'>;
  readonly guard: Found<'guard'>;
  readonly operator: Signer;
  readonly fetch: PeerFetch;
  readonly settings: SettingsReader;
  readonly clock: Clock;
  readonly log: Log;
  readonly random: () => number;
}

/** A guard's part in names: the duty, and the server that answers from what it made. */
export interface Names extends NameDuty {
  round(signal: AbortSignal): Promise<RoundResult>;
  /** Begins to answer; `dns/port-in-use` or `dns/cannot-listen` where that is not possible. */
  listen(): Promise<DnsServer>;
  /** Where it answers; undefined before `listen`. */
  readonly at: { readonly host: string; readonly port: number } | undefined;
  /** What the zone's parent has to say of this guard's key; undefined where it does not sign. */
  readonly ds: string | undefined;
  /** The same by HTTP, for who has no resolver for the zone. */
  readonly steer: SteerDesk;
  /** Records that edges prove names to a CA with. */
  readonly txt: Pick<TxtDesk, 'take'>;
  /** What a viewer measured, of its prefix; `client`: its address, of which the prefix alone is kept. */
  takeRoundTrips(body: Uint8Array, client: string): 'taken' | 'none' | 'too-many';
  /** Servers that keep a copy of the zone. */
  readonly secondaries: Secondaries;
  /** Gives up what is under way outside of rounds. */
  close(): Promise<void>;
  /** Lines for `/metrics`. */
  metrics(): string;
}

/** Rejects where the zone's key, or those of transfers, cannot be read. */
export async function openNames(deps: NamesDeps, config: GuardConfig, allowPrivate: boolean): Promise<Names> {
  const key = config.dnsSign ? await openZoneKey(join(config.dir, 'zone-key.pem')) : undefined;
  const signing =
    key === undefined ? undefined : { publicKey: key.publicKey, signer: createZoneSigner(key, deps.clock) };
  const transferKeys =
    config.dnsTransferKeys === undefined ? [] : await readTransferKeys(config.dnsTransferKeys);
  const responder = createResponder({ ...deps, cookieSecret: randomBytes(32) }, { transferKeys });
  const secondaries = createSecondaries(
    { serial: () => duty.state?.serial, clock: deps.clock, log: deps.log },
    {
      zone: config.zone,
      secondaries: readSecondaries(config.dnsNotify, transferKeys),
      key: transferKeys[0],
    },
  );
  const endpoints = createEndpointBook(deps, { allowPrivate });
  const txt = createTxtDesk({
    network: deps.network,
    state: () => duty.state,
    limit: createRateLimit(deps.clock, TXT_PER_MINUTE),
    clock: deps.clock,
  });
  const roundTrips = createRoundTrips();
  const pulls = createCapacityPulls({
    ...deps,
    guardNo: deps.guard.no,
    sign: (message) => signEvidence(deps.operator, message),
  });
  const rttLimit = createRateLimit(deps.clock, RTT_PER_MINUTE);
  const duty: NameDuty = createNameDuty(
    {
      ...deps,
      endpoints,
      responder,
      regionOf: createRegionTable(
        config.dnsCountries === undefined ? undefined : openCountries(config.dnsCountries),
      ),
      networkOf: createNetworkTable(
        config.dnsNetworks === undefined ? undefined : openAsns(config.dnsNetworks),
      ),
      roundTrips,
      pulls,
      signing,
      more: (below) => txt.find(below),
    },
    { zone: config.zone, issuers: listOf(config.dnsIssuers) },
  );
  let server: DnsServer | undefined;
  return {
    ds:
      key === undefined ? undefined : `${config.zone}. DS ${dsText(encodeName(config.zone), key.publicKey)}`,
    txt,
    secondaries,
    steer: createSteerDesk(() => duty.state),
    round: (signal) => duty.round(signal),
    close: () => pulls.close(),
    get view() {
      return duty.view;
    },
    steerView: (window) => duty.steerView(window),
    takeRoundTrips(body, client) {
      if (!rttLimit.take(client)) return 'too-many';
      const edges = new Set((duty.state?.byUrl ?? []).map(({ id }) => id));
      return roundTrips.take(Buffer.from(body).toString('utf8'), client, edges) ? 'taken' : 'none';
    },
    get state() {
      return duty.state;
    },
    async listen() {
      const at = { host: config.dnsHost ?? config.host, port: config.dnsPort ?? 0 };
      server = await listenDns(at, responder, deps.log);
      return server;
    },
    get at() {
      return server === undefined ? undefined : { host: server.host, port: server.port };
    },
    metrics: () => metricsOf(responder.counts),
  };
}

function listOf(text: string | undefined): readonly string[] {
  return (text ?? '')
    .split(',')
    .map((each) => each.trim())
    .filter(Boolean);
}

const total = (name: string, help: string, value: number): string =>
  `# HELP media_guard_dns_${name}_total ${help}\n# TYPE media_guard_dns_${name}_total counter\nmedia_guard_dns_${name}_total ${value}\n`;

function metricsOf(counts: ResponderCounts): string {
  const rcodes = [...counts.rcodes.entries()].filter(([, count]) => count > 0);
  return [
    '\n',
    total('queries', 'Messages that came to the name server.', counts.queries),
    total('dropped', 'Messages left without an answer.', counts.dropped),
    total('limited', 'Answers above the rate of their network.', counts.limited),
    total('truncated', 'Answers that said to come by TCP.', counts.truncated),
    '# HELP media_guard_dns_answers_total Answers by their code.\n# TYPE media_guard_dns_answers_total counter\n',
    ...rcodes.map(([code, count]) => `media_guard_dns_answers_total{rcode="${code}"} ${count}\n`),
  ].join('');
}
