import { reuse, secondaryKey } from '@media-network/http-cache';
import type { EntryMeta, StoredEntry } from '@media-network/http-cache';
import type { FastRequest } from '@media-network/http-front';
import type { Clock } from '@media-network/runtime';
import { forwardedLookup } from '../origin/origin-headers.ts';
import type { OriginFacts } from '../origin/origin-settings.ts';
import type { HotEntry } from '../serve/hit-lane.ts';
import type { HotCount, Offer, ToWorker } from './messages.ts';

/** Bytes of one object that have left and that nobody was told of yet. */
export class HotAccount {
  readonly id: number;
  readonly #onDirty: (account: HotAccount) => void;
  #dirty = false;
  #head = 0;
  #body = 0;
  #hits = 0;
  #hitBytes = 0;

  constructor(id: number, onDirty: (account: HotAccount) => void) {
    this.id = id;
    this.#onDirty = onDirty;
  }

  left(headBytes: number, bodyBytes: number): void {
    this.#head += headBytes;
    this.#body += bodyBytes;
    this.#mark();
  }

  hit(bytes: number): void {
    this.#hits += 1;
    this.#hitBytes += bytes;
    this.#mark();
  }

  #mark(): void {
    if (this.#dirty) return;
    this.#dirty = true;
    this.#onDirty(this);
  }

  take(): HotCount {
    const count = {
      id: this.id,
      head: this.#head,
      body: this.#body,
      hits: this.#hits,
      hitBytes: this.#hitBytes,
    };
    this.#head = 0;
    this.#body = 0;
    this.#hits = 0;
    this.#hitBytes = 0;
    this.#dirty = false;
    return count;
  }
}

interface HotHost {
  /** Bytes that may be served before the process with the books is asked. */
  room: number;
  settings: OriginFacts;
}

/** An object that this worker may answer by itself: what a lane needs of a stored entry. */
class HotObject implements StoredEntry {
  readonly key = '';
  readonly md5: Buffer = Buffer.alloc(0);
  readonly meta: EntryMeta;
  readonly length: number;
  readonly sha256: Buffer;
  readonly body: Buffer;
  readonly offer: Pick<Offer, 'scheme' | 'host' | 'target' | 'coded'>;
  readonly of: HotHost;
  readonly account: HotAccount;
  live = true;
  attachment: unknown;

  constructor(offer: Offer, of: HotHost, account: HotAccount) {
    const { scheme, host, target, meta, sha256, body, coded } = offer;
    this.offer = { scheme, host, target, coded };
    this.of = of;
    this.account = account;
    this.meta = meta;
    this.sha256 = bufferOf(sha256);
    this.body = bufferOf(body);
    this.length = body.length;
  }

  readonly spend = (bytes: number): void => {
    this.of.room -= bytes;
  };

  async *read(): AsyncGenerator<Buffer> {
    yield this.body;
  }
}

export interface HotFound extends HotEntry {
  readonly account: HotAccount;
  /** Takes what is about to be served from what may be. */
  readonly spend: (bytes: number) => void;
}

/** What one worker serves by itself: exactly what it was offered and not told to drop. */
export interface HotSet {
  find(request: FastRequest): HotFound | undefined;
  host(message: Extract<ToWorker, { kind: 'host' }>): void;
  /** Returns where its bytes are counted. */
  offer(offer: Offer): HotAccount;
  drop(ids: readonly number[]): void;
  /** What was counted since it was last asked. */
  take(): HotCount[];
}

type Targets = Map<string, HotObject[]>;

export function createHotSet(deps: { readonly clock: Pick<Clock, 'nowMs'> }): HotSet {
  const known = new Map<string, HotHost>();
  const hosts = { http: new Map<string, Targets>(), https: new Map<string, Targets>() };
  const byId = new Map<number, HotObject>();
  let dirty: HotAccount[] = [];
  const onDirty = (account: HotAccount): void => void dirty.push(account);

  function selects(object: HotObject, request: FastRequest): boolean {
    const { vary, varyKey } = object.meta;
    if (vary.length === 0) return true;
    const { settings } = object.of;
    const header = forwardedLookup((name) => request.header(name), {
      settings,
      viewer: request,
      method: 'GET',
    });
    return secondaryKey(vary, header) === varyKey;
  }

  return {
    find(request) {
      const objects = hosts[request.scheme].get(request.host)?.get(request.target);
      if (objects === undefined || request.header('media-token') !== undefined) return undefined;
      for (const object of objects) {
        if (object.of.room <= 0 || !selects(object, request)) continue;
        // Ranges are of the bytes as the origin has them.
        if (object.offer.coded && request.header('range') !== undefined) return undefined;
        if (reuse(object.meta.freshness, deps.clock.nowMs()).kind !== 'fresh') return undefined;
        return {
          entry: object,
          body: object.body,
          account: object.account,
          spend: object.spend,
        };
      }
      return undefined;
    },
    host({ host, room, settings }) {
      const before = known.get(host);
      if (before === undefined) known.set(host, { room, settings });
      else Object.assign(before, { room, settings });
    },
    offer(offer) {
      const of = known.get(offer.host);
      if (of === undefined) throw new Error('an offer follows its host');
      const object = new HotObject(offer, of, new HotAccount(offer.id, onDirty));
      const ofScheme = hosts[offer.scheme];
      const targets = ofScheme.get(offer.host) ?? new Map<string, HotObject[]>();
      ofScheme.set(offer.host, targets);
      targets.set(offer.target, [object, ...(targets.get(offer.target) ?? [])]);
      byId.set(offer.id, object);
      return object.account;
    },
    drop(ids) {
      for (const id of ids) {
        const object = byId.get(id);
        if (object === undefined) continue;
        byId.delete(id);
        object.live = false;
        const { scheme, host, target } = object.offer;
        const targets = hosts[scheme].get(host);
        const left = targets?.get(target)?.filter((other) => other !== object) ?? [];
        if (left.length > 0) targets?.set(target, left);
        else targets?.delete(target);
        if (targets?.size === 0) hosts[scheme].delete(host);
      }
    },
    take() {
      const taken = dirty;
      dirty = [];
      return taken.map((account) => account.take());
    },
  };
}

function bufferOf(bytes: Uint8Array): Buffer {
  return Buffer.isBuffer(bytes) ? bytes : Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length);
}
