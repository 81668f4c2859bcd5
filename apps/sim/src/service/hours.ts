import {
  EMPTY_ROOT,
  activeIn,
  baseHour,
  creditHour,
  encodeVerdict,
  equalBytes,
  holdingOf,
  holdingPiece,
  hourSecs,
  hourWindows,
  isQuorum,
  recordTail,
  termsOf,
  verdictCommitment,
  weekAt,
  weekOfHour,
} from '@media-network/protocol';
import type { CreditedHour, Hour, Level, Periods, Reveal, WeightRow } from '@media-network/protocol';
import { HOUR_STATUS } from '@media-network/chain/schema';
import type { Address } from '@solana/kit';

import type { Acts } from '../attacks/attack.ts';
import type { Cast, Guard, Node } from '../cast.ts';
import type { Chain, Sent } from '../chain/chain.ts';
import { randomOf } from '../random.ts';
import { sha256 } from './evidence.ts';
import type { Evidence } from './evidence.ts';
import type { ResourceBook } from './resources.ts';

/** An hour on its way to its root. */
interface OpenHour {
  readonly hour: bigint;
  readonly evidence: readonly Evidence[];
  /** By report index. */
  worths: readonly bigint[];
  readonly reveals: Reveal[];
  committed: number;
  computed?: CreditedHour;
}

interface FinalHour {
  readonly hour: bigint;
  readonly finalAt: bigint;
  readonly content: Hour;
}

interface Verdict {
  readonly guard: Guard;
  readonly levels: readonly Level[];
  readonly payload: Uint8Array;
  readonly holding: Uint8Array;
  readonly prevRoot: Uint8Array;
  readonly salt: Uint8Array;
  readonly withheld: boolean;
  readonly holdingRight: boolean;
}

export interface HoursDeps {
  readonly chain: Chain;
  readonly cast: Cast;
  readonly periods: Periods;
  readonly seed: number;
  readonly acts: Acts;
  readonly resources: ResourceBook;
  /** Told of every hour that became final, once it is recorded. */
  readonly onFinal: (hour: bigint, content: Hour) => void;
}

/** Leaves of one `record`: what fits a transaction. */
const LEAVES = 3;
/** Finals that later hours may build on. */
const FINALS_KEPT = 400;

/** Reports, verdicts, roots and records: what edges and guards do with an hour, by the functions that the daemons use. */
export interface Hours {
  report(hour: bigint, edges: readonly { readonly node: Node; readonly evidence: Evidence }[]): void;
  commit(hour: bigint): void;
  reveal(hour: bigint): void;
  /** Votes for what can be decided now, and records it. */
  decide(now: bigint): void;
  /** The history that an hour builds on. */
  tableBefore(hour: bigint): readonly WeightRow[];
  /** Hours with reports that are not final. */
  readonly open: ReadonlyMap<bigint, unknown>;
  readonly voided: number;
}

/** Shows that a guard holds the entries of what it calls good. */
function holding(guard: Address, evidence: readonly Evidence[], levels: readonly Level[]): Uint8Array {
  const pieces = evidence.flatMap(({ blob }, index) =>
    levels[index] === 1 || levels[index] === 2 ? [holdingPiece(guard, blob, sha256)] : [],
  );
  return holdingOf(guard, pieces, sha256);
}

export function createHours(deps: HoursDeps): Hours {
  const { chain, cast, periods, seed, acts } = deps;
  const { places } = chain;
  const open = new Map<bigint, OpenHour>();
  const verdicts = new Map<bigint, readonly Verdict[]>();
  const finals: FinalHour[] = [];
  let voided = 0;

  const baseOf = (hour: bigint): FinalHour | undefined => baseHour(periods, hour, finals);

  function report(hour: bigint, edges: Parameters<Hours['report']>[1]): void {
    if (edges.length === 0) return;
    const week = weekOfHour(periods, hour);
    const [hourAccount, guardSet] = [places.hour(hour), places.guardSet(week)];
    const sent = edges.map(({ node, evidence }): Sent => {
      const { bytes, root, entryCount } = evidence.report;
      const by = {
        operator: node.owner.address,
        edge: node.account,
        pool: node.pool.address,
        stake: node.stake,
      };
      const at = { report: places.report(node.account, hour), hourAccount, guardSet };
      return {
        by: node.owner,
        calls: [chain.call('submitReport', { ...by, ...at, week, hour, bytes, root, entryCount })],
      };
    });
    chain.all(sent);
    const worths = edges.map(
      ({ node }) => chain.number('report', 'worth', places.report(node.account, hour)) ?? 0n,
    );
    open.set(hour, {
      hour,
      evidence: edges.map(({ evidence }) => evidence),
      worths,
      reveals: [],
      committed: 0,
    });
  }

  function commit(hour: bigint): void {
    const found = open.get(hour);
    if (found === undefined) return;
    const { evidence } = found;
    const honest = evidence.map(({ level }) => level);
    const prevRoot = baseOf(hour)?.content.root ?? EMPTY_ROOT;
    const week = weekOfHour(periods, hour);
    const mine = cast.guards.map((guard, place): Verdict => {
      const policy = acts.guard?.(place);
      const levels = policy?.levels?.(honest, hour) ?? honest;
      const other = cast.guards[(place + 1) % cast.guards.length];
      const own = holding(guard.account, evidence, levels);
      const shown =
        policy?.borrowsHolding === true && other !== undefined
          ? holding(other.account, evidence, levels)
          : own;
      const random = randomOf(seed, 'salt', guard.no, hour);
      return {
        guard,
        levels,
        payload: encodeVerdict({ levels, disputes: [] }),
        holding: shown,
        prevRoot,
        salt: Uint8Array.from({ length: 32 }, () => random.int(256)),
        withheld: policy?.withholds === true,
        holdingRight: equalBytes(shown, own),
      };
    });
    const [hourAccount, guardSet] = [places.hour(hour), places.guardSet(week)];
    chain.all(
      mine.map((verdict): Sent => {
        const { guard } = verdict;
        const at = { operator: guard.owner.address, guard: guard.account, guardSet, hourAccount };
        const commitment = verdictCommitment({ ...verdict, guard: guard.account, hour }, sha256);
        const place = places.verdict(hour, guard.account);
        return {
          by: guard.owner,
          calls: [
            chain.call('commitVerdict', {
              ...at,
              verdict: place,
              week,
              hour,
              commitment,
              reports: evidence.length,
            }),
          ],
        };
      }),
    );
    found.committed = mine.length;
    verdicts.set(hour, mine);
  }

  function reveal(hour: bigint): void {
    const found = open.get(hour);
    const mine = verdicts.get(hour);
    if (found === undefined || mine === undefined) return;
    const base = baseOf(hour);
    const revealed = mine.filter(({ withheld }) => !withheld);
    const hourAccount = places.hour(hour);
    chain.all(
      revealed.map(({ guard, payload, holding: shown, prevRoot, salt }): Sent => {
        const at = {
          operator: guard.owner.address,
          guard: guard.account,
          hourAccount,
          verdict: places.verdict(hour, guard.account),
          hour,
        };
        return {
          by: guard.owner,
          calls: [
            chain.call('writeVerdict', { ...at, offset: 0 }, { tail: payload }),
            chain.call('revealVerdict', { ...at, length: payload.length, holding: shown, prevRoot, salt }),
          ],
        };
      }),
    );
    for (const { guard, levels, holdingRight, prevRoot } of revealed) {
      found.reveals.push({
        no: guard.no,
        levels,
        disputes: [],
        holdingRight,
        prevRight: base === undefined || equalBytes(prevRoot, base.content.root),
      });
    }
    verdicts.delete(hour);
  }

  function compute(found: OpenHour): CreditedHour {
    const { hour, evidence, worths, reveals } = found;
    const account = chain.read('hour', places.hour(hour));
    if (account === undefined) throw new Error(`no hour ${hour}`);
    const base = baseOf(hour);
    return creditHour(
      {
        hourSecs: hourSecs(periods),
        terms: account,
        reports: evidence.map((each, index) => ({
          index,
          edge: each.account,
          worth: worths[index] ?? 0n,
          bytes: each.report.bytes,
          entryCount: each.report.entryCount,
          entries: each.entries,
          sessionsOf: (resource) => each.sessions.get(resource) ?? [],
        })),
        reveals,
        setCount: account.setCount,
        resourceOf(resource) {
          const held = deps.resources.at(resource);
          if (held === undefined) return undefined;
          const terms = termsOf(held, hour);
          return { active: activeIn(held, hour), allowance: terms.allowance };
        },
        base: base === undefined ? undefined : { hour: base.hour, table: base.content.table },
      },
      sha256,
    );
  }

  function vote(found: OpenHour, week: bigint): boolean {
    const { hour, evidence, reveals } = found;
    found.computed ??= compute(found);
    const right = found.computed;
    const [hourAccount, guardSet] = [places.hour(hour), places.guardSet(week)];
    const ballot = (guard: Guard, of: Pick<Hour, 'root' | 'leaves'>): Sent => {
      const at = { operator: guard.owner.address, guard: guard.account, guardSet, hourAccount };
      const basis = { reports: evidence.length, reveals: reveals.length };
      return {
        by: guard.owner,
        calls: [chain.call('proposeHour', { ...at, week, hour, root: of.root, leaves: of.leaves, ...basis })],
      };
    };
    const voters = cast.guards.map((guard, place) => ({ guard, policy: acts.guard?.(place) }));
    const liars = voters.filter(({ policy }) => policy?.hour !== undefined);
    // Those with another root hurry; of the others another one begins each hour, and the last come too late.
    chain.all(liars.map(({ guard, policy }) => ballot(guard, policy?.hour?.(right) ?? right)));
    const honest = voters.filter(({ policy }) => policy?.hour === undefined && policy?.withholds !== true);
    const first = Number(hour % BigInt(honest.length));
    const turns = [...honest.slice(first), ...honest.slice(0, first)];
    const needed = turns.findIndex((_, index) => isQuorum(index + 1, cast.guards.length)) + 1;
    chain.all(turns.slice(0, needed === 0 ? turns.length : needed).map(({ guard }) => ballot(guard, right)));
    return chain.vm.data(hourAccount)?.[3] === HOUR_STATUS.final;
  }

  function record(hour: bigint, content: Hour): void {
    const by = cast.guards[Number(hour % BigInt(cast.guards.length))];
    if (by === undefined) return;
    const sent: Sent[] = [];
    for (let index = 0; index < content.resources.length; index += LEAVES) {
      const leaves = content.resources.slice(index, index + LEAVES);
      const remaining = leaves.flatMap(({ resource }): Address[] => {
        const ring = cast.publishers.find((each) => each.resource === resource)?.ring;
        // Leaves name resources by the addresses of accounts.
        return ring === undefined ? [] : [resource as Address, ring];
      });
      const given = { hour, index, count: leaves.length, hourAccount: places.hour(hour) };
      const tail = recordTail(content, index, leaves.length);
      sent.push({ by: by.owner, calls: [chain.call('record', given, { tail, remaining })] });
    }
    chain.all(sent);
  }

  function decide(now: bigint): void {
    for (const found of open.values()) {
      const { hour } = found;
      const windows = hourWindows(periods, hour);
      if (now < windows.revealsUntil) continue;
      if (now >= windows.lateUntil) {
        open.delete(hour);
        voided += 1;
        continue;
      }
      const late = now >= windows.finalUntil;
      if (!late && !isQuorum(found.reveals.length, cast.guards.length)) continue;
      if (
        !vote(found, late ? weekAt(periods, now) : weekOfHour(periods, hour)) ||
        found.computed === undefined
      )
        continue;
      open.delete(hour);
      finals.push({ hour, finalAt: now, content: found.computed });
      if (finals.length > FINALS_KEPT) finals.shift();
      record(hour, found.computed);
      deps.onFinal(hour, found.computed);
    }
  }

  return {
    report,
    commit,
    reveal,
    decide,
    tableBefore: (hour) => baseOf(hour)?.content.table ?? [],
    open,
    get voided() {
      return voided;
    },
  };
}
