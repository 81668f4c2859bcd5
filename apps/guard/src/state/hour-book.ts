import { contradicts, decodeCommit, encodeCommit, equalBytes, fromHex, toHex } from '@media-network/protocol';
import type { BodyHashes, Commit } from '@media-network/protocol';
import { z } from 'zod';
import type { ProbedBytes } from '../types.ts';
import type { HourLog } from './hour-log.ts';

/** Who made a look: this guard itself. */
export const OWN_LOOK = 'self';

/** A body that an edge served, and whether it was the origin's. */
export interface Look {
  readonly resource: string;
  /** Hex SHA-256 of the target; of target and range where it was a piece. */
  readonly target: string;
  /** Hex SHA-256 of what the edge gave, without content coding. */
  readonly bodyHash: string;
  readonly finding: 'right' | 'wrong';
  /** `OWN_LOOK`, or the session of a witness. */
  readonly by: string;
  /** Of the bytes that the origin had and those that the edge gave, where this guard found them to differ. */
  readonly hashes?: { readonly right: BodyHashes; readonly wrong: BodyHashes } | undefined;
}

/** What this guard saw of one edge in one hour. */
export interface EdgeHour {
  /** Requests for a commit that it answered, and that it did not. */
  readonly asks: { readonly answered: number; readonly refused: number };
  /** Requests at its data plane that it answered somehow, and that it did not. */
  readonly contacts: { readonly answered: number; readonly silent: number };
  /** Least bytes that it must have counted for this guard's own probes, by resource. */
  readonly probed: ReadonlyMap<string, bigint>;
  readonly looks: readonly Look[];
  /** Commits by this edge, signatures verified, in the order in which they came. */
  readonly commits: readonly Commit[];
}

/** A verdict as it was committed: what it takes to reveal it. */
export interface SavedVerdict {
  readonly payload: Uint8Array;
  readonly holding: Uint8Array;
  readonly prevRoot: Uint8Array;
  readonly salt: Uint8Array;
  /** The same in words, for whoever asks once it is revealed. */
  readonly said: readonly {
    readonly report: string;
    readonly edge: string;
    readonly level: number;
    readonly reason: string;
    readonly words: string;
  }[];
  readonly disputed: readonly {
    readonly report: number;
    readonly entry: number;
    readonly edge: string;
    readonly resource: string;
  }[];
}

/** Observations by hour and edge, and the own verdicts. In memory for reading, in the hour's log for the next start. */
export interface HourBook {
  addAsk(edge: string, hour: bigint, answered: boolean): void;
  addContact(edge: string, hour: bigint, answered: boolean): void;
  /** `counted`: in that hour's report, for sure; what came at the turn of an hour may be in the next. */
  addBytes(edge: string, resource: string, hour: bigint, bytes: bigint, counted: boolean): void;
  /** False when there are enough of this kind already. */
  addLook(edge: string, hour: bigint, look: Look): boolean;
  /** A commit whose signature the caller has verified. Returns one that contradicts it, if there is one. */
  addCommit(commit: Commit): Commit | undefined;
  of(edge: string, hour: bigint): EdgeHour;
  /** Bytes of all own probes since the start, of hours that are not forgotten. */
  readonly probedBytes: readonly ProbedBytes[];
  /** Edges with anything in the hour. */
  edgesOf(hour: bigint): readonly string[];
  /** Resolves when the verdict is safe on disk; rejects when it is not. */
  saveVerdict(hour: bigint, verdict: SavedVerdict): Promise<void>;
  verdict(hour: bigint): SavedVerdict | undefined;
  /** Drops one that was not and will not be committed. Resolves when that is safe on disk. */
  dropVerdict(hour: bigint): Promise<void>;
  /** Drops hours before this one, here and on disk. */
  forgetBefore(hour: bigint): Promise<void>;
}

/** Nobody needs more to judge one edge's hour; strangers' words fill memory no further. */
const MAX_LOOKS = 512;
const MAX_COMMITS = 64;

const HEX = z.string().regex(/^[0-9a-f]*$/);
const HASHES = z.object({ md5: HEX, sha256: HEX });
const LINE = z.discriminatedUnion('t', [
  z.object({ t: z.literal('ask'), edge: z.string(), answered: z.boolean() }),
  z.object({ t: z.literal('contact'), edge: z.string(), answered: z.boolean() }),
  z.object({ t: z.literal('bytes'), edge: z.string(), resource: z.string(), bytes: z.string() }),
  z.object({
    t: z.literal('look'),
    edge: z.string(),
    resource: z.string(),
    target: HEX,
    bodyHash: HEX,
    finding: z.enum(['right', 'wrong']),
    by: z.string().max(200),
    hashes: z.object({ right: HASHES, wrong: HASHES }).optional(),
  }),
  z.object({ t: z.literal('commit'), commit: HEX }),
  z.object({
    t: z.literal('verdict'),
    payload: HEX,
    holding: HEX,
    prevRoot: HEX,
    salt: HEX,
    said: z.array(
      z.object({
        report: z.string(),
        edge: z.string(),
        level: z.number(),
        reason: z.string(),
        words: z.string(),
      }),
    ),
    disputed: z.array(
      z.object({ report: z.number(), entry: z.number(), edge: z.string(), resource: z.string() }),
    ),
  }),
  z.object({ t: z.literal('no-verdict') }),
]);
type Line = z.infer<typeof LINE>;

interface Cell {
  asks: { answered: number; refused: number };
  contacts: { answered: number; silent: number };
  probed: Map<string, bigint>;
  looks: Look[];
  commits: Commit[];
}

const emptyCell = (): Cell => ({
  asks: { answered: 0, refused: 0 },
  contacts: { answered: 0, silent: 0 },
  probed: new Map(),
  looks: [],
  commits: [],
});

/** Reads what the log holds. `onWriteFailure` is told of lines that the disk refused; they count until the next start. */
export async function openHourBook(
  log: HourLog,
  onWriteFailure: (error: unknown) => void,
): Promise<HourBook> {
  const hours = new Map<bigint, Map<string, Cell>>();
  const verdicts = new Map<bigint, SavedVerdict>();
  const probed = new Map<string, ProbedBytes>();
  let forgotten: bigint | undefined;

  function cellOf(edge: string, hour: bigint): Cell {
    const edges = hours.get(hour) ?? new Map<string, Cell>();
    hours.set(hour, edges);
    const cell = edges.get(edge) ?? emptyCell();
    edges.set(edge, cell);
    return cell;
  }

  /** Takes a line in; false when it adds nothing. */
  function apply(hour: bigint, line: Line): boolean {
    switch (line.t) {
      case 'ask':
        cellOf(line.edge, hour).asks[line.answered ? 'answered' : 'refused'] += 1;
        return true;
      case 'contact':
        cellOf(line.edge, hour).contacts[line.answered ? 'answered' : 'silent'] += 1;
        return true;
      case 'bytes': {
        const { probed } = cellOf(line.edge, hour);
        probed.set(line.resource, (probed.get(line.resource) ?? 0n) + BigInt(line.bytes));
        return true;
      }
      case 'look': {
        const { t: _, edge, ...look } = line;
        const { looks } = cellOf(edge, hour);
        if (looks.length >= MAX_LOOKS) return false;
        looks.push(look);
        return true;
      }
      case 'commit': {
        const commit = decodeCommit(fromHex(line.commit) ?? new Uint8Array(0));
        if (commit === undefined) return false;
        const { commits } = cellOf(commit.edge, hour);
        if (commits.length >= MAX_COMMITS || commits.some((each) => sameCommit(each, commit))) return false;
        commits.push(commit);
        return true;
      }
      case 'no-verdict':
        return verdicts.delete(hour);
      default: {
        const [payload, holding, prevRoot, salt] = [line.payload, line.holding, line.prevRoot, line.salt].map(
          (hex) => fromHex(hex) ?? new Uint8Array(0),
        );
        if (payload === undefined || holding === undefined || prevRoot === undefined || salt === undefined)
          return false;
        verdicts.set(hour, { payload, holding, prevRoot, salt, said: line.said, disputed: line.disputed });
        return true;
      }
    }
  }

  function add(hour: bigint, line: Line): boolean {
    if (!apply(hour, line)) return false;
    log.append(hour, line).catch(onWriteFailure);
    return true;
  }

  for (const hour of await log.hours()) {
    for (const line of await log.read(hour)) {
      const parsed = LINE.safeParse(line);
      if (parsed.success) apply(hour, parsed.data);
    }
  }

  return {
    addAsk: (edge, hour, answered) => void add(hour, { t: 'ask', edge, answered }),
    addContact: (edge, hour, answered) => void add(hour, { t: 'contact', edge, answered }),
    addBytes(edge, resource, hour, bytes, counted) {
      const key = `${edge} ${resource} ${hour}`;
      probed.set(key, { edge, resource, hour, bytes: (probed.get(key)?.bytes ?? 0n) + bytes });
      if (counted) add(hour, { t: 'bytes', edge, resource, bytes: String(bytes) });
    },
    addLook: (edge, hour, look) => add(hour, { t: 'look', edge, ...look }),
    addCommit(commit) {
      const other = hours
        .get(commit.hour)
        ?.get(commit.edge)
        ?.commits.find((each) => contradicts(each, commit));
      add(commit.hour, { t: 'commit', commit: toHex(encodeCommit(commit)) });
      return other;
    },
    of: (edge, hour) => hours.get(hour)?.get(edge) ?? emptyCell(),
    get probedBytes() {
      return [...probed.values()];
    },
    edgesOf: (hour) => [...(hours.get(hour)?.keys() ?? [])],
    async saveVerdict(hour, verdict) {
      const line: Line = {
        t: 'verdict',
        payload: toHex(verdict.payload),
        holding: toHex(verdict.holding),
        prevRoot: toHex(verdict.prevRoot),
        salt: toHex(verdict.salt),
        said: [...verdict.said],
        disputed: [...verdict.disputed],
      };
      await log.append(hour, line, true);
      apply(hour, line);
    },
    verdict: (hour) => verdicts.get(hour),
    async dropVerdict(hour) {
      const line: Line = { t: 'no-verdict' };
      await log.append(hour, line, true);
      apply(hour, line);
    },
    async forgetBefore(hour) {
      // Asked in each round; the folder is read once an hour.
      if (forgotten !== undefined && hour <= forgotten) return;
      forgotten = hour;
      for (const old of hours.keys()) if (old < hour) hours.delete(old);
      for (const old of verdicts.keys()) if (old < hour) verdicts.delete(old);
      for (const [key, each] of probed) if (each.hour < hour) probed.delete(key);
      await log.forgetBefore(hour);
    },
  };
}

/** The same statement; signatures of Ed25519 may differ. */
function sameCommit(a: Commit, b: Commit): boolean {
  return equalBytes(encodeCommit(a).subarray(0, -64), encodeCommit(b).subarray(0, -64));
}
