import type { Found, MediaClient, Signer } from '@media-network/chain';
import { signEvidence } from '@media-network/chain';
import { NODE_STATUS } from '@media-network/chain/schema';
import { PUBLIC_KEY_BYTES } from '@media-network/dns';
import type { Responder, ZoneNode, ZoneSigner } from '@media-network/dns';
import { encodeEdgeView, signEdgeView, toHex, weekAt } from '@media-network/protocol';
import { isPicked, readRules } from '@media-network/rules';
import type { Clock, RoundResult } from '@media-network/runtime';
import { isPrivateAddress } from '@media-network/runtime/daemon';
import { aliveByQuorum, createNetworkZone } from '@media-network/steering';
import type { HealthView, NameServer, RegionOf, SteeredEdge, ZoneState } from '@media-network/steering';
import type { PeerFetch } from '../evidence/peer-fetch.ts';
import { isIP } from 'node:net';
import type { SettingsReader } from '../authorise/settings-reader.ts';
import type { Network, Snapshot } from '../network.ts';
import { createEdgeLooks } from './edge-looks.ts';
import { createEdgeViews } from './edge-views.ts';
import { reachedByName } from './endpoint-addresses.ts';
import type { EndpointBook } from './endpoint-addresses.ts';
import { createBilledLoads } from './billed-loads.ts';
import type { CapacityPulls } from './capacity-pulls.ts';
import { createEdgeWords } from './edge-words.ts';
import { createEdgeLoads } from './edge-loads.ts';
import { createLoadSteering } from './load-steering.ts';
import type { RoundTrips } from './round-trips.ts';
import { createSteerViews } from './steer-views.ts';
import { createSiteIndex } from './site-index.ts';
import type { Picks } from './site-index.ts';

export interface NameDutyDeps {
  readonly network: Network;
  readonly client: Pick<MediaClient, 'reports'>;
  readonly guard: Found<'guard'>;
  readonly operator: Signer;
  readonly fetch: PeerFetch;
  readonly endpoints: EndpointBook;
  readonly responder: Pick<Responder, 'setZones'>;
  readonly regionOf: RegionOf;
  readonly networkOf: RegionOf;
  readonly roundTrips: RoundTrips;
  readonly pulls: CapacityPulls;
  readonly settings: SettingsReader;
  /** What this guard signs the zone with; undefined where it does not. */
  readonly signing: Signing | undefined;
  /** Further names of the zone, by the key of what stands in front of it. */
  readonly more: (below: string) => ZoneNode | undefined;
  readonly clock: Clock;
}

/** A guard's own key of the zone, and what signs with it. */
export interface Signing {
  readonly publicKey: Uint8Array;
  readonly signer: ZoneSigner;
}

export interface NameDutyOptions {
  readonly zone: string;
  readonly issuers: readonly string[];
}

/** An edge by its whole URL: who asks by HTTP is told a port, too. */
export interface EdgeByUrl extends SteeredEdge {
  readonly url: string;
}

export interface NameState extends ZoneState {
  /** All that are alive, whatever their port. */
  readonly byUrl: readonly EdgeByUrl[];
}

export interface NameDuty {
  round(signal: AbortSignal): Promise<RoundResult>;
  /** What this guard sees of edges, signed; undefined before its first look. */
  readonly view: Uint8Array | undefined;
  /** What this guard has of a window, signed; undefined where it has nothing. */
  steerView(window: bigint): Uint8Array | undefined;
  /** What is answered from; undefined before the first round. */
  readonly state: NameState | undefined;
}

/** How old the chain's word may be: a new site has its name within this time. */
const CHAIN_MS = 10_000;
/** Settings that are read in one round to see which edges their publishers have picked: each is a read of the chain. */
const PICKS_A_ROUND = 64;

/** The duty that answers for names: looks at edges, hears what other guards see, and makes the zone of it. */
export function createNameDuty(deps: NameDutyDeps, options: NameDutyOptions): NameDuty {
  const { network, guard, clock } = deps;
  const looks = createEdgeLooks(deps.fetch);
  const views = createEdgeViews(deps.fetch);
  const sign = (message: Uint8Array): Promise<Uint8Array> => signEvidence(deps.operator, message);
  const steerViews = createSteerViews(deps.fetch, guard.address, sign);
  const steering = createLoadSteering({
    ...deps,
    views: steerViews,
    words: createEdgeWords(deps.fetch),
    pulls: deps.pulls,
    loads: createEdgeLoads({
      fetch: deps.fetch,
      billed: createBilledLoads(),
      periods: () => snapshot?.config,
      reports: (hour) => deps.client.reports(hour),
    }),
  });
  /** Where this guard looks from. */
  const vantage = URL.parse(guard.endpoint)?.hostname.replaceAll(/^\[|\]$/g, '') ?? '';
  const sites = createSiteIndex(async (resource): Promise<Picks> => {
    const found = await deps.settings.read(resource).catch(() => undefined);
    if (found === undefined) return { kind: 'unread' };
    const read = readRules(found.settings.rules ?? []);
    // A rule that this guard does not know may be one that picks.
    if (read.kind !== 'ok') return { kind: 'unread' };
    const { rules } = read;
    const any = rules.regions.length === 0 && rules.edges.length === 0;
    return {
      kind: 'read',
      picked: any ? undefined : ({ id, region }) => isPicked(rules, { address: id, region }),
    };
  });
  let snapshot: Snapshot | undefined;
  let view: Uint8Array | undefined;
  let signedMs = 0;
  let state: NameState | undefined;
  let answered = '';

  async function chain(): Promise<Snapshot> {
    if (snapshot === undefined || clock.nowMs() - snapshot.readAtMs >= CHAIN_MS)
      snapshot = await network.snapshot();
    return snapshot;
  }

  /** Guards whose word counts: the week's set; without one, all that there are. */
  async function voters(from: Snapshot): Promise<ReadonlySet<string>> {
    const set = await network.guardSet(weekAt(from.config, from.now), from);
    const there = from.guards.filter(({ status }) => status === NODE_STATUS.active);
    const chosen = set.usable ? there.filter(({ no }) => set.numbers.includes(no)) : there;
    return new Set(chosen.map(({ address }) => String(address)));
  }

  async function steered(edges: readonly Found<'edge'>[]): Promise<readonly EdgeByUrl[]> {
    const found = await Promise.all(
      edges.map(async ({ address, endpoint, region }) => ({
        id: String(address),
        region: regionText(region),
        share: steering.shareOf(address),
        url: endpoint,
        ...(await deps.endpoints.of(endpoint)),
      })),
    );
    return found
      .filter(({ ipv4, ipv6 }) => ipv4.length + ipv6.length > 0)
      .toSorted((a, b) => (a.id < b.id ? -1 : 1));
  }

  async function servers(from: Snapshot, nowMs: number): Promise<readonly NameServer[]> {
    const answering = views.servers(nowMs);
    const chosen = from.guards.filter(
      ({ address, status }) =>
        address === guard.address || (status === NODE_STATUS.active && answering.has(address)),
    );
    return Promise.all(
      chosen
        .toSorted((a, b) => a.no - b.no)
        .map(async ({ no, endpoint }) => ({ no, ...(await deps.endpoints.of(endpoint)) })),
    );
  }

  /** Those of all guards that sign: a validator that has the keys of one must know those of the others. */
  function zoneKeys(nowMs: number): readonly Uint8Array[] {
    const own = deps.signing?.publicKey;
    const others = [...views.servers(nowMs).values()].map(({ zoneKey }) => zoneKey);
    return own === undefined ? [] : [own, ...others.filter((key) => key !== undefined)];
  }

  return {
    get view() {
      return view;
    },
    steerView: (window) => steerViews.own(window),
    get state() {
      return state;
    },
    async round(signal) {
      const from = await chain();
      const active = from.edges.filter(({ status }) => status === NODE_STATUS.active);
      await looks.look(active, signal);
      if (signal.aborted) return 'idle';
      const nowMs = await network.chainNowMs();
      // One moment has one view, though the chain's clock is put back: two would contradict each other.
      signedMs = Math.max(nowMs, signedMs + 1);
      const down = looks.down();
      const signed = await signEdgeView(
        {
          guard: guard.address,
          unixMs: BigInt(signedMs),
          zoneKey: deps.signing?.publicKey ?? new Uint8Array(PUBLIC_KEY_BYTES),
          down: [...down].toSorted(),
        },
        sign,
      );
      view = encodeEdgeView(signed);
      const peers = from.guards.filter(
        ({ address, status }) => address !== guard.address && status === NODE_STATUS.active,
      );
      await views.ask(peers, nowMs, signal);
      const counting = await voters(from);
      const seen: readonly HealthView[] = [{ guard: guard.address, down }, ...views.fresh(nowMs)];
      const counted = seen.filter((each) => counting.has(each.guard));
      const alive = aliveByQuorum(active, counted.length === 0 ? seen.slice(0, 1) : counted);
      // Of a name nobody can say which prefix it is in, and this machine is nobody's neighbour.
      if (isIP(vantage) !== 0 && !isPrivateAddress(vantage))
        for (const [edge, ms] of looks.took()) deps.roundTrips.add(vantage, edge, ms);
      const loaded = alive.map((edge) => ({
        address: String(edge.address),
        id: String(edge.address),
        region: regionText(edge.region),
        operator: String(edge.operator),
        control: edge.control,
        url: edge.endpoint,
      }));
      await steering.round(
        {
          edges: loaded,
          peers,
          counting: counting.size === 0 ? new Set([String(guard.address)]) : counting,
          nowMs,
        },
        signal,
      );
      if (signal.aborted) return 'idle';
      const more = await sites.readPicks(from.resources, PICKS_A_ROUND, signal);
      const byUrl = await steered(alive);
      const next: NameState = {
        origin: options.zone,
        serial: serialAt(from),
        sites: sites.of(from.resources),
        byUrl,
        edges: byUrl.filter(({ url }) => reachedByName(url)),
        servers: await servers(from, nowMs),
        issuers: options.issuers,
        regionOf: deps.regionOf,
        homeOf: (asker) => steering.homeOf(asker),
        keys: zoneKeys(nowMs),
        signer: deps.signing?.signer,
        more: deps.more,
      };
      const says = JSON.stringify([next.serial, next.byUrl, next.servers, next.keys?.map(toHex)]);
      if (says !== answered || next.sites !== state?.sites) {
        state = next;
        answered = says;
        deps.responder.setZones([createNetworkZone(next)]);
      }
      return looks.doubtful || more ? 'busy' : 'idle';
    },
  };
}

/** The number of the chain's sample: the same at every guard, and never less than it was. */
function serialAt({ config, now }: Snapshot): number {
  const sample = (now - config.epochZero) / BigInt(config.sampleSecs);
  return Number(sample < 0n ? 0n : sample & 0xffff_ffffn) + 1;
}

/** Zero-padded ASCII, as operators register it. */
function regionText(region: Uint8Array): string {
  return Buffer.from(region).toString('latin1').replace(/\0.*$/s, '');
}
