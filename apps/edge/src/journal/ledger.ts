import { MAX_DIGESTS } from '@media-network/protocol';
import type { JournalRecord, SettledOutcome } from './record.ts';

/** Samples in an hour's report (docs/chain.md). */
export const SAMPLES = 12;

export interface DigestEntry {
  /** SHA-256 of the request target, hex. */
  readonly target: string;
  /** SHA-256 of the body, hex. */
  readonly body: string;
  readonly size: number;
}

export interface SessionBook {
  /** Sixteen bytes, hex. */
  readonly session: string;
  readonly resource: string;
  readonly hour: number;
  readonly token: Uint8Array;
  /** Bytes written for this session. */
  served: number;
  /** The newest receipt covered by what was served, and what it says. */
  receipt: Uint8Array | undefined;
  signed: number;
  sequence: bigint;
}

export interface SealedHour {
  readonly root: string;
  readonly bytes: number;
  readonly count: number;
}

/** Everything one hour's report is made from. Resources and sessions are hex. */
export interface HourBook {
  readonly hour: number;
  readonly samples: Map<string, number[]>;
  readonly sessions: Map<string, SessionBook>;
  readonly digests: Map<string, Map<string, DigestEntry>>;
  /** Bytes that clients signed for, by resource; what is left of `samples` is open. */
  readonly signed: Map<string, number>;
  sealed: SealedHour | undefined;
}

interface Sum {
  bytes: number;
}

/** One resource in one sample: its figures for the hour, and what is not in the journal yet. */
interface Lately {
  readonly resource: string;
  readonly sample: number;
  readonly slots: number[];
  readonly slot: number;
  readonly sum: Sum;
}

/** What the codecs of the wire formats say about a token or a receipt; injected, so that the ledger has no I/O and no crypto. */
export interface EvidenceReaders {
  token(bytes: Uint8Array): { readonly session: string; readonly resource: string; readonly hour: number };
  receipt(bytes: Uint8Array): { readonly session: string; readonly bytes: number; readonly sequence: bigint };
}

/**
 * The edge's books: a state that is a function of the records applied to it, and the records that are
 * not in the journal yet. Replaying the journal gives the same state.
 */
export interface Ledger {
  /**
   * Counts bytes that left the process. Returns the sample they were put to: a sealed hour takes
   * nothing more, so what comes late belongs to the first sample after it.
   */
  addServed(resource: string, sample: number, bytes: number): number;
  openSession(token: Uint8Array): SessionBook;
  addSessionServed(book: SessionBook, bytes: number): void;
  putReceipt(book: SessionBook, receipt: Uint8Array): void;
  addDigest(hour: number, resource: string, entry: DigestEntry): void;
  /** From now on the hour takes neither bytes nor receipts nor digests. Not remembered over a restart: `seal` is. */
  freeze(hour: number): void;
  seal(hour: number, sealed: SealedHour): void;
  /** Takes the next boot number: above every one before it, and at least `unixSecs`. */
  startBoot(unixSecs: number): void;
  settle(hour: number, outcome: SettledOutcome): void;

  /** Session by id, in an hour not settled yet. */
  session(id: string): SessionBook | undefined;
  hour(hour: number): HourBook | undefined;
  /** Whether the hour of a session is still open. */
  takesReceipts(book: SessionBook): boolean;
  /** No hour up to this one takes anything more; -1 at first. */
  readonly sealedThrough: number;
  /** Hours not settled, ascending. */
  openHours(): readonly number[];
  /** The last sample of an hour not settled in which anything was counted; 0 where nothing was. */
  lastCounted(): number;
  /** All bytes ever counted for a resource. */
  total(resource: string): number;
  bytesInHour(resource: string, hour: number): number;
  /** 0 of an hour that is settled. */
  bytesInSample(resource: string, sample: number): number;
  /** Bytes of an hour's sessions that clients have signed for. */
  signedInHour(resource: string, hour: number): number;
  /** Resources with what was counted of them before a sample, of all time, in no order. */
  totalsBefore(sample: number): Iterable<readonly [resource: string, bytes: number]>;
  /** Number of this life of the process; 0 before `startBoot`. */
  readonly boot: number;
  /** All bytes ever counted. */
  readonly totalBytes: number;
  /** Bytes counted since `take` last ran. */
  readonly pendingBytes: number;

  apply(record: JournalRecord): void;
  /** The records since the last call; increments of one resource and sample come as one. */
  take(): JournalRecord[];
  /** The whole state as records, including what `take` has not handed out. */
  snapshot(): JournalRecord[];
}

export function createLedger(readers: EvidenceReaders): Ledger {
  const hours = new Map<number, HourBook>();
  const sessions = new Map<string, SessionBook>();
  const totals = new Map<string, number>();
  let totalBytes = 0;
  let boot = 0;
  let sealedThrough = -1;

  let pending: JournalRecord[] = [];
  const pendingServed = new Map<string, Map<number, Sum>>();
  /** Where the last bytes were counted: the next ones mostly belong there, too. Until an hour or what is pending goes. */
  let lately: Lately | undefined;
  const pendingSession = new Map<string, number>();
  let pendingBytes = 0;

  function book(hour: number): HourBook {
    let found = hours.get(hour);
    if (found === undefined) {
      found = {
        hour,
        samples: new Map(),
        sessions: new Map(),
        digests: new Map(),
        signed: new Map(),
        sealed: undefined,
      };
      hours.set(hour, found);
    }
    return found;
  }

  function slotsOf(resource: string, sample: number): number[] {
    const { samples } = book(Math.floor(sample / SAMPLES));
    let slots = samples.get(resource);
    if (slots === undefined) {
      slots = Array.from({ length: SAMPLES }, () => 0);
      samples.set(resource, slots);
    }
    return slots;
  }

  function countServed(resource: string, sample: number, bytes: number): void {
    const slots = slotsOf(resource, sample);
    slots[sample % SAMPLES] = (slots[sample % SAMPLES] ?? 0) + bytes;
    countTotal(resource, bytes);
  }

  /** Where bytes of this resource and sample are counted. */
  function placeOf(resource: string, sample: number): Lately {
    if (lately?.resource === resource && lately.sample === sample) return lately;
    let bySample = pendingServed.get(resource);
    if (bySample === undefined) {
      bySample = new Map();
      pendingServed.set(resource, bySample);
    }
    let sum = bySample.get(sample);
    if (sum === undefined) {
      sum = { bytes: 0 };
      bySample.set(sample, sum);
    }
    lately = { resource, sample, slots: slotsOf(resource, sample), slot: sample % SAMPLES, sum };
    return lately;
  }

  function countTotal(resource: string, bytes: number): void {
    totals.set(resource, (totals.get(resource) ?? 0) + bytes);
    totalBytes += bytes;
  }

  function applySession(token: Uint8Array): SessionBook {
    const { session, resource, hour } = readers.token(token);
    const known = sessions.get(session);
    if (known !== undefined) return known;
    const opened: SessionBook = {
      session,
      resource,
      hour,
      token,
      served: 0,
      receipt: undefined,
      signed: 0,
      sequence: 0n,
    };
    sessions.set(session, opened);
    book(hour).sessions.set(session, opened);
    return opened;
  }

  function applyReceipt(target: SessionBook, receipt: Uint8Array): void {
    const { bytes, sequence } = readers.receipt(receipt);
    const { signed } = book(target.hour);
    signed.set(target.resource, (signed.get(target.resource) ?? 0) + bytes - target.signed);
    target.receipt = receipt;
    target.signed = bytes;
    target.sequence = sequence;
  }

  /** Whether the entry is new and there is room for it. */
  function applyDigest(hour: number, resource: string, entry: DigestEntry): boolean {
    const { digests } = book(hour);
    let list = digests.get(resource);
    if (list === undefined) {
      list = new Map();
      digests.set(resource, list);
    }
    const key = entry.target + entry.body;
    if (list.has(key) || list.size >= MAX_DIGESTS) return false;
    list.set(key, { target: entry.target, body: entry.body, size: entry.size });
    return true;
  }

  function applySettled(hour: number): void {
    sealedThrough = Math.max(sealedThrough, hour);
    for (const id of hours.get(hour)?.sessions.keys() ?? []) sessions.delete(id);
    hours.delete(hour);
    lately = undefined;
  }

  function applySealed(hour: number, sealed: SealedHour): void {
    sealedThrough = Math.max(sealedThrough, hour);
    book(hour).sealed = sealed;
  }

  return {
    addServed(resource, sample, bytes) {
      const at = Math.max(sample, (sealedThrough + 1) * SAMPLES);
      const { slots, slot, sum } = placeOf(resource, at);
      slots[slot] = (slots[slot] ?? 0) + bytes;
      sum.bytes += bytes;
      countTotal(resource, bytes);
      pendingBytes += bytes;
      return at;
    },
    openSession(token) {
      const before = sessions.size;
      const opened = applySession(token);
      if (sessions.size > before) pending.push({ kind: 'session', token });
      return opened;
    },
    addSessionServed(target, bytes) {
      target.served += bytes;
      pendingSession.set(target.session, (pendingSession.get(target.session) ?? 0) + bytes);
    },
    putReceipt(target, receipt) {
      applyReceipt(target, receipt);
      pending.push({ kind: 'receipt', receipt });
    },
    addDigest(hour, resource, entry) {
      if (hour <= sealedThrough) return;
      if (applyDigest(hour, resource, entry)) pending.push({ kind: 'digest', hour, resource, ...entry });
    },
    freeze(hour) {
      sealedThrough = Math.max(sealedThrough, hour);
    },
    seal(hour, sealed) {
      applySealed(hour, sealed);
      pending.push({ kind: 'sealed', hour, ...sealed });
    },
    startBoot(unixSecs) {
      boot = Math.max(boot + 1, Math.floor(unixSecs));
      pending.push({ kind: 'boot', boot });
    },
    settle(hour, outcome) {
      applySettled(hour);
      pending.push({ kind: 'settled', hour, outcome });
    },

    session: (id) => sessions.get(id),
    hour: (hour) => hours.get(hour),
    takesReceipts: (target) => target.hour > sealedThrough,
    openHours: () => [...hours.keys()].sort((a, b) => a - b),
    lastCounted() {
      let last = 0;
      for (const { hour, samples } of hours.values())
        for (const slots of samples.values())
          last = Math.max(last, hour * SAMPLES + slots.findLastIndex((bytes) => bytes > 0));
      return last;
    },
    total: (resource) => totals.get(resource) ?? 0,
    bytesInSample: (resource, sample) =>
      hours.get(Math.floor(sample / SAMPLES))?.samples.get(resource)?.[sample % SAMPLES] ?? 0,
    bytesInHour: (resource, hour) => sum(hours.get(hour)?.samples.get(resource) ?? []),
    signedInHour: (resource, hour) => hours.get(hour)?.signed.get(resource) ?? 0,
    totalsBefore(sample) {
      const before = new Map(totals);
      for (const { hour, samples } of hours.values()) {
        if ((hour + 1) * SAMPLES <= sample) continue;
        for (const [resource, slots] of samples) {
          const since = sum(slots.slice(Math.max(0, sample - hour * SAMPLES)));
          before.set(resource, (before.get(resource) ?? 0) - since);
        }
      }
      return before;
    },
    get sealedThrough() {
      return sealedThrough;
    },
    get boot() {
      return boot;
    },
    get totalBytes() {
      return totalBytes;
    },
    get pendingBytes() {
      return pendingBytes;
    },

    apply(record) {
      switch (record.kind) {
        case 'served':
          countServed(record.resource, record.sample, record.bytes);
          break;
        case 'session':
          applySession(record.token);
          break;
        case 'sessionServed': {
          const target = sessions.get(record.session);
          if (target !== undefined) target.served += record.bytes;
          break;
        }
        case 'receipt': {
          const target = sessions.get(readers.receipt(record.receipt).session);
          if (target !== undefined) applyReceipt(target, record.receipt);
          break;
        }
        case 'digest':
          applyDigest(record.hour, record.resource, record);
          break;
        case 'sealed':
          applySealed(record.hour, { root: record.root, bytes: record.bytes, count: record.count });
          break;
        case 'settled':
          applySettled(record.hour);
          break;
        case 'total':
          countTotal(record.resource, record.bytes);
          break;
        case 'boot':
          boot = Math.max(boot, record.boot);
          break;
      }
    },
    take() {
      // A write can be torn between any two records: what others rest on comes first. Bytes before the
      // receipts that sign for them and the seals that close over them, sessions before both.
      const records = pending.filter(({ kind }) => kind === 'session');
      const resting = pending.filter(({ kind }) => kind !== 'session');
      pending = [];
      for (const [resource, bySample] of pendingServed) {
        for (const [sample, { bytes }] of bySample) records.push({ kind: 'served', resource, sample, bytes });
      }
      pendingServed.clear();
      lately = undefined;
      for (const [session, bytes] of pendingSession) records.push({ kind: 'sessionServed', session, bytes });
      pendingSession.clear();
      pendingBytes = 0;
      return [...records, ...resting];
    },
    snapshot() {
      const records: JournalRecord[] = [];
      if (boot > 0) records.push({ kind: 'boot', boot });
      if (sealedThrough >= 0 && !hours.has(sealedThrough)) {
        records.push({ kind: 'settled', hour: sealedThrough, outcome: 'submitted' });
      }
      const inHours = new Map<string, number>();
      for (const { hour, samples, sessions: opened, digests, sealed } of hours.values()) {
        for (const [resource, slots] of samples) {
          slots.forEach((bytes, slot) => {
            if (bytes > 0) records.push({ kind: 'served', resource, sample: hour * SAMPLES + slot, bytes });
          });
          inHours.set(resource, (inHours.get(resource) ?? 0) + sum(slots));
        }
        for (const target of opened.values()) {
          records.push({ kind: 'session', token: target.token });
          if (target.served > 0)
            records.push({ kind: 'sessionServed', session: target.session, bytes: target.served });
          if (target.receipt !== undefined) records.push({ kind: 'receipt', receipt: target.receipt });
        }
        for (const [resource, list] of digests) {
          for (const entry of list.values()) records.push({ kind: 'digest', hour, resource, ...entry });
        }
        if (sealed !== undefined) records.push({ kind: 'sealed', hour, ...sealed });
      }
      // `served` records count towards totals when they are replayed; the rest is the older hours' part.
      for (const [resource, bytes] of totals) {
        const older = bytes - (inHours.get(resource) ?? 0);
        if (older > 0) records.push({ kind: 'total', resource, bytes: older });
      }
      return records;
    },
  };
}

function sum(values: readonly number[]): number {
  let total = 0;
  for (const value of values) total += value;
  return total;
}
