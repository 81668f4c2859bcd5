import { PolicyNode, createTinyLfu, policyHash, secondaryKey, wholeKey } from '@media-network/http-cache';
import type { CacheStore, OnDisturbed, OnVoided, StoredEntry, TinyLfu } from '@media-network/http-cache';
import type { RequestReading } from '@media-network/http-front';
import { createRepeatingTask } from '@media-network/runtime';
import type { Clock, Log, RepeatingTask } from '@media-network/runtime';
import { forwardedLookup } from '../origin/origin-headers.ts';
import { servedObject } from '../serve/account.ts';
import type { Account, Accounting } from '../serve/account.ts';
import { quickRefusal } from '../serve/admit.ts';
import type { AdmitDeps } from '../serve/admit.ts';
import type { HotFound } from '../serve/fast-lane.ts';
import { fieldsForAll } from '../serve/dress.ts';
import { knownTenant } from '../serve/identify.ts';
import type { Hosts } from '../serve/identify.ts';
import type { Tenant } from '../tenant/tenant-book.ts';
import type { HotCount, ToWorker } from './messages.ts';

export interface HotDeskDeps {
  /** What the fast lane would find for a request. */
  readonly find: (request: RequestReading) => HotFound | undefined;
  readonly store: Pick<CacheStore, 'variants' | 'used'>;
  readonly hosts: Hosts;
  readonly admit: Pick<AdmitDeps, 'journal' | 'moments' | 'credit' | 'settings' | 'caps' | 'denials'>;
  /** Bytes of a resource that may be served before it has to be looked at again. */
  readonly room: (tenant: Tenant) => number;
  readonly account: Accounting;
  readonly onHits: (host: string, target: string, bytes: number, times: number) => void;
  readonly clock: Clock;
  readonly log: Log;
}

export interface HotDeskOptions {
  /** Bodies that one worker may hold, with an allowance for what surrounds each. */
  readonly maxBytes: number;
  /** How long a worker may take to say that it serves something no more; one that takes longer is ended by `onHung`. */
  readonly patienceMs: number;
  readonly onHung: (worker: number) => void;
}

/**
 * What workers may answer by themselves. They hold copies of what is hot and count what they send of it; here is
 * decided who holds what, and every copy is taken back before anything that follows from its end is said.
 */
export interface HotDesk {
  attach(worker: number, send: (message: ToWorker) => void): void;
  /** The worker is gone, and its copies with it. */
  detach(worker: number): void;
  /** A worker asked for what it could answer by itself: the next time it may. */
  missed(worker: number, request: RequestReading): void;
  readonly disturbed: OnDisturbed;
  readonly voided: OnVoided;
  counted(worker: number, counts: readonly HotCount[]): void;
  dropped(worker: number, seq: number): void;
  settled(worker: number, ids: readonly number[]): void;
  /** Resolves when no worker serves any more what was disturbed until now; undefined where that is so. */
  barrier(): Promise<void> | undefined;
  /** Looks at once at what workers cannot see. */
  follow(): void;
  /** Takes every copy back. Nothing is given out any more until `resume`. */
  suspend(): void;
  resume(): void;
  /** Bytes of bodies in workers, with their allowance. */
  readonly bytes: number;
  /** Follows what workers cannot see: the hour, credit, quota, new settings. */
  readonly task: RepeatingTask;
}

/** A copy in a worker. */
interface Given {
  readonly id: number;
  readonly entry: StoredEntry;
  readonly tenant: Tenant;
  readonly host: string;
  readonly asked: string;
  readonly node: PolicyNode<Given>;
}

interface Counted {
  readonly account: Account;
  readonly entry: StoredEntry;
  readonly host: string;
  readonly target: string;
}

interface HotWorker {
  readonly send: (message: ToWorker) => void;
  readonly policy: TinyLfu<Given>;
  readonly given: Map<number, Given>;
  readonly byKey: Map<string, Set<Given>>;
  readonly byRequest: Map<string, Given[]>;
  /** Also of copies that were taken back: an answer from one may still be under way. */
  readonly counted: Map<number, Counted>;
  /** Hosts as the worker knows them. */
  readonly told: Map<string, ToldHost>;
  seq: number;
  /** The drop that has to be acknowledged before anything is said. */
  needed: number;
  acked: number;
}

/** A resource under one of its hosts. */
interface ToldHost {
  readonly tenant: Tenant;
  readonly version: number;
  readonly room: number;
  /** Whether the worker has served of it since. */
  used: boolean;
}

/** Metadata, prebuilt heads and maps beside a body, on both sides. */
const OVERHEAD_BYTES = 4_096;
/** A copy that takes a larger part of what a worker may hold is not worth it. */
const MAX_SHARE = 1 / 8;
const FOLLOW_MS = 50;
/** Above it nobody needs to be careful: not within the time that a worker is told anew. */
const AMPLE_BYTES = 64 * 2 ** 30;
/** Below it every request is looked at here. */
const SCANT_BYTES = 1_048_576;

/** What tells a copy from others: a coded one is for who takes codings as this viewer does, and so is one that is not. */
function selectedBy(
  { whole, varies, settings }: HotFound,
  request: RequestReading,
): { readonly vary: readonly string[]; readonly varyKey: string } {
  const { vary, varyKey } = whole.meta;
  if (!varies || vary.includes('accept-encoding')) return { vary, varyKey };
  const names = [...vary, 'accept-encoding'].sort();
  const context = { settings, viewer: request, method: 'GET' };
  return {
    vary: names,
    varyKey: secondaryKey(
      names,
      forwardedLookup((name) => request.header(name), context),
    ),
  };
}

export function createHotDesk(deps: HotDeskDeps, options: HotDeskOptions): HotDesk {
  const workers = new Map<number, HotWorker>();
  /** Keys that are being fetched anew, and how often. */
  const filling = new Map<string, number>();
  const waiters = new Set<() => void>();
  let nextId = 0;
  let suspended = false;

  function forget(worker: HotWorker, given: Given): void {
    worker.given.delete(given.id);
    worker.policy.remove(given.node);
    const key = wholeKey(given.entry.key);
    const ofKey = worker.byKey.get(key);
    ofKey?.delete(given);
    if (ofKey?.size === 0) worker.byKey.delete(key);
    const left = worker.byRequest.get(given.asked)?.filter((other) => other !== given) ?? [];
    if (left.length > 0) worker.byRequest.set(given.asked, left);
    else worker.byRequest.delete(given.asked);
  }

  function takeBack(worker: HotWorker, all: readonly Given[], mustBeHeard: boolean): void {
    if (all.length === 0) return;
    for (const given of all) forget(worker, given);
    worker.seq += 1;
    if (mustBeHeard) worker.needed = worker.seq;
    worker.send({ kind: 'drop', ids: all.map(({ id }) => id), seq: worker.seq });
  }

  /** What one worker may serve: all of them together half of what is left, so that what is not counted yet is within it. */
  function roomFor(worker: HotWorker, tenant: Tenant): number {
    if (quickRefusal(tenant, deps.admit, deps.admit.moments()) !== undefined) return 0;
    const room = deps.room(tenant);
    if (room >= AMPLE_BYTES) return AMPLE_BYTES;
    const hosts = [...worker.told.values()].filter((told) => told.tenant === tenant).length;
    const share = Math.floor(room / (2 * workers.size * Math.max(1, hosts)));
    return share < SCANT_BYTES ? 0 : share;
  }

  function tell(worker: HotWorker, host: string, tenant: Tenant): boolean {
    const { settings } = tenant;
    if (settings === undefined) return false;
    const room = roomFor(worker, tenant);
    const told = worker.told.get(host);
    const { rules: _here, ...facts } = settings.plain;
    const known = told !== undefined && told.version === settings.version;
    if (known && told.room === room && (room === 0 || !told.used)) return true;
    // More of what is not used is no news; less is.
    if (known && !told.used && room > told.room && told.room > 0) return true;
    worker.told.set(host, { tenant, version: settings.version, room, used: false });
    worker.send({ kind: 'host', host, room, settings: facts });
    return true;
  }

  /** A worker is told of changes of a host; what belongs to settings that hold no more is taken back. */
  function follow(worker: HotWorker): void {
    for (const [host, { version, tenant }] of worker.told) {
      const now = knownTenant(deps.hosts, host);
      if (now !== undefined && now.settings !== undefined && now.settings.version < now.view.settingsVersion)
        void deps.admit.settings.settingsOf(now);
      if (now !== tenant || now.settings?.version !== version) {
        takeBack(
          worker,
          [...worker.given.values()].filter((given) => given.host === host),
          true,
        );
        worker.told.delete(host);
        continue;
      }
      tell(worker, host, now);
    }
  }

  /** Variants are told apart by the same fields: which of them a request selects does not depend on those that are not held. */
  function isPlain(entry: StoredEntry): boolean {
    const names = entry.meta.vary.join();
    return deps.store.variants(entry.key).every((other) => other.meta.vary.join() === names);
  }

  async function filled(key: string, until: Promise<void>): Promise<void> {
    await until;
    const left = (filling.get(key) ?? 1) - 1;
    if (left > 0) filling.set(key, left);
    else filling.delete(key);
  }

  const task = createRepeatingTask(
    async () => {
      for (const worker of workers.values()) follow(worker);
    },
    { clock: deps.clock, log: deps.log },
    { name: 'hot-desk', intervalMs: FOLLOW_MS },
  );

  const isHeard = (worker: HotWorker): boolean => worker.acked >= worker.needed;

  async function heard(late: readonly (readonly [number, HotWorker, needed: number])[]): Promise<void> {
    const owing = (): (typeof late)[number][] =>
      late.filter(([no, worker, needed]) => workers.get(no) === worker && worker.acked < needed);
    const { promise, resolve } = Promise.withResolvers<void>();
    const look = (): void => {
      if (owing().length === 0) resolve();
    };
    waiters.add(look);
    // What hangs must not serve on: the system's timer, since it is about a process and not about the edge's time.
    const timer = setTimeout(() => {
      for (const [no] of owing()) options.onHung(no);
    }, options.patienceMs);
    try {
      look();
      await promise;
    } finally {
      clearTimeout(timer);
      waiters.delete(look);
    }
  }

  const look = (): void => {
    for (const waiter of waiters) waiter();
  };

  return {
    attach(no, send) {
      const worker: HotWorker = {
        send,
        policy: createTinyLfu<Given>({
          maxWeight: options.maxBytes,
          expectedItems: options.maxBytes / 16_384,
          onEvict: (given) => takeBack(worker, [given], false),
        }),
        given: new Map(),
        byKey: new Map(),
        byRequest: new Map(),
        counted: new Map(),
        told: new Map(),
        seq: 0,
        needed: 0,
        acked: 0,
      };
      workers.set(no, worker);
    },
    detach(no) {
      workers.delete(no);
      look();
    },
    missed(no, request) {
      const worker = workers.get(no);
      if (worker === undefined || suspended) return;
      if (request.method !== 'GET' && request.method !== 'HEAD') return;
      const found = deps.find(request);
      if (found === undefined) return;
      const { entry, whole, body, tenant } = found;
      if (filling.has(whole.key) || !isPlain(whole)) return;
      const headers = fieldsForAll(found.settings, request.target, entry.meta, entry.length);
      if (headers === undefined) return;
      if (entry.length + OVERHEAD_BYTES > options.maxBytes * MAX_SHARE) return;
      const { scheme, host, target } = request;
      const asked = `${scheme} ${host} ${target}`;
      if (worker.byRequest.get(asked)?.some((given) => given.entry === entry) === true) return;
      if (!tell(worker, host, tenant)) return;
      nextId += 1;
      const id = nextId;
      const node: PolicyNode<Given> = new PolicyNode(
        {
          id,
          entry,
          tenant,
          host,
          asked,
          get node() {
            return node;
          },
        },
        policyHash(asked),
        entry.length + OVERHEAD_BYTES,
      );
      const given = node.owner;
      worker.given.set(id, given);
      worker.byRequest.set(asked, [...(worker.byRequest.get(asked) ?? []), given]);
      const key = wholeKey(entry.key);
      worker.byKey.set(key, (worker.byKey.get(key) ?? new Set()).add(given));
      worker.counted.set(id, {
        account: { tenant, session: undefined, object: servedObject(target, whole.sha256, whole.length) },
        entry,
        host,
        target,
      });
      if (!worker.policy.add(node)) {
        forget(worker, given);
        worker.counted.delete(id);
        return;
      }
      const meta = { ...entry.meta, ...selectedBy(found, request), headers };
      const { sha256 } = entry;
      worker.send({
        kind: 'offer',
        offer: { id, scheme, host, target, meta, sha256, body, coded: entry !== whole },
      });
    },
    disturbed(part, until) {
      // Coded copies come and go with what they are of.
      const key = wholeKey(part);
      for (const worker of workers.values()) {
        const held = worker.byKey.get(key);
        if (held !== undefined) takeBack(worker, [...held], true);
      }
      if (until === undefined) return;
      filling.set(key, (filling.get(key) ?? 0) + 1);
      void filled(key, until);
    },
    voided(matches) {
      for (const worker of workers.values())
        takeBack(
          worker,
          [...worker.given.values()].filter(({ entry }) => matches(entry)),
          true,
        );
    },
    counted(no, counts) {
      const worker = workers.get(no);
      for (const { id, head, body, hits, hitBytes } of counts) {
        const known = worker?.counted.get(id);
        if (worker === undefined || known === undefined) continue;
        deps.account(known.account, head, body);
        const told = worker.told.get(known.host);
        if (told !== undefined) told.used = true;
        if (hits === 0) continue;
        deps.onHits(known.host, known.target, hitBytes, hits);
        deps.store.used(known.entry, hits);
        const given = worker.given.get(id);
        if (given !== undefined) worker.policy.touch(given.node);
      }
    },
    dropped(no, seq) {
      const worker = workers.get(no);
      if (worker === undefined) return;
      worker.acked = Math.max(worker.acked, seq);
      look();
    },
    settled(no, ids) {
      for (const id of ids) workers.get(no)?.counted.delete(id);
    },
    barrier() {
      for (const worker of workers.values()) follow(worker);
      const late = [...workers]
        .filter(([, worker]) => !isHeard(worker))
        .map(([no, worker]) => [no, worker, worker.needed] as const);
      return late.length === 0 ? undefined : heard(late);
    },
    follow() {
      for (const worker of workers.values()) follow(worker);
    },
    suspend() {
      suspended = true;
      for (const worker of workers.values()) takeBack(worker, [...worker.given.values()], true);
    },
    resume() {
      suspended = false;
    },
    get bytes() {
      let sum = 0;
      for (const { policy } of workers.values()) sum += policy.weight;
      return sum;
    },
    task,
  };
}
