import { createCollapser } from '@media-network/http-cache';
import type { Clock, Log } from '@media-network/runtime';
import type { Bodies } from './bodies.ts';
import type { Moments } from './chain/moments.ts';
import type { EdgeConfig } from './config.ts';
import type { Journal } from './journal/journal.ts';
import type { Ledger } from './journal/ledger.ts';
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
import { createServe } from './serve/serve.ts';
import { createTally } from './serve/tally.ts';
import type { Tally } from './serve/tally.ts';
import type { PhasesDesk } from './session/session-desk.ts';
import type { OpenCredit } from './tenant/open-credit.ts';
import { createTraffic } from './traffic.ts';
import type { Traffic } from './traffic.ts';

/** How long it is remembered that an object is large, or its origin failing. */
const REMEMBER_MS = 600_000;

/** accept → identify → admit → look-up → (hit | revalidate | fetch) → deliver → account */
export function wirePhases(
  config: EdgeConfig,
  deps: Bodies & {
    readonly hosts: Hosts;
    readonly journal: Journal;
    readonly ledger: Ledger;
    readonly desk: PhasesDesk;
    readonly credit: OpenCredit;
    readonly moments: Moments;
    readonly clock: Clock;
    readonly log: Log;
    readonly random: () => number;
  },
): {
  readonly tally: Tally;
  readonly traffic: Traffic;
  readonly answer: ReturnType<typeof createServe>;
  readonly account: Accounting;
  readonly lane: HitLane<Account>;
  readonly lookUp: HotLookUpDeps;
} {
  const { hosts, store, keys, fills, origin, settings, journal, ledger, desk, moments, clock, log } = deps;
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
  };
  const answer = createServe({
    hosts,
    admit,
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
    large: createRememberedKeys(clock, REMEMBER_MS),
    failing: createRememberedKeys(clock, REMEMBER_MS),
    maxObjectBytes: config.maxObjectBytes,
    accessLog(ended, nowMs) {
      traffic.ended(ended);
      slowLog?.(ended, nowMs);
    },
  });
  const account = createAccounting({ ledger, desk, tally, sample: () => moments().sample });
  const lookUp = { hosts, store, keys, clock, admit };
  const lane = createFastLane({
    ...lookUp,
    tally,
    requestId,
    onHit(site, { host, target }, bytes) {
      traffic.hit(site, target, bytes);
      fastLog?.(host, target, bytes);
    },
  });
  return { tally, traffic, answer, account, lane, lookUp };
}
