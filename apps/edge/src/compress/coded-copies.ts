import { createHash } from 'node:crypto';
import { partKey } from '@media-network/http-cache';
import type { CacheStore, EntryMeta, HeaderLookup, StoredEntry } from '@media-network/http-cache';
import { rulePath } from '@media-network/rules';
import type { Rules } from '@media-network/rules';
import type { RememberedKeys } from '../serve/remembered-keys.ts';
import type { ChooseCoding, Coding } from './coding.ts';
import { codedMeta, isCompressible } from './compressible.ts';
import type { Compressor } from './compressor.ts';

export interface CodedCopiesDeps {
  readonly store: CacheStore;
  readonly compressor: Compressor;
  readonly choose: ChooseCoding;
  /** Copies that are not worth their room, or found none. */
  readonly spared: RememberedKeys<true>;
}

/** What is asked for, as far as a coding is chosen by it. */
export interface CodedAsk {
  readonly rules: Rules;
  readonly target: string;
  readonly header: HeaderLookup;
}

/** Coded copies of what is stored: parts of its key, made when the first viewer wants one, and good as long as the body is. */
export interface CodedCopies {
  /** The copy that this viewer takes; the entry itself, where that is what it gets; undefined where it must be looked for. */
  peek(entry: StoredEntry, ask: CodedAsk): StoredEntry | undefined;
  /** The same, made where there is none yet. `meta` may be newer than the entry's. */
  find(entry: StoredEntry, meta: EntryMeta, ask: CodedAsk): Promise<StoredEntry | undefined>;
  /** Whether answers from an entry differ by Accept-Encoding. */
  varies(entry: StoredEntry, ask: Pick<CodedAsk, 'rules' | 'target'>): boolean;
}

/** A copy that saves less is not worth its room. */
const MIN_SAVED = 0.1;

interface Known {
  readonly meta: EntryMeta;
  readonly rules: Rules;
  readonly compressible: boolean;
  /** Key of its copies up to their coding; made when first needed. */
  prefix: string | undefined;
}

const nothing = (): undefined => undefined;

async function wholeOf(entry: StoredEntry): Promise<Buffer> {
  const pieces: Buffer[] = [];
  for await (const piece of entry.read()) pieces.push(piece);
  return Buffer.concat(pieces);
}

export function createCodedCopies({ store, compressor, choose, spared }: CodedCopiesDeps): CodedCopies {
  const known = new WeakMap<StoredEntry, Known>();
  const making = new Map<string, Promise<StoredEntry | undefined>>();

  /** The target is that of the entry's key, so it need not be remembered. */
  function knownOf(entry: StoredEntry, { rules, target }: Pick<CodedAsk, 'rules' | 'target'>): Known {
    const before = known.get(entry);
    if (before?.meta === entry.meta && before.rules === rules) return before;
    const { status, headers } = entry.meta;
    const compressible = isCompressible(rules, rulePath(target), {
      status,
      headers,
      length: entry.length,
      kept: true,
    });
    const now = { meta: entry.meta, rules, compressible, prefix: before?.prefix };
    known.set(entry, now);
    return now;
  }

  /** Of this very body and variant, so that no copy outlives what it is of. */
  function copyKey(entry: StoredEntry, of: Known, coding: Coding): string {
    if (of.prefix === undefined) {
      const variant = createHash('sha256')
        .update(entry.meta.varyKey, 'latin1')
        .digest('base64url')
        .slice(0, 16);
      of.prefix = partKey(entry.key, `${variant}.${entry.sha256.toString('base64url', 0, 16)}.`);
    }
    return of.prefix + coding;
  }

  async function make(
    entry: StoredEntry,
    meta: EntryMeta,
    key: string,
    coding: Coding,
  ): Promise<StoredEntry | undefined> {
    const { generation } = store;
    const body = entry.body ?? (await wholeOf(entry));
    const coded = await compressor.whole(body, coding);
    // Too many are being made: the next one may.
    if (coded === undefined) return undefined;
    if (coded.length > body.length * (1 - MIN_SAVED)) {
      spared.note(key, true);
      return undefined;
    }
    // Those of the body before are looked for by nobody any more.
    const ofVariant = key.slice(0, key.indexOf('.', entry.key.length) + 1);
    for (const part of store.parts(entry.key))
      if (part.key.startsWith(ofVariant) && part.key.endsWith(`.${coding}`)) store.remove(part);
    const fill = store.begin(key, codedMeta(meta, coding), { generation, expectedLength: coded.length });
    await fill.write(coded);
    const kept = await fill.commit();
    if (kept.kind === 'stored') return kept.entry;
    spared.note(key, true);
    return undefined;
  }

  return {
    varies: (entry, ask) => knownOf(entry, ask).compressible,
    peek(entry, ask) {
      const coding = choose(ask.header);
      if (coding === undefined) return entry;
      const of = knownOf(entry, ask);
      if (!of.compressible) return entry;
      const key = copyKey(entry, of, coding);
      const copy = store.peek(key, nothing);
      if (copy === undefined) return spared.get(key) === true ? entry : undefined;
      return copy.meta.receivedAtMs === entry.meta.receivedAtMs ? copy : undefined;
    },
    async find(entry, meta, ask) {
      const coding = choose(ask.header);
      if (coding === undefined) return undefined;
      const of = knownOf(entry, ask);
      if (!of.compressible) return undefined;
      const key = copyKey(entry, of, coding);
      if (spared.get(key) === true) return undefined;
      const there = await store.lookup(key, nothing);
      if (there !== undefined) {
        // Renewed or softened since: its own words are of before.
        if (there.meta.freshness !== meta.freshness) await store.update(there, codedMeta(meta, coding));
        return there;
      }
      const before = making.get(key);
      if (before !== undefined) return before;
      const made = make(entry, meta, key, coding).finally(() => making.delete(key));
      making.set(key, made);
      return made;
    },
  };
}
