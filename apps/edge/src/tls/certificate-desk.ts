import { covers, factsOf } from '@media-network/certificates';
import type { CertificatePair } from '@media-network/certificates';
import { isLocalName } from '@media-network/protocol';
import { createRepeatingTask, errorCode, errorMessage } from '@media-network/runtime';
import type { Clock, Log, RepeatingTask } from '@media-network/runtime';
import { viewOfOrders, viewOfPair } from './certificate-view.ts';
import type { CertificateView } from './certificate-view.ts';
import { createLocalLeaves } from './local-leaves.ts';
import type { LocalLeavesDeps } from './local-leaves.ts';
import type { Orders } from './open-orders.ts';
import type { SharedProofs } from './sibling-proofs.ts';
import type { TlsSources } from './tls-sources.ts';

/** Which certificate a handshake gets, wherever that one came from. */
export interface CertificateDesk {
  /** For who names no server, or one that there is nothing for; undefined: an alert. */
  readonly fallback: CertificatePair | undefined;
  /** For a server name, lower-case; undefined: the fallback. `proof`: a challenge is to be answered. */
  find(name: string, proof: boolean): Promise<CertificatePair | undefined>;
  /** `names`: ask anew for these. */
  onChange(listener: (names: readonly string[]) => void): void;
  list(): readonly CertificateView[];
  /** At the CA, since the start; none where none is named. */
  readonly orders: Readonly<Record<string, number>>;
  readonly tasks: readonly RepeatingTask[];
}

export interface CertificateDeskDeps {
  readonly sources: TlsSources;
  readonly ownNames: LocalLeavesDeps['ownNames'];
  /** By a CA; undefined where none is named. */
  readonly orders: Orders | undefined;
  readonly proofs: Pick<SharedProofs, 'tls'>;
  /** Whether a resource of the zone has this host. */
  readonly hasHost: (name: string) => boolean;
  readonly clock: Clock;
  readonly log: Log;
}

export interface CertificateDeskOptions {
  readonly zone: string;
}

/** The operator's files are looked at so often, and what we made ourselves. */
const LOOK_MS = 10_000;

export function createCertificateDesk(
  deps: CertificateDeskDeps,
  options: CertificateDeskOptions,
): CertificateDesk {
  const { sources, orders, ownNames, clock, log } = deps;
  const { own } = sources;
  const local =
    sources.local === undefined
      ? undefined
      : createLocalLeaves({ authority: sources.local, ownNames, clock }, options);
  let ownNamesOfPair = own === undefined ? [] : factsOf(own.pair.cert).names;
  const listeners: ((names: readonly string[]) => void)[] = [];

  function changed(names: readonly string[]): void {
    for (const listener of listeners) listener(names);
  }

  async function lookAtOwn(): Promise<void> {
    try {
      if (own === undefined || !(await own.reread())) return;
    } catch (error) {
      // While it is being replaced, or for good: what was read before is served on.
      log.warn(
        { code: errorCode(error), err: errorMessage(error) },
        'the certificate cannot be read anew; the one before is served',
      );
      return;
    }
    const before = ownNamesOfPair;
    const { names, untilMs } = factsOf(own.pair.cert);
    ownNamesOfPair = names;
    log.info({ names, until: new Date(untilMs).toISOString() }, 'another certificate is served');
    changed([...before, ...names]);
  }

  const task = createRepeatingTask(
    async () => {
      await lookAtOwn();
      if (local !== undefined) {
        const renewed = local.renew();
        if (renewed.length > 0) changed(renewed);
      }
      return 'idle';
    },
    { clock, log },
    { name: 'certificates', intervalMs: LOOK_MS },
  );

  /** Somebody asks for a name that has none yet: if it is served here, one is ordered. Nobody waits for it. */
  function wish(name: string): void {
    if (orders === undefined || isLocalName(name)) return;
    if (deps.hasHost(name)) orders.desk.want(orders.certifiedAs(name));
    // What is served says so, and then it is wanted (`ownNames.onServed`).
    else void ownNames.find(name);
  }
  orders?.desk.onIssued((name) => changed([name, ...(orders.held.get(name)?.names ?? [])]));

  return {
    get fallback() {
      return own?.pair ?? local?.common;
    },
    async find(name, proof) {
      if (proof) return deps.proofs.tls(name);
      if (covers(ownNamesOfPair, name)) return undefined;
      const found = await orders?.held.find(name);
      if (found !== undefined) return found;
      wish(name);
      return local?.find(name);
    },
    onChange: (listener) => void listeners.push(listener),
    list: () => [
      ...(own === undefined ? [] : viewOfPair('own', own.pair)),
      ...(local === undefined ? [] : local.pairs().flatMap((pair) => viewOfPair('local', pair))),
      ...(orders === undefined ? [] : viewOfOrders(orders)),
    ],
    orders: orders?.desk.counts ?? {},
    tasks: [task, ...(orders === undefined ? [] : [orders.desk.task])],
  };
}
