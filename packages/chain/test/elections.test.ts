import type { Address, Instruction } from '@solana/kit';
import { beforeEach, describe, expect, it } from 'vitest';

import type { InstructionInput } from '../src/instruction-inputs.ts';
import { ed25519Data } from '../src/ed25519.ts';
import { countersMessage, showData, showEvidence, viewMessage } from '../src/program-world/evidence.ts';
import type { Shown } from '../src/program-world/evidence.ts';
import type { KnownKey } from '../src/program-world/keys.ts';
import { PROGRAMS } from '../src/programs.ts';
import { ELECTION_STATUS, ELECTION_VOTE, EVIDENCE_KIND, NODE_STATUS, ROLE } from '../src/schema/index.ts';
import { TRACE_PARAMS } from './trace/begin.ts';
import { Bench, HOUR, MEDIA, NODE, SLOT, lpOf } from './trace/bench.ts';
import { allOf, checkInvariants } from './trace/invariants.ts';

/** Each step runs in the program and in the model; what a thief would try, one by one. */
const WEEK = HOUR * BigInt(TRACE_PARAMS.hoursPerWeek);
const DELAY = SLOT;
const ENDS = BigInt(TRACE_PARAMS.votingSecs + TRACE_PARAMS.timelockSecs);
const STAKED = lpOf(1_000n * MEDIA);
const REPORT = { bytes: 20_000_000n, root: new Uint8Array(32).fill(1), entryCount: 1 };
const { counters, overreport, probes, views } = EVIDENCE_KIND;

let bench: Bench;
let guards: Awaited<ReturnType<Bench['guard']>>[];
let edge: Awaited<ReturnType<Bench['edge']>>;
let nonce = 0n;

const keyAt = (index: number): KnownKey => {
  const found = bench.cast.keys.get(bench.owner(index));
  if (found === undefined) throw new Error(`no key of owner ${index}`);
  return found;
};
const twoTotals = (hour = 0n): Uint8Array[] =>
  [1n, 2n].map((total) => countersMessage(edge.edge, { hour, total }));
const node = () => allOf(bench.twin.model, 'edge')[0]?.value;
const stakeAt = (address: Address) =>
  allOf(bench.twin.model, 'stake').find((each) => each.address === address)?.value;
const election = () => allOf(bench.twin.model, 'election')[0]?.value;

beforeEach(async () => {
  bench = await Bench.deep({ minGuards: 3 });
  guards = [];
  for (const index of [0, 1, 2]) guards.push(await bench.guard(index, lpOf(900n * MEDIA)));
  edge = await bench.edge(3, STAKED);
  for (const guard of guards) await bench.must('joinGuardSet', { ...guard, week: 0n });
  bench.at(HOUR);
  await bench.must('submitReport', { ...edge, week: 0n, hour: 0n, ...REPORT });
});

async function commit(by: number, shown: Shown): Promise<Address> {
  nonce += 1n;
  const { guard } = guards[by]!;
  await bench.must('commitEvidence', { ...guards[by]!, nonce, commitment: shown.commitment });
  return bench.twin.world.addresses.evidence(guard, nonce);
}

function accusation(by: number, evidence: Address, shown: Shown): InstructionInput<'elect'> {
  const { operator, guard } = guards[by]!;
  return {
    operator,
    guard,
    evidence,
    payer: operator,
    accused: edge.edge,
    accusedStake: edge.stake,
    displaced: PROGRAMS.system,
    week: 0n,
    kind: counters,
    number: 0n,
    salt: shown.salt,
    file: shown.file,
  };
}

/** Commits, waits, elects. */
async function elect(
  by: number,
  shown: Shown,
  change: Partial<InstructionInput<'elect'>> = {},
  before: Instruction | undefined = shown.before,
): Promise<string> {
  const evidence = await commit(by, shown);
  bench.at(now() + DELAY);
  return bench.run('elect', { ...accusation(by, evidence, shown), ...change }, before);
}

const now = (): bigint => bench.twin.world.now() - bench.zero;
const reportOf = (hour = 0n): Promise<Address> => bench.twin.world.addresses.report(edge.edge, hour);
const electionAt = (kind: number = counters, number = 0n): Promise<Address> =>
  bench.twin.world.addresses.election(edge.edge, kind, number);

async function vote(by: number, which: number, at?: Address): Promise<string> {
  const { operator, guard } = guards[by]!;
  return bench.run('voteElection', {
    operator,
    guard,
    election: at ?? (await electionAt()),
    week: 0n,
    vote: which,
  });
}

async function finalise(elector: number, at?: Address): Promise<string> {
  const { addresses } = bench.twin.world;
  return bench.run('finaliseElection', {
    payer: bench.owner(4),
    election: at ?? (await electionAt()),
    accused: edge.edge,
    accusedStake: edge.stake,
    electorStake: guards[elector]!.stake,
    reward: await addresses.stake(bench.owner(elector), bench.pool, ROLE.guard),
    pool: bench.pool,
  });
}

describe('two counters of one moment', () => {
  it('cost all of the stake: a fifth to the elector, the rest to the fund, to the base unit', async () => {
    await bench.must('beginUnbond', { owner: bench.owner(3), pool: bench.pool, role: ROLE.edge, lp: 7n });
    expect(await elect(0, showEvidence(guards[0]!.guard, twoTotals(), keyAt(3)))).toBe('ok');
    const [before, pool] = [stakeAt(guards[0]!.stake)?.lp ?? 0n, allOf(bench.twin.model, 'pool')[0]!.value];
    const { reserveMedia, lpSupply, staked } = { ...pool };
    const fund = await bench.twin.world.addresses.fund();
    const held = bench.twin.world.tokens(fund);
    for (const by of [0, 1, 2]) expect(await vote(by, ELECTION_VOTE.uphold)).toBe('ok');
    expect(await finalise(0)).toBe('TooEarly');
    bench.at(now() + ENDS);
    expect(await finalise(0)).toBe('ok');
    const reward = STAKED / 5n;
    expect(stakeAt(guards[0]!.stake)).toMatchObject({ lp: before + reward, bonded: 0n });
    expect(stakeAt(edge.stake)).toMatchObject({ lp: 0n, unbonding: 0n, elections: 0 });
    expect(node()).toMatchObject({ status: NODE_STATUS.removed, elections: 0 });
    expect(election()).toMatchObject({ status: ELECTION_STATUS.slashed, slashed: STAKED, rewarded: reward });
    const unwrapped = ((STAKED - reward) * reserveMedia) / lpSupply;
    expect(bench.twin.world.tokens(fund) - held).toBe(unwrapped);
    expect(allOf(bench.twin.model, 'pool')[0]?.value.staked).toBe(staked - (STAKED - reward));
    checkInvariants(bench.twin.model);
    expect(await finalise(0)).toBe('AlreadyDecided');
  });

  it('remove without a report, and leave the stake: when none can come any more', async () => {
    const shown = showEvidence(guards[0]!.guard, twoTotals(1n), keyAt(3));
    const reportsEnd = 2n * HOUR + SLOT * BigInt(TRACE_PARAMS.reportSlots);
    bench.at(reportsEnd - DELAY - 1n);
    // An accomplice that elects before the report would have the stake safe for good.
    expect(await elect(0, shown, { number: 1n })).toBe('TooEarly');
    bench.at(reportsEnd);
    const late = showEvidence(guards[1]!.guard, twoTotals(1n), keyAt(3));
    expect(await elect(1, late, { number: 1n })).toBe('ok');
    const at = await electionAt(counters, 1n);
    for (const by of [0, 1, 2]) expect(await vote(by, ELECTION_VOTE.uphold, at)).toBe('ok');
    bench.at(now() + ENDS);
    expect(await finalise(1, at)).toBe('ok');
    expect(election()?.status).toBe(ELECTION_STATUS.removed);
    expect(stakeAt(edge.stake)?.lp).toBe(STAKED);
    const hour = now() / HOUR - 1n;
    bench.at((hour + 1n) * HOUR);
    expect(await bench.run('submitReport', { ...edge, week: 0n, hour, ...REPORT })).toBe('NotActive');
  });

  it('show nothing when they agree, are of two moments, of another edge, or of another key', async () => {
    const { guard } = guards[0]!;
    const one = countersMessage(edge.edge, { hour: 0n, total: 1n });
    const other = (change: object): Uint8Array =>
      countersMessage(edge.edge, { hour: 0n, total: 2n, ...change });
    for (const second of [one, other({ slot: 4 }), other({ boot: 2 }), other({ hour: 1n })])
      expect(await elect(0, showEvidence(guard, [one, second], keyAt(3)))).toBe('WrongEvidence');
    const stranger = countersMessage(bench.owner(4), { hour: 0n, total: 2n });
    expect(await elect(0, showEvidence(guard, [one, stranger], keyAt(3)))).toBe('WrongEvidence');
    expect(await elect(0, showEvidence(guard, [one, other({ slot: 12 })], keyAt(3)))).toBe('WrongEvidence');
    expect(await elect(0, showEvidence(guard, twoTotals(), keyAt(4)))).toBe('NotSigned');
    // The hour is part of what the election is.
    const shown = showEvidence(guard, twoTotals(), keyAt(3));
    expect(await elect(0, shown, { number: 1n })).toBe('WrongEvidence');
  });

  it('are signed by the key of that hour, whoever signs now', async () => {
    const { owner } = node()!;
    const update = { owner, pool: bench.pool, operator: bench.owner(4), control: 'http://c', ...NODE };
    await bench.must('updateEdge', update);
    const { guard } = guards[0]!;
    expect(await elect(0, showEvidence(guard, twoTotals(), keyAt(4)))).toBe('NotSigned');
    expect(await elect(0, showEvidence(guard, twoTotals(), keyAt(3)))).toBe('ok');
  });
});

const signed = (count: number): Uint8Array =>
  ed25519Data(
    [...twoTotals(), countersMessage(edge.edge, { hour: 0n, total: 3n })].slice(0, count).map((message) => ({
      key: keyAt(3).address,
      signature: keyAt(3).sign(message),
      message,
    })),
  );

describe('the Ed25519 instruction', () => {
  it('points into itself with every index, and says so', async () => {
    for (const part of [0, 1])
      for (const index of [1, 3, 6]) {
        const data = signed(2);
        // Second in its transaction: the runtime verifies the same bytes.
        data.set([1, 0], 2 + 14 * part + 2 * index);
        expect(await elect(0, showData(guards[0]!.guard, data))).toBe('NotSigned');
      }
  });

  it('has two signatures, stands right before, and is what was committed to', async () => {
    const { guard } = guards[0]!;
    for (const count of [1, 3]) expect(await elect(0, showData(guard, signed(count)))).toBe('NotSigned');
    const shown = showData(guard, signed(2));
    // Of another instruction, or of none.
    const first = await commit(0, shown);
    bench.at(now() + DELAY);
    const asked = accusation(0, first, shown);
    expect(await bench.run('elect', asked)).toBe('NotSigned');
    expect(await bench.run('elect', asked, showData(guard, signed(3)).before)).toBe('EvidenceMismatch');
    expect(await bench.run('elect', { ...asked, salt: shown.file }, shown.before)).toBe('EvidenceMismatch');
    expect(await bench.run('elect', { ...asked, file: shown.salt }, shown.before)).toBe('EvidenceMismatch');
    expect(await bench.run('elect', asked, shown.before)).toBe('ok');
  });
});

const around = (rose: bigint, boot = 1): Uint8Array[] => [
  countersMessage(edge.edge, { hour: 0n, total: 5n }),
  countersMessage(edge.edge, { hour: 2n, total: 5n + rose, boot }),
];

const accuse = async (rose: bigint, boot?: number): Promise<string> => {
  const shown = showEvidence(guards[0]!.guard, around(rose, boot), keyAt(3));
  const of = { kind: overreport, number: 1n };
  return elect(0, shown, of);
};

describe('a report above counters', () => {
  beforeEach(async () => {
    bench.at(2n * HOUR);
    await bench.must('submitReport', { ...edge, week: 0n, hour: 1n, ...REPORT });
  });

  it('costs the stake from the byte on that nothing explains', async () => {
    const slack = REPORT.bytes / 64n + 16_384n;
    expect(await accuse(REPORT.bytes - slack)).toBe('WrongEvidence');
    expect(await accuse(0n, 2)).toBe('WrongEvidence');
    expect(await accuse(REPORT.bytes - slack - 1n)).toBe('ok');
    expect(election()).toMatchObject({ slashes: 1, fault: overreport });
  });

  it('needs the report, of that hour and edge', async () => {
    bench.at(3n * HOUR);
    const { guard } = guards[0]!;
    const later = [1n, 3n].map((hour) => countersMessage(edge.edge, { hour, total: 5n }));
    const of = { kind: overreport, number: 2n };
    expect(await elect(0, showEvidence(guard, later, keyAt(3)), of)).toBe('WrongEvidence');
    const shown = showEvidence(guard, around(0n), keyAt(3));
    const another = { kind: overreport, number: 1n, reported: await reportOf(0n) };
    expect(await elect(0, shown, another)).toBe('WrongAddress');
  });
});

describe('two views of one moment', () => {
  it('cost a guard its stake', async () => {
    const ms = (bench.zero + 1n) * 1_000n;
    const of = guards[1]!;
    const accused = { accused: of.guard, accusedStake: of.stake, kind: views };
    const both = (at: bigint): Uint8Array[] => [
      viewMessage(of.guard, ms, []),
      viewMessage(of.guard, at, [edge.edge]),
    ];
    expect(await elect(0, showEvidence(guards[0]!.guard, both(ms + 1n), keyAt(1)), accused)).toBe(
      'WrongEvidence',
    );
    expect(await elect(0, showEvidence(guards[0]!.guard, both(ms), keyAt(1)), accused)).toBe('ok');
    const at = await bench.twin.world.addresses.election(of.guard, views, 0n);
    // It does not judge itself.
    expect(await vote(1, ELECTION_VOTE.reject, at)).toBe('OwnCase');
  });
});

describe('who shows first', () => {
  it('is who committed first: a copy waits, and loses its place', async () => {
    const mine = showEvidence(guards[0]!.guard, twoTotals(), keyAt(3));
    const first = await commit(0, mine);
    bench.at(now() + 1n);
    // Seen in a transaction on its way, committed to at once.
    const copy = showEvidence(guards[1]!.guard, twoTotals(), keyAt(3));
    const second = await commit(1, copy);
    expect(await bench.run('elect', accusation(1, second, copy), copy.before)).toBe('TooEarly');
    bench.at(now() + DELAY);
    // The leader of the slot held the first one back all the while.
    expect(await bench.run('elect', accusation(1, second, copy), copy.before)).toBe('ok');
    const bond = stakeAt(guards[1]!.stake)?.bonded ?? 0n;
    expect(bond).toBeGreaterThan(0n);
    const taking = { ...accusation(0, first, mine), displaced: guards[1]!.stake };
    expect(await bench.run('elect', { ...taking, displaced: guards[2]!.stake }, mine.before)).toBe(
      'WrongAddress',
    );
    expect(await bench.run('elect', taking, mine.before)).toBe('ok');
    expect(election()).toMatchObject({ elector: guards[0]!.guard, electorStake: guards[0]!.stake });
    expect(stakeAt(guards[1]!.stake)?.bonded).toBe(0n);
    // Later ones come too late for ever.
    expect(
      await elect(2, showEvidence(guards[2]!.guard, twoTotals(), keyAt(3)), { displaced: guards[0]!.stake }),
    ).toBe('LaterCommitment');
  });

  it('cannot show with a commitment of somebody else, nor elect a node of its own', async () => {
    const mine = showEvidence(guards[0]!.guard, twoTotals(), keyAt(3));
    const first = await commit(0, mine);
    bench.at(now() + DELAY);
    const stolen = { ...accusation(0, first, mine), operator: bench.owner(1), guard: guards[1]!.guard };
    expect(await bench.run('elect', stolen, mine.before)).toBe('WrongAddress');
    const own = await bench.edge(0, lpOf(100n * MEDIA));
    const shown = showEvidence(guards[0]!.guard, twoTotals(), keyAt(3));
    expect(await elect(0, shown, { accused: own.edge, accusedStake: own.stake })).toBe('OwnCase');
  });
});

const elected = async (): Promise<void> =>
  expect(await elect(0, showEvidence(guards[0]!.guard, twoTotals(), keyAt(3)))).toBe('ok');
const back = (): Promise<string> =>
  bench.run('registerEdge', {
    owner: bench.owner(3),
    pool: bench.pool,
    operator: bench.owner(3),
    control: 'http://c',
    ...NODE,
  });
/** Nobody signed anything: each elector has one of each hour. */
const bare = (by: number): Shown => showEvidence(guards[by]!.guard, [], undefined);
const bareNumber = (by: number, hour: bigint): bigint => (hour << 32n) | BigInt(by + 1);

describe('the accused', () => {
  it('neither unbonds nor withdraws, and does not leave and come back', async () => {
    const own = { owner: bench.owner(3), pool: bench.pool, role: ROLE.edge };
    await bench.must('beginUnbond', { ...own, lp: 5n });
    await elected();
    expect(await bench.run('beginUnbond', { ...own, lp: 5n })).toBe('ElectionOpen');
    await bench.must('leaveEdge', { owner: bench.owner(3) });
    expect(await back()).toBe('ElectionOpen');
    bench.at(BigInt(TRACE_PARAMS.unbondSecs) + 2n * HOUR);
    expect(await bench.run('withdraw', own)).toBe('ElectionOpen');
    expect(await finalise(0)).toBe('ok');
    // Nobody voted: nothing has changed, and all goes on.
    expect(election()?.status).toBe(ELECTION_STATUS.undecided);
    expect(await bench.run('withdraw', own)).toBe('ok');
  });

  it('comes back in a later week with new stake, and answers for nothing that was before', async () => {
    await elected();
    for (const by of [0, 1, 2]) expect(await vote(by, ELECTION_VOTE.uphold)).toBe('ok');
    bench.at(now() + ENDS);
    expect(await finalise(0)).toBe('ok');
    bench.at(now() + 1n);
    await bench.stake(3, ROLE.edge, STAKED);
    expect(await back()).toBe('NodeRemoved');
    bench.at(WEEK);
    for (const guard of guards) await bench.must('joinGuardSet', { ...guard, week: 1n });
    expect(await back()).toBe('ok');
    const old = showEvidence(guards[1]!.guard, twoTotals(1n), keyAt(3));
    expect(await elect(1, old, { number: 1n, week: 1n })).toBe('TooLate');
  });

  it('that was removed without its stake falling puts the stake in anew', async () => {
    const { guard } = guards[0]!;
    expect(
      await elect(0, showEvidence(guard, [], undefined), { kind: probes, number: bareNumber(0, 0n) }),
    ).toBe('ok');
    const at = await electionAt(probes, bareNumber(0, 0n));
    for (const by of [0, 1, 2]) expect(await vote(by, ELECTION_VOTE.uphold, at)).toBe('ok');
    bench.at(now() + ENDS);
    expect(await finalise(0, at)).toBe('ok');
    bench.at(WEEK);
    expect(await back()).toBe('NodeRemoved');
  });

  it('has four elections at once at most, and appeals once in each', async () => {
    for (const [by, hour] of [
      [0, 0n],
      [1, 0n],
      [2, 0n],
      [0, 1n],
    ] as const)
      expect(await elect(by, bare(by), { kind: probes, number: bareNumber(by, hour) })).toBe('ok');
    expect(await elect(1, bare(1), { kind: probes, number: bareNumber(1, 1n) })).toBe('TooManyElections');
    expect(await elect(1, bare(1), { kind: probes, number: bareNumber(2, 1n) })).toBe('InvalidParameter');
    const at = await electionAt(probes, bareNumber(0, 0n));
    const appeal = {
      signer: bench.owner(3),
      accused: edge.edge,
      election: at,
      file: new Uint8Array(32).fill(5),
    };
    expect(await bench.run('appealElection', { ...appeal, signer: bench.owner(2) })).toBe('WrongAddress');
    // At the last moment: guards still have a whole window.
    const { startedAt, endsAt } = allOf(bench.twin.model, 'election').find(
      ({ address }) => address === at,
    )!.value;
    bench.at(endsAt - bench.zero - 1n);
    expect(await vote(1, ELECTION_VOTE.reject, at)).toBe('TooLate');
    expect(await bench.run('appealElection', appeal)).toBe('ok');
    expect(await bench.run('appealElection', appeal)).toBe('AlreadyAppealed');
    expect(await vote(1, ELECTION_VOTE.reject, at)).toBe('ok');
    bench.at(endsAt - bench.zero + BigInt(TRACE_PARAMS.timelockSecs) - 1n);
    expect(await finalise(0, at)).toBe('ok');
    expect(endsAt).toBe(startedAt + ENDS);
  });
});

const accuseBarely = async (): Promise<Address> => {
  const shown = showEvidence(guards[0]!.guard, [], undefined);
  const number = 1n;
  expect(await elect(0, shown, { kind: probes, number })).toBe('ok');
  return electionAt(probes, number);
};

describe('votes', () => {
  it('against take the bond, whole, and nothing of the accused', async () => {
    const at = await accuseBarely();
    const { bond } = election()!;
    const lp = stakeAt(guards[0]!.stake)?.lp ?? 0n;
    // Bound: it does not unbond meanwhile.
    const own = { owner: bench.owner(0), pool: bench.pool, role: ROLE.guard };
    await bench.must('leaveGuard', { owner: bench.owner(0), week: 1n });
    expect(await bench.run('beginUnbond', { ...own, lp })).toBe('StakeInUse');
    for (const by of [1, 2]) expect(await vote(by, ELECTION_VOTE.reject, at)).toBe('ok');
    // The elector's own vote is the third.
    expect(await vote(0, ELECTION_VOTE.reject, at)).toBe('ok');
    bench.at(now() + ENDS);
    expect(await finalise(0, at)).toBe('ok');
    expect(election()).toMatchObject({ status: ELECTION_STATUS.rejected, slashed: bond });
    expect(stakeAt(guards[0]!.stake)).toMatchObject({ lp: lp - bond, bonded: 0n });
    expect(stakeAt(edge.stake)?.lp).toBe(STAKED);
    expect(node()?.status).toBe(NODE_STATUS.active);
  });

  it('of two thirds change nothing, and burn nobody; a guard changes its mind', async () => {
    const at = await accuseBarely();
    const lp = stakeAt(guards[0]!.stake)?.lp;
    expect(await vote(0, ELECTION_VOTE.uphold, at)).toBe('ok');
    expect(await vote(1, ELECTION_VOTE.uphold, at)).toBe('ok');
    expect(await vote(2, ELECTION_VOTE.uphold, at)).toBe('ok');
    expect(await vote(2, ELECTION_VOTE.reject, at)).toBe('ok');
    expect(await vote(2, 3, at)).toBe('InvalidParameter');
    bench.at(now() + ENDS);
    expect(await finalise(0, at)).toBe('ok');
    expect(election()).toMatchObject({ status: ELECTION_STATUS.undecided, voteCount: 3, slashed: 0n });
    expect(stakeAt(guards[0]!.stake)).toMatchObject({ lp, bonded: 0n });
    expect(node()).toMatchObject({ status: NODE_STATUS.active, elections: 0 });
  });

  it('are no more when the evidence is too old to elect with', async () => {
    const at = await accuseBarely();
    bench.at(now() + ENDS);
    expect(await finalise(0, at)).toBe('ok');
    const payer = bench.owner(0);
    const close = (): Promise<string> => bench.run('closeElection', { election: at, payer });
    const until = HOUR + BigInt(TRACE_PARAMS.unbondSecs);
    bench.at(until);
    expect(await close()).toBe('TooEarly');
    bench.at(until + 1n);
    expect(await close()).toBe('ok');
    const shown = showEvidence(guards[0]!.guard, twoTotals(), keyAt(3));
    const week = now() / WEEK;
    for (const guard of guards) await bench.must('joinGuardSet', { ...guard, week });
    expect(await elect(0, shown, { week })).toBe('TooLate');
  });
});
