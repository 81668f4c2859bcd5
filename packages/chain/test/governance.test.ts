import { beforeEach, describe, expect, it } from 'vitest';

import { encodeAction } from '../src/codec/actions.ts';
import { PROGRAMS } from '../src/programs.ts';
import { PROPOSAL_STATUS, RESOURCE_STATUS, ROLE } from '../src/schema/index.ts';
import { Assembly, QUORUM, SEASONING, TIMELOCK, VOTING, setting } from './governance-bench.ts';
import { TRACE_PARAMS } from './trace/begin.ts';
import { HOUR, MEDIA, NODE, SLOT, lpOf } from './trace/bench.ts';
import { allOf } from './trace/invariants.ts';

/** What proposals do, from the lock to the effect: in the program and in the model alike (docs/governance.md). */
const WEEK = HOUR * BigInt(TRACE_PARAMS.hoursPerWeek);
const DATA_FEES = setting('dataFees', { feePerGb: 77n });
let hall: Assembly;
beforeEach(async () => {
  hall = await Assembly.open();
});

const named = (name: string): Uint8Array => {
  const bytes = new Uint8Array(32);
  bytes.set(new TextEncoder().encode(name));
  return bytes;
};

/** All of the config but what a change of terms keeps of itself. */
const kept = (config: object) =>
  Object.fromEntries(
    Object.entries(config).filter(([name]) => !/^(?:previous|termsFrom|proposals)/.test(name)),
  );

describe('a proposal that sets parameters', () => {
  it('returns its deposit when it has passed, once, and frees what voted for it', async () => {
    await hall.seasoned(0);
    const before = hall.media(3);
    const number = await hall.passed('dataFees', DATA_FEES);
    const { deposit } = hall.proposalOf(number).value;
    expect(hall.media(3)).toBe(before - deposit);
    expect(await hall.executeParameters(number)).toBe('ok');
    expect(await hall.refund(number)).toBe('ok');
    expect(hall.media(3)).toBe(before);
    expect(await hall.refund(number)).toBe('NothingDue');
    expect(await hall.unlock(0, QUORUM)).toBe('VotesOpen');
    expect(await hall.closeVote(0, number)).toBe('ok');
    expect(await hall.unlock(0, QUORUM)).toBe('ok');
  });

  it('changes no week that has begun, nor one whose set is there already', async () => {
    await hall.seasoned(0);
    const guard = await hall.bench.guard(1, lpOf(100n * MEDIA));
    const edge = await hall.bench.edge(2, lpOf(1_000n * MEDIA));
    const number = await hall.passed('dataFees', DATA_FEES);
    // In the middle of a week, of which there is no set yet.
    hall.pass(WEEK - (hall.now % WEEK) + 2n * HOUR);
    expect(await hall.executeParameters(number)).toBe('TooLate');
    const again = await hall.passed('dataFees', DATA_FEES);
    const week = hall.now / WEEK;
    expect(await hall.executeParameters(again)).toBe('ok');
    await hall.bench.must('joinGuardSet', { ...guard, week });
    await hall.bench.must('joinGuardSet', { ...guard, week: week + 1n });
    const sets = allOf(hall.bench.twin.model, 'guardSet').map(({ value }) => value);
    const fee = (of: bigint) => sets.find((set) => set.week === of)?.feePerGb;
    expect([fee(week), fee(week + 1n)]).toEqual([TRACE_PARAMS.feePerGb, 77n]);
    // An hour of a week without a set has the terms of its week, too.
    const hour = hall.now / HOUR;
    hall.pass((hour + 1n) * HOUR - hall.now);
    const report = { week, hour, bytes: 5n, root: new Uint8Array(32), entryCount: 1 };
    await hall.bench.must('submitReport', { ...edge, ...report });
    expect(allOf(hall.bench.twin.model, 'hour')[0]?.value.feePerGb).toBe(TRACE_PARAMS.feePerGb);
  });

  it('asks edges for more from the next week on, and looks at what each is registered with until it says that it has more', async () => {
    await hall.seasoned(0);
    const least = 2n * TRACE_PARAMS.minEdgeStake;
    const edge = await hall.bench.edge(2, lpOf(least - MEDIA));
    const number = await hall.passed('fund', setting('fund', { minEdgeStake: least }));
    expect(await hall.executeParameters(number)).toBe('ok');
    await hall.bench.stake(2, ROLE.edge, lpOf(least));
    const report = async (): Promise<string> => {
      const hour = hall.now / HOUR;
      hall.pass((hour + 1n) * HOUR - hall.now);
      const week = hour / BigInt(TRACE_PARAMS.hoursPerWeek);
      return hall.bench.run('submitReport', {
        ...edge,
        week,
        hour,
        bytes: 5n,
        root: new Uint8Array(32),
        entryCount: 1,
      });
    };
    expect(await report()).toBe('ok');
    hall.pass(WEEK - (hall.now % WEEK));
    expect(await report()).toBe('InsufficientStake');
    const { operator, pool } = edge;
    await hall.bench.must('updateEdge', { owner: operator, pool, operator, control: 'http://c', ...NODE });
    expect(await report()).toBe('ok');
  });

  it('leaves a set that is there enough seats to become usable', async () => {
    await hall.seasoned(0);
    const guards: Awaited<ReturnType<typeof hall.bench.guard>>[] = [];
    for (const index of [1, 2, 3])
      guards.push(await hall.bench.guard(index, lpOf(BigInt(index) * 60n * MEDIA)));
    const number = await hall.passed('structure', setting('structure', { minGuards: 1, maxGuards: 1 }));
    const week = hall.now / WEEK + 1n;
    const join = (index: number): Promise<string> =>
      hall.bench.run('joinGuardSet', { ...guards[index]!, week });
    expect(await join(0)).toBe('ok');
    expect(await hall.executeParameters(number)).toBe('ok');
    expect(await join(1)).toBe('ok');
    expect(await join(2)).toBe('ok');
    const set = allOf(hall.bench.twin.model, 'guardSet').find(({ value }) => value.week === week)?.value;
    expect([set?.minGuards, set?.count]).toEqual([2, 2]);
  });

  it('waits while reports of the week before could need what it would forget', async () => {
    await hall.seasoned(0);
    const first = await hall.passed('dataFees', DATA_FEES);
    expect(await hall.executeParameters(first)).toBe('ok');
    const week = hall.now / WEEK;
    const due = (week + 1n) * WEEK - VOTING - TIMELOCK + 5n;
    hall.pass(due - hall.now);
    const second = await hall.passed('dataFees', setting('dataFees', { feePerGb: 78n }));
    expect(await hall.executeParameters(second)).toBe('TooEarly');
    hall.pass(SLOT * BigInt(TRACE_PARAMS.reportSlots));
    expect(await hall.executeParameters(second)).toBe('ok');
    expect([hall.config.previousFeePerGb, hall.config.feePerGb]).toEqual([77n, 78n]);
  });

  const tables = {
    burst: { quotaKbpsPerMedia: 2_000n, burstTimes: 5 },
    feeStructure: { dustBytes: 3n, poolFeeBps: 30, domainStake: 7n * MEDIA, domainNoticeHours: 5 },
    buyback: { buybackBps: 20, buybackSecs: 30, buybackSpotBps: 50 },
    structure: { votingSecs: 100, quorumVotes: QUORUM * 2n, minGuards: 1, maxGuards: 5 },
    fund: { guardShareBps: 1_000, openYieldBps: 800, rewardBoostBps: 100, rewardBudget: 5n },
  } as const;
  // Object.keys widens the names of the table.
  it.each(Object.keys(tables) as (keyof typeof tables)[])('sets those of %s and no other', async (kind) => {
    await hall.seasoned(0);
    const { ...before } = hall.config;
    const number = await hall.passed(kind, setting(kind, tables[kind]));
    expect(await hall.executeParameters(number)).toBe('ok');
    const { ...after } = hall.config;
    expect(kept(after)).toEqual({ ...kept(before), ...tables[kind] });
  });

  it('is refused out of bounds, with a step too large, with nothing or something unknown set', async () => {
    const { votingSecs } = TRACE_PARAMS;
    const unknown = setting('dataFees', { feePerGb: 5n }).with(0, 3);
    const behind = setting('dataFees', { feePerGb: 5n }).with(20, 1);
    for (const [kind, action] of [
      ['dataFees', setting('dataFees', { feePerGb: 0n })],
      ['dataFees', setting('dataFees', { feePerGb: 10n * MEDIA + 1n })],
      ['dataFees', setting('dataFees', {})],
      ['dataFees', unknown],
      ['dataFees', behind],
      ['structure', setting('structure', { votingSecs: 2 * votingSecs + 1 })],
      ['structure', setting('structure', { votingSecs: Math.ceil(votingSecs / 2) - 1 })],
      ['structure', setting('structure', { minGuards: 5 })],
      ['structure', setting('structure', { depositFloor: 4n * MEDIA, depositCeiling: 3n * MEDIA })],
      ['fund', setting('fund', { rewardBoostBps: 3_901 })],
    ] as const)
      expect(await hall.propose(kind, action), kind).toBe('InvalidParameter');
    const bounds = setting('structure', { votingSecs: 2 * votingSecs, minGuards: 4 });
    expect(await hall.propose('structure', bounds)).toBe('ok');
  });
});

const proposalAt = (number: bigint) => hall.bench.twin.world.addresses.proposal(number);

describe('the other kinds', () => {
  it('say what one of their kind can, to the last value that is in bounds, and nothing behind it', async () => {
    const [guard, other, nobody] = [hall.owner(1), hall.owner(2), PROGRAMS.system];
    const { votingSecs, timelockSecs } = TRACE_PARAMS;
    const years = 4 * 365 * 86_400;
    const hash = new Uint8Array(32).fill(3);
    const none = new Uint8Array(32);
    const grant = { recipient: guard, amount: 1n, secs: 4 * (votingSecs + timelockSecs) };
    const integration = { name: named('a.b-9'), sha256: hash, enabled: 1 };
    const replaced = { guard, successor: other, weeks: 1 };
    const taken = [
      ['grant', encodeAction('grant', grant)],
      ['grant', encodeAction('grant', { ...grant, secs: years })],
      ['stopGrant', encodeAction('stopGrant', { grant: 1n })],
      ['removeResource', encodeAction('removeResource', { resource: guard })],
      ['upgrade', encodeAction('upgrade', { digest: hash, length: 1 })],
      ['integration', encodeAction('integration', integration)],
      ['integration', encodeAction('integration', { ...integration, name: new Uint8Array(32).fill(97) })],
      ['replaceGuard', encodeAction('replaceGuard', { ...replaced, weeks: 520 })],
      ['replaceGuard', encodeAction('replaceGuard', { ...replaced, successor: nobody })],
    ] as const;
    const refused = [
      ['grant', encodeAction('grant', { ...grant, amount: 0n })],
      ['grant', encodeAction('grant', { ...grant, recipient: nobody })],
      ['grant', encodeAction('grant', { ...grant, secs: grant.secs - 1 })],
      ['grant', encodeAction('grant', { ...grant, secs: years + 1 })],
      ['stopGrant', encodeAction('stopGrant', { grant: 0n })],
      ['removeResource', encodeAction('removeResource', { resource: nobody })],
      ['upgrade', encodeAction('upgrade', { digest: none, length: 1 })],
      ['upgrade', encodeAction('upgrade', { digest: hash, length: 0 })],
      ['integration', encodeAction('integration', { ...integration, sha256: none })],
      ['integration', encodeAction('integration', { ...integration, enabled: 2 })],
      ['integration', encodeAction('integration', { ...integration, name: named('A') })],
      ['integration', encodeAction('integration', { ...integration, name: none })],
      ['integration', encodeAction('integration', { ...integration, name: named('a\0b') })],
      ['replaceGuard', encodeAction('replaceGuard', { ...replaced, weeks: 0 })],
      ['replaceGuard', encodeAction('replaceGuard', { ...replaced, weeks: 521 })],
      ['replaceGuard', encodeAction('replaceGuard', { ...replaced, guard: nobody })],
      ['replaceGuard', encodeAction('replaceGuard', { ...replaced, successor: guard })],
      // As one that is taken, with a byte behind its last field.
      ...taken.map(([kind, action]) => [kind, action.with(action.length - 1, 1)] as const),
    ] as const;
    for (const [kind, action] of taken) expect(await hall.propose(kind, action), kind).toBe('ok');
    for (const [kind, action] of refused)
      expect(await hall.propose(kind, action), kind).toBe('InvalidParameter');
  });

  it('register an integration, and withdraw it', async () => {
    await hall.seasoned(0, 2n * QUORUM);
    const [name, hash] = [named('ipfs'), new Uint8Array(32).fill(3)];
    for (const enabled of [1, 0]) {
      const action = encodeAction('integration', { name, sha256: hash, enabled });
      const number = await hall.passed('integration', action);
      const input = { payer: hall.owner(4), proposal: await proposalAt(number), name };
      expect(await hall.bench.run('executeIntegration', { ...input, name: named('ipfs2') })).toBe(
        'WrongAddress',
      );
      expect(await hall.bench.run('executeIntegration', input)).toBe('ok');
      const found = allOf(hall.bench.twin.model, 'integration')[0]?.value;
      expect([found?.status, found?.number]).toEqual([enabled, number]);
    }
  });

  it('remove a resource, whose last hour is billed as a whole', async () => {
    await hall.bench.stake(1, ROLE.publisher, lpOf(500n * MEDIA));
    const resource = await hall.bench.resource(1, 1n, lpOf(50n * MEDIA));
    await hall.seasoned(0);
    const number = await hall.passed('removeResource', encodeAction('removeResource', { resource }));
    const proposal = await proposalAt(number);
    expect(await hall.bench.run('executeRemoval', { proposal, resource })).toBe('ok');
    const found = allOf(hall.bench.twin.model, 'resource')[0]?.value;
    expect(found?.status).toBe(RESOURCE_STATUS.removed);
    const publisher = hall.owner(1);
    expect(await hall.bench.run('pauseResource', { publisher, resource, paused: 0 })).toBe('WrongStatus');
  });

  it('bar a guard from the next sets and seat another in its place', async () => {
    await hall.seasoned(0);
    const [bad, good] = [
      await hall.bench.guard(1, lpOf(200n * MEDIA)),
      await hall.bench.guard(2, lpOf(60n * MEDIA)),
    ];
    const said = { guard: bad.guard, successor: good.guard, weeks: 1 };
    const number = await hall.passed('replaceGuard', encodeAction('replaceGuard', said));
    const week = hall.now / WEEK + 1n;
    await hall.bench.must('joinGuardSet', { ...bad, week });
    const seat = { successorStake: good.stake, successorPool: good.pool, week };
    const input = { payer: hall.owner(4), proposal: await proposalAt(number), ...said, ...seat };
    expect(await hall.bench.run('executeGuard', input)).toBe('ok');
    const set = allOf(hall.bench.twin.model, 'guardSet').find(({ value }) => value.week === week)?.value;
    expect(set?.entries.slice(0, set.count).map(({ guard }) => guard)).toEqual([good.guard]);
    expect(await hall.bench.run('joinGuardSet', { ...bad, week })).toBe('Barred');
    hall.pass(WEEK);
    expect(await hall.bench.run('joinGuardSet', { ...bad, week: week + 1n })).toBe('ok');
  });

  it('bar a guard though its successor has left', async () => {
    await hall.seasoned(0);
    const bad = await hall.bench.guard(1, lpOf(200n * MEDIA));
    const poor = await hall.bench.guard(2, lpOf(60n * MEDIA));
    const { pool } = hall.bench;
    await hall.bench.must('leaveGuard', { owner: hall.owner(2), week: hall.now / WEEK + 1n });
    const said = { guard: bad.guard, successor: poor.guard, weeks: 2 };
    const number = await hall.passed('replaceGuard', encodeAction('replaceGuard', said));
    const week = hall.now / WEEK + 1n;
    const seat = { successorStake: poor.stake, successorPool: pool, week };
    const input = { payer: hall.owner(4), proposal: await proposalAt(number), ...said, ...seat };
    expect(await hall.bench.run('executeGuard', input)).toBe('ok');
    expect(await hall.bench.run('joinGuardSet', { ...bad, week })).toBe('Barred');
    expect(allOf(hall.bench.twin.model, 'guardSet')).toEqual([]);
  });

  it('pay a grant second by second until a later vote stops it', async () => {
    await hall.seasoned(0, 2n * QUORUM);
    const recipient = hall.owner(2);
    const { addresses } = hall.bench.twin.world;
    const recipientMedia = await addresses.associatedToken(recipient, await addresses.mediaMint());
    const fund = hall.bench.twin.model.tokens.get(hall.config.fund)?.amount ?? 0n;
    const amount = fund / 100n;
    const secs = 10_000;
    const number = await hall.passed('grant', encodeAction('grant', { recipient, amount, secs }));
    const payer = hall.owner(4);
    const begin = { payer, proposal: await proposalAt(number), number };
    expect(await hall.bench.run('executeGrant', begin)).toBe('ok');
    expect(await hall.bench.run('executeGrant', begin)).toBe('AlreadyDecided');
    expect(hall.config.grantsOwed).toBe(amount);
    const pay = (): Promise<string> => hall.bench.run('payGrant', { number, recipientMedia });
    expect(await pay()).toBe('NothingDue');
    const before = hall.media(2);
    hall.pass(10n);
    expect(await pay()).toBe('ok');
    expect(await pay()).toBe('NothingDue');
    expect(hall.media(2) - before).toBe((amount * 10n) / BigInt(secs));
    const stop = await hall.passed('stopGrant', encodeAction('stopGrant', { grant: number }));
    const stopped = 10n + VOTING + TIMELOCK;
    const end = { proposal: await proposalAt(stop), number };
    expect(await hall.bench.run('stopGrant', end)).toBe('ok');
    hall.pass(2n * BigInt(secs));
    expect(await pay()).toBe('ok');
    expect(hall.media(2) - before).toBe((amount * stopped) / BigInt(secs));
    expect(hall.config.grantsOwed).toBe(0n);
    expect(await pay()).toBe('NothingDue');
  });

  it('pay no grant out before a vote can stop it', async () => {
    const least = 4 * Number(VOTING + TIMELOCK);
    for (const [secs, wanted] of [
      [1, 'InvalidParameter'],
      [least - 1, 'InvalidParameter'],
      [least, 'ok'],
    ] as const) {
      const said = encodeAction('grant', { recipient: hall.owner(2), amount: 1_000n, secs });
      expect(await hall.propose('grant', said), `${secs} s`).toBe(wanted);
    }
  });

  it('grant no more than a hundredth of the fund each, and a twentieth a quarter', async () => {
    await hall.seasoned(0, 10n * QUORUM);
    const fund = hall.bench.twin.model.tokens.get(hall.config.fund)?.amount ?? 0n;
    const grant = async (amount: bigint): Promise<string> => {
      const said = { recipient: hall.owner(2), amount, secs: 1_000_000 };
      const number = await hall.passed('grant', encodeAction('grant', said));
      const begin = { payer: hall.owner(4), proposal: await proposalAt(number), number };
      return hall.bench.run('executeGrant', begin);
    };
    expect(await grant(fund / 100n + 1n)).toBe('GrantTooLarge');
    const free = (): bigint => fund - hall.config.grantsOwed;
    for (let each = 0; each < 5; each += 1) expect(await grant(free() / 100n)).toBe('ok');
    // What has been granted this quarter is 4.9 %; another hundredth is too much.
    expect(await grant(free() / 100n)).toBe('GrantTooLarge');
  });
});

describe('nobody may', () => {
  it('vote with what came within the time of seasoning, by a second', async () => {
    expect(await hall.lock(0, QUORUM)).toBe('ok');
    hall.pass(SEASONING - 1n);
    expect(await hall.propose('dataFees', DATA_FEES)).toBe('ok');
    expect(await hall.vote(0, 1n)).toBe('NoWeight');
    hall.pass(1n);
    expect(await hall.vote(0, 1n)).toBe('NoWeight');
    expect(await hall.propose('dataFees', DATA_FEES)).toBe('ok');
    expect(await hall.vote(0, 2n)).toBe('ok');
  });

  it('have a top-up counted as old', async () => {
    await hall.seasoned(0, 5n);
    expect(await hall.lock(0, QUORUM)).toBe('ok');
    expect(await hall.propose('dataFees', DATA_FEES)).toBe('ok');
    expect(await hall.vote(0, 1n)).toBe('ok');
    expect(hall.proposalOf(1n).value.votesFor).toBe(5n);
  });

  it('take out and put back what was old', async () => {
    await hall.seasoned(0);
    expect(await hall.unlock(0, QUORUM - 7n)).toBe('ok');
    expect(await hall.lock(0, QUORUM)).toBe('ok');
    expect(await hall.propose('dataFees', DATA_FEES)).toBe('ok');
    expect(await hall.vote(0, 1n)).toBe('ok');
    expect(hall.proposalOf(1n).value.votesFor).toBe(7n);
  });

  it('vote twice, also after closing the first vote', async () => {
    await hall.seasoned(0);
    expect(await hall.propose('dataFees', DATA_FEES)).toBe('ok');
    expect(await hall.vote(0, 1n)).toBe('ok');
    expect(await hall.vote(0, 1n, 0)).toBe('VotedAlready');
    expect(await hall.closeVote(0, 1n)).toBe('TooEarly');
    hall.pass(VOTING);
    expect(await hall.vote(1, 1n)).not.toBe('ok');
    expect(await hall.finalise(1n)).toBe('ok');
    expect(await hall.closeVote(0, 1n)).toBe('TooEarly');
    hall.pass(2n * TIMELOCK + VOTING);
    expect(await hall.closeVote(0, 1n)).toBe('ok');
    expect(await hall.vote(0, 1n)).toBe('AlreadyDecided');
  });

  it('move tokens on and vote with them again', async () => {
    await hall.seasoned(0);
    expect(await hall.propose('dataFees', DATA_FEES)).toBe('ok');
    expect(await hall.vote(0, 1n)).toBe('ok');
    expect(await hall.unlock(0, 1n)).toBe('VotesOpen');
    // Staked LP, too: it begins to leave when its votes are done.
    const stake = await hall.bench.stake(1, ROLE.edge, lpOf(100n * MEDIA));
    hall.pass(SEASONING);
    expect(await hall.propose('dataFees', DATA_FEES)).toBe('ok');
    expect(await hall.voteStake(1, ROLE.edge, 2n)).toBe('ok');
    const { pool } = hall.bench;
    const unbond = (): Promise<string> =>
      hall.bench.run('beginUnbond', { owner: hall.owner(1), pool, role: ROLE.edge, lp: 5n });
    expect(await unbond()).toBe('VotesOpen');
    hall.pass(VOTING);
    expect(await hall.finalise(2n)).toBe('ok');
    expect(hall.proposalOf(2n).value.status).toBe(PROPOSAL_STATUS.passed);
    hall.pass(TIMELOCK);
    expect(await hall.executeParameters(2n)).toBe('ok');
    expect(await hall.closeVote(1, 2n, stake)).toBe('ok');
    expect(await unbond()).toBe('ok');
  });

  it('vote with more of staked LP than its MEDIA side, which no swap moves', async () => {
    await hall.bench.stake(1, ROLE.user, lpOf(1_000n * MEDIA));
    hall.pass(SEASONING);
    expect(await hall.propose('dataFees', DATA_FEES)).toBe('ok');
    const swap = { owner: hall.owner(3), quoteMint: hall.bench.cast.quotes[0]!, minOut: 0n };
    await hall.bench.must('swap', { ...swap, direction: 0, amountIn: 10n ** 14n });
    expect(await hall.voteStake(1, ROLE.user, 1n)).toBe('ok');
    const { votesFor } = hall.proposalOf(1n).value;
    expect(votesFor).toBeGreaterThan(499n * MEDIA);
    expect(votesFor).toBeLessThan(501n * MEDIA);
  });

  it('execute early, late, twice, or what has not passed', async () => {
    await hall.seasoned(0, QUORUM - 1n);
    expect(await hall.propose('dataFees', DATA_FEES)).toBe('ok');
    expect(await hall.vote(0, 1n)).toBe('ok');
    expect(await hall.executeParameters(1n)).toBe('WrongStatus');
    expect(await hall.finalise(1n)).toBe('TooEarly');
    hall.pass(VOTING);
    const fund = hall.bench.twin.model.tokens.get(hall.config.fund)?.amount ?? 0n;
    const { deposit } = hall.proposalOf(1n).value;
    expect(await hall.finalise(1n)).toBe('ok');
    expect(await hall.finalise(1n)).toBe('AlreadyDecided');
    // One vote short: the deposit is the fund's.
    expect(hall.proposalOf(1n).value.status).toBe(PROPOSAL_STATUS.rejected);
    expect(hall.bench.twin.model.tokens.get(hall.config.fund)?.amount).toBe(fund + deposit);
    expect(await hall.refund(1n)).toBe('WrongStatus');
    expect(await hall.executeParameters(1n)).toBe('WrongStatus');

    await hall.seasoned(0);
    expect(await hall.propose('dataFees', DATA_FEES)).toBe('ok');
    expect(await hall.vote(0, 2n)).toBe('ok');
    hall.pass(VOTING);
    expect(await hall.finalise(2n)).toBe('ok');
    hall.pass(TIMELOCK - 1n);
    expect(await hall.executeParameters(2n)).toBe('TooEarly');
    const proposal = await hall.bench.twin.world.addresses.proposal(2n);
    const resource = hall.owner(1);
    expect(await hall.bench.run('executeRemoval', { proposal, resource })).not.toBe('ok');
    hall.pass(VOTING + TIMELOCK + 1n);
    expect(await hall.executeParameters(2n)).toBe('TooLate');
  });

  it('pass without a majority', async () => {
    await hall.seasoned(0, 2n * QUORUM);
    await hall.seasoned(1, 2n * QUORUM);
    expect(await hall.propose('dataFees', DATA_FEES)).toBe('ok');
    expect(await hall.vote(0, 1n)).toBe('ok');
    expect(await hall.vote(1, 1n, 0)).toBe('ok');
    hall.pass(VOTING);
    expect(await hall.finalise(1n)).toBe('ok');
    expect(hall.proposalOf(1n).value.status).toBe(PROPOSAL_STATUS.rejected);
  });

  it('propose for less than the deposit, or out of turn', async () => {
    const short = { maxDeposit: TRACE_PARAMS.depositFloor };
    expect(await hall.propose('dataFees', DATA_FEES, short)).toBe('Slippage');
    expect(await hall.propose('dataFees', DATA_FEES, { number: 2n })).toBe('BasisChanged');
    expect(await hall.propose('dataFees', DATA_FEES, { kind: 99 })).toBe('InvalidParameter');
    expect(await hall.propose('dataFees', DATA_FEES, { link: 'no spaces here' })).toBe('InvalidParameter');
  });
});
