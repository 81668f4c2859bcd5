import type { CountryTable } from '@media-network/geo';
import { createCollapser } from '@media-network/http-cache';
import type { SignBytes } from '@media-network/protocol';
import type { Clock, Log, RepeatingTask } from '@media-network/runtime';
import type { Bodies } from './bodies.ts';
import type { EdgeChain } from './chain/edge-chain.ts';
import type { Moments } from './chain/moments.ts';
import { createCodedCopies } from './compress/coded-copies.ts';
import { createCodingChoice } from './compress/coding.ts';
import { createCompressor } from './compress/compressor.ts';
import type { EdgeConfig } from './config.ts';
import type { Journal } from './journal/journal.ts';
import type { Ledger } from './journal/ledger.ts';
import { createHealthChecks } from './origin/health-checks.ts';
import type { Measures } from './measure/measures.ts';
import { createOriginStates } from './origin/origin-states.ts';
import type { OriginStates } from './origin/origin-states.ts';
import { createOrigins } from './origin/origins.ts';
import { createAccessLog, createFastAccessLog } from './serve/access-log.ts';
import { createAccounting } from './serve/account.ts';
import type { Account, Accounting } from './serve/account.ts';
import { createFastLane } from './serve/fast-lane.ts';
import type { HotLookUpDeps } from './serve/fast-lane.ts';
import type { SharedAnswer } from './serve/fetched-answer.ts';
import type { HitLane } from './serve/hit-lane.ts';
import { siteOf } from './serve/identify.ts';
import type { Hosts } from './serve/identify.ts';
import { createRememberedKeys } from './serve/remembered-keys.ts';
import { createRequestIds } from './serve/request-id.ts';
import type { Caps } from './caps/caps.ts';
import { createServe, sought } from './serve/serve.ts';
import type { ServeDeps } from './serve/serve.ts';
import { tunnelRefusal } from './serve/admit.ts';
import type { AdmitDeps } from './serve/admit.ts';
import { createTally } from './serve/tally.ts';
import type { Tally } from './serve/tally.ts';
import { createTunnels } from './serve/tunnels.ts';
import type { Tunnels } from './serve/tunnels.ts';
import { createSlices } from './slices/slices.ts';
import { createPrefetch } from './streams/prefetch.ts';
import { createPeerPoolDesk } from './peerpool/peerpool-desk.ts';
import type { PhasesDesk } from './session/session-desk.ts';
import type { Denials } from './tenant/denials.ts';
import type { OpenCredit } from './tenant/open-credit.ts';
import { createLimiter } from './tenant/limiter.ts';
import type { SharedProofs } from './tls/sibling-proofs.ts';
import type { SiblingClient } from './tier/sibling-client.ts';
import { createSiblings } from './tier/siblings.ts';
import { createTierClient } from './tier/tier-client.ts';
import { createTierDesk } from './tier/tier-desk.ts';
import type { TierDesk } from './tier/tier-desk.ts';
import { createTraffic } from './traffic.ts';
import type { Traffic } from './traffic.ts';

/** How long it is remembered that an object is large, or its origin failing. */
const REMEMBER_MS = 600_000;

/** accept → identify → admit → look-up → (hit | revalidate | fetch) → deliver → account */
export function wirePhases(
  config: EdgeConfig,
  deps: Bodies & {
    readonly hosts: Hosts;
    readonly proofs: Pick<SharedProofs, 'http'>;
    readonly journal: Journal;
    readonly ledger: Ledger;
    readonly desk: PhasesDesk;
    readonly credit: OpenCredit;
    readonly moments: Moments;
    readonly self: AdmitDeps['self'];
    readonly caps: Caps;
    readonly denials: Denials;
    readonly clock: Clock;
    readonly log: Log;
    readonly random: () => number;
    readonly chain: Pick<EdgeChain, 'edges' | 'edge' | 'guards' | 'nowMs'>;
    readonly measures: Pick<Measures, 'answer'>;
    readonly siblingClient: Pick<SiblingClient, 'post'>;
    readonly purged: Parameters<typeof createTierClient>[0]['purged'];
    readonly sign: SignBytes;
    readonly countries: CountryTable;
    readonly httpsPort: () => number | undefined;
  },
): {
  readonly tally: Tally;
  readonly traffic: Traffic;
  readonly answer: ReturnType<typeof createServe>;
  readonly account: Accounting;
  readonly lane: HitLane<Account>;
  readonly lookUp: HotLookUpDeps;
  readonly tunnels: Tunnels;
  readonly originStates: OriginStates;
  readonly healthChecks: RepeatingTask;
  readonly tierDesk: TierDesk;
} {
  const { hosts, store, keys, fills, places, settings, journal, ledger, desk, moments, clock, log } = deps;
  const tally = createTally();
  const traffic = createTraffic(
    () => clock.nowMs(),
    (host) => siteOf(hosts, host),
  );
  const fastLog = config.accessLog ? createFastAccessLog(log) : undefined;
  const slowLog = config.accessLog ? createAccessLog(log) : undefined;
  const requestId = createRequestIds(deps.random);
  const collapser = createCollapser<SharedAnswer>({
    clock,
    // The origin's own limits end a leader's wait; to give up before that would make a herd of those who wait.
    lockTimeoutMs: 2 * config.originTimeoutMs + 1_000,
  });
  const admit = {
    settings,
    desk,
    journal,
    clock,
    credit: deps.credit,
    moments,
    self: deps.self,
    caps: deps.caps,
    denials: deps.denials,
  };
  const tunnels = createTunnels(
    { refusal: (tunnel) => tunnelRefusal(tunnel, admit), tally, clock, log, random: deps.random },
    { max: config.maxTunnels, maxOfResource: config.maxTunnelsOfResource, idleMs: config.tunnelIdleMs },
  );
  const compressor = createCompressor();
  const choose = createCodingChoice();
  const spared = createRememberedKeys<true>(clock, REMEMBER_MS);
  const coded = createCodedCopies({ store, compressor, choose, spared });
  const unsliced = createRememberedKeys<true>(clock, REMEMBER_MS);
  const large = createRememberedKeys<true>(clock, REMEMBER_MS);
  const originStates = createOriginStates({ clock });
  const origin = createOrigins(
    { client: places, states: originStates, tally: tally.origins, clock },
    { timeoutMs: config.originTimeoutMs },
  );
  const healthChecks = createHealthChecks({
    client: places,
    states: originStates,
    tally: tally.origins,
    clock,
    log,
    random: deps.random,
  });
  const siblings = createSiblings({ chain: deps.chain, clock });
  const tier = createTierClient({
    purged: deps.purged,
    chain: deps.chain,
    siblings,
    store,
    sign: deps.sign,
    client: deps.siblingClient,
    tally: tally.tier,
    clock,
    random: deps.random,
  });
  const permit = {
    limiter: createLimiter({ clock }),
    clock,
    countryOf: (address: string | undefined) =>
      address === undefined ? undefined : deps.countries.countryOf(address),
    httpsPort: deps.httpsPort,
  };
  const { chain, sign } = deps;
  const serving: ServeDeps = {
    hosts,
    proofs: deps.proofs,
    measures: deps.measures,
    tunnels,
    admit,
    caps: deps.caps,
    permit,
    peerpool: createPeerPoolDesk({ chain, store, fills, keys, admit, permit, moments, sign, log }),
    store,
    keys,
    origin,
    collapser,
    desk,
    tally,
    clock,
    log,
    requestId,
    refreshing: new Set(),
    fills,
    large,
    coded,
    compressor,
    choose,
    unsliced,
    tier,
    slices: createSlices({ origin, store, clock, tally, fills, unsliced, large }),
    prefetch: createPrefetch({ seek: (visit) => sought(visit, serving), requestId, clock, log }),
    links: createRememberedKeys(clock, REMEMBER_MS),
    failing: createRememberedKeys(clock, REMEMBER_MS),
    maxObjectBytes: config.maxObjectBytes,
    accessLog(ended, nowMs) {
      traffic.ended(ended);
      slowLog?.({ ...ended, site: siteOf(hosts, ended.visit.request.host) }, nowMs);
    },
  };
  const answer = createServe(serving);
  const tierDesk = createTierDesk({
    chain: deps.chain,
    siblings,
    hosts,
    settings,
    moments,
    self: admit.self,
    denials: deps.denials,
    caps: deps.caps,
    seek: (visit) => sought(visit, serving),
    requestId,
    sign: deps.sign,
    tally: tally.tier,
    clock,
    log,
  });
  const account = createAccounting({ ledger, desk, tally, caps: deps.caps, sample: () => moments().sample });
  const lookUp = { hosts, store, keys, clock, coded, admit };
  const lane = createFastLane({
    ...lookUp,
    tally,
    requestId,
    onHit(site, { host, target }, bytes) {
      traffic.hit(site, target, bytes);
      fastLog?.(host, target, bytes, site);
    },
  });
  return {
    tally,
    traffic,
    answer,
    account,
    lane,
    lookUp,
    tunnels,
    originStates,
    healthChecks,
    tierDesk,
  };
}
