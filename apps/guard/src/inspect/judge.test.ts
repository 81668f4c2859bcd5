import { addressOf } from '@media-network/protocol';
import type { CollectedCommit, Entry } from '@media-network/protocol';
import { describe, expect, it } from 'vitest';
import type { EdgeHour } from '../state/hour-book.ts';
import { judge } from './judge.ts';
import type { JudgeFacts } from './judge.ts';

const RESOURCE = addressOf(new Uint8Array(32).fill(1));
const EDGE = addressOf(new Uint8Array(32).fill(2));
const entry = (perSlot: bigint): Entry => ({
  resource: RESOURCE,
  slots: Array.from({ length: 12 }, () => perSlot),
  asked: 0n,
  receiptsRoot: new Uint8Array(32),
  digestRoot: new Uint8Array(32),
  sessions: 0,
  digests: 0,
});

function seen(change: Partial<EdgeHour> = {}): EdgeHour {
  return {
    asks: { answered: 2, refused: 0 },
    contacts: { answered: 3, silent: 0 },
    probed: new Map(),
    looks: [],
    commits: [],
    ...change,
  };
}

function commit(
  slot: number,
  bytes: bigint | undefined,
  change: { boot?: number; root?: number } = {},
): CollectedCommit {
  return {
    commit: {
      edge: EDGE,
      boot: change.boot ?? 1,
      hour: 5n,
      slot,
      total: bytes ?? 0n,
      count: 1,
      unixMs: BigInt(slot),
      root: new Uint8Array(32).fill(change.root ?? slot + 1),
      signature: new Uint8Array(64),
    },
    counters: bytes === undefined ? undefined : new Map([[RESOURCE, bytes]]),
  };
}

const MEGA = 1_000_000n;
/** As of the end of the hour, as an edge makes it with its report. */
const AT_END: CollectedCommit = (() => {
  const made = commit(0, 60n * MEGA);
  return { ...made, commit: { ...made.commit, hour: 6n } };
})();
const said = (change: Partial<JudgeFacts> = {}): unknown[] => {
  const verdict = judge({
    hour: 5n,
    evidence: { kind: 'whole', entries: [entry(MEGA)] },
    seen: seen(),
    joinedBefore: true,
    online: true,
    commits: [commit(2, 50n * MEGA), commit(8, 56n * MEGA), AT_END],
    ...change,
  });
  return [verdict.level, verdict.reason, verdict.open];
};

describe('levels', () => {
  it('are full for what holds', () => {
    expect(said()).toEqual([1, 'full', false]);
  });

  it('are vouched bytes only for an edge that came after guards had asked, or after the hour', () => {
    const late = { joinedBefore: false, seen: seen({ asks: { answered: 0, refused: 0 } }) };
    expect(said({ ...late, commits: [] })).toEqual([2, 'noCommit', true]);
    expect(said({ ...late, commits: [], online: false })).toEqual([2, 'noCommit', true]);
    // Of other hours, or without counters, they say nothing of this one.
    const other = commit(8, 56n * MEGA);
    const after = { ...other, commit: { ...other.commit, hour: 6n } };
    expect(said({ ...late, commits: [after, commit(8, undefined)] })).toEqual([2, 'noCommit', true]);
    expect(said({ ...late, commits: [commit(8, 56n * MEGA), AT_END] })).toEqual([1, 'full', false]);
  });

  it('are vouched bytes only as long as nobody has counters as of the end of the hour', () => {
    const within = [commit(2, 50n * MEGA), commit(8, 56n * MEGA)];
    expect(said({ commits: within })).toEqual([2, 'noCommit', true]);
    expect(said({ commits: [...within, { ...AT_END, counters: undefined }] })).toEqual([2, 'noCommit', true]);
    const later = { ...AT_END, commit: { ...AT_END.commit, slot: 1 } };
    expect(said({ commits: [...within, later] })).toEqual([2, 'noCommit', true]);
    // A twentieth more than it counted, all of it after the last commit of the hour.
    const above = entry(MEGA).slots.with(11, MEGA + (12n * MEGA) / 20n);
    const evidence = { kind: 'whole', entries: [{ ...entry(MEGA), slots: above }] } as const;
    expect(said({ commits: [...within, AT_END], evidence })).toEqual([2, 'mismatch', false]);
  });

  it('are vouched bytes only where counters were refused: silence is no evidence of service', () => {
    const silent = seen({ asks: { answered: 0, refused: 2 } });
    expect(said({ seen: silent, commits: [AT_END] })).toEqual([2, 'noCommit', false]);
    expect(said({ seen: silent, commits: [AT_END], online: false })).toEqual([1, 'full', false]);
    // Asked once, by chance: nothing is held against it.
    expect(said({ seen: seen({ asks: { answered: 0, refused: 1 } }), commits: [AT_END] })).toEqual([
      1,
      'full',
      false,
    ]);
    // A root without the counters behind it is none.
    expect(said({ seen: silent, commits: [commit(2, undefined), AT_END] })).toEqual([2, 'noCommit', false]);
    // Another guard got one.
    expect(said({ seen: silent, commits: [commit(2, 50n * MEGA), AT_END] })).toEqual([1, 'full', false]);
  });

  it('are vouched bytes only where counters contradict each other or the report', () => {
    const pair = [commit(2, 50n * MEGA), commit(2, 50n * MEGA, { root: 99 })];
    expect(said({ commits: pair })).toEqual([2, 'contradicting', false]);
    // A meter that adds 50 MB a look.
    expect(said({ commits: [commit(2, 50n * MEGA), commit(8, 106n * MEGA)] })).toEqual([
      2,
      'mismatch',
      false,
    ]);
    expect(said({ commits: [commit(2, 50n * MEGA), commit(8, 51n * MEGA)] })).toEqual([2, 'mismatch', false]);
    // Two starts may both have a commit in a sample.
    expect(
      said({ commits: [commit(2, 50n * MEGA), commit(2, 50n * MEGA, { boot: 2, root: 9 }), AT_END] }),
    ).toEqual([1, 'full', false]);
  });

  it('are vouched bytes only where the report has less than the guard itself received', () => {
    const received = seen({ probed: new Map([[RESOURCE, 13n * MEGA]]) });
    expect(said({ seen: received })).toEqual([2, 'underReported', false]);
    expect(said({ seen: seen({ probed: new Map([[RESOURCE, 12n * MEGA]]) }) })).toEqual([1, 'full', false]);
  });

  it('reject what anybody can see is none', () => {
    for (const reason of ['wrongRoot', 'malformed', 'wrongTotal'] as const)
      expect(said({ evidence: { kind: 'faulty', reason, words: '' } })).toEqual([3, reason, false]);
  });

  it('reject what was asked for and not given, and say nothing of what was not asked for', () => {
    expect(said({ evidence: { kind: 'missing', asked: true, words: '' } })).toEqual([3, 'unavailable', true]);
    expect(said({ evidence: { kind: 'missing', asked: false, words: '' } })).toEqual([0, 'notAsked', true]);
  });

  it('reject an edge that serves nobody, if it is not the guard that is cut off', () => {
    const dead = seen({ contacts: { answered: 0, silent: 3 } });
    expect(said({ seen: dead })).toEqual([3, 'noService', false]);
    expect(said({ seen: dead, online: false })).toEqual([1, 'full', false]);
    expect(said({ seen: seen({ contacts: { answered: 1, silent: 9 } }) })).toEqual([1, 'full', false]);
    expect(said({ seen: seen({ contacts: { answered: 0, silent: 2 } }) })).toEqual([1, 'full', false]);
  });
});
