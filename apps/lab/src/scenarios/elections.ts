import { randomBytes } from 'node:crypto';
import { PROGRAMS, signEvidence } from '@media-network/chain';
import type { Found } from '@media-network/chain';
import {
  ELECTION_STATUS,
  ELECTION_VOTE,
  EVIDENCE_KIND,
  NODE_STATUS,
  ROLE,
} from '@media-network/chain/schema';
import type { ControlOverride, Edge } from '@media-network/edge';
import type { GuardOverrides } from '@media-network/guard';
import { decodeCommit, encodeCommit, evidenceCommitment, signCommit } from '@media-network/protocol';
import { blamed, names, serve, sha256, week } from '../acts.ts';
import type { Scenario } from '../scenario.ts';
import type { Stage } from '../stage.ts';

/** Half an hour of votes and half an hour of appeals, so that an election ends within a week of three hours. */
const WINDOWS = { votingSecs: 1_800, timelockSecs: 1_800 } as const;

/** Each guard that asks for counters gets others: more by one byte each time, signed like the right ones. */
function twoFaced(stage: () => Stage, wallet: string): ControlOverride {
  let asked = 0n;
  return async (request, honest) => {
    const answer = await honest();
    if (request.path !== '/v1/commit' || !('body' in answer) || !(answer.body instanceof Uint8Array))
      return answer;
    const commit = decodeCommit(answer.body);
    if (commit === undefined) return answer;
    asked += 1n;
    const operator = await stage().signer(wallet);
    const other = await signCommit({ ...commit, total: commit.total + asked }, (message) =>
      signEvidence(operator, message),
    );
    return { ...answer, body: encodeCommit(other) };
  };
}

async function electionsOf(stage: Stage, accused: string): Promise<readonly Found<'election'>[]> {
  return (await stage.client.list('election')).filter((each) => each.accused === accused);
}

/** What a stake holds, on its way out included. */
const whole = (stake: Found<'stake'> | null): bigint => (stake === null ? 0n : stake.lp + stake.unbonding);

function holds(condition: boolean, otherwise: string): void {
  if (!condition) throw new Error(otherwise);
}

const stages: Stage[] = [];
const current = (): Stage => {
  const stage = stages.at(-1);
  if (stage === undefined) throw new Error('the stage is not open yet');
  return stage;
};

/** An edge signs two counters of one moment, and all of its stake falls, to the base unit. */
const twoFacedEdge: Scenario = {
  name: 'two-faced-counters',
  kind: 'attack',
  doc: 'An edge shows each guard other counters of one moment, under its own signature. Guards put the two together and elect it: a fifth of its stake goes to the elector, the rest to the fund, and it reports no more.',
  quick: true,
  network: (attacks) => ({
    stepSamples: 1,
    guards: 3,
    edges: 4,
    params: { minGuards: 3, ...WINDOWS },
    edgeOverrides: (index) => (attacks && index === 3 ? { control: twoFaced(current, 'edge-4') } : {}),
  }),
  async play({ stage, attacks }) {
    stages.push(stage);
    const { client } = stage;
    const honest = stage.edges.slice(0, 3);
    const liar = stage.edges[3]!;
    const purse = await stage.purses.open([stage.owner('edge-4')]);
    const stakeAt = (owner: Found<'edge'>['owner'], role: number) => client.stake(owner, stage.pool, role);
    const guards = names('guard', 3).map((name) => stage.owner(name));
    const before = whole(await stakeAt(stage.owner('edge-4'), ROLE.edge));
    const rewards = await Promise.all(guards.map(async (owner) => whole(await stakeAt(owner, ROLE.guard))));
    const config = await client.config();
    const hours = await week(stage, () => serve(stage, honest));
    const figures: Record<string, bigint | string> = {};
    if (attacks) {
      const found = await electionsOf(stage, liar.address);
      const election = found.find(({ status }) => status === ELECTION_STATUS.slashed);
      holds(election !== undefined, `the edge was not slashed: ${found.map(({ status }) => status).join()}`);
      const { slashed, rewarded, electorOwner } = election!;
      holds(slashed === before, `of ${before} LP ${slashed} fell`);
      holds(rewarded === (slashed * 2_000n) / 10_000n, `the elector got ${rewarded} LP of ${slashed}`);
      holds(whole(await stakeAt(stage.owner('edge-4'), ROLE.edge)) === 0n, 'some of the stake is left');
      const at = guards.indexOf(electorOwner);
      const now = whole(await stakeAt(electorOwner, ROLE.guard));
      holds(now === (rewards[at] ?? 0n) + rewarded, 'the elector has another sum than it was given');
      const edge = await client.account('edge', liar.address);
      holds(edge?.status === NODE_STATUS.removed, 'the edge is not removed');
      const late = (await client.config()).late - config.late;
      holds(late > 0n, 'nothing came to the fund');
      Object.assign(figures, { slashedLp: slashed, rewardedLp: rewarded, toFund: late });
    }
    return {
      attackers: await purse.close(),
      honest: [...names('edge', 3), ...names('guard', 3)],
      blamedHonest: await blamed(stage, honest, hours),
      figures,
    };
  },
};

/** A guard elects an edge that has done nothing, on its bare word: there is no file behind the hash. */
async function frame(stage: Stage, wallet: string, edge: Edge): Promise<void> {
  const { client } = stage;
  const operator = await stage.signer(wallet);
  const guard = await client.guard(operator.address);
  const stake = guard === null ? null : await client.account('stake', guard.stake);
  const accused = (await client.edges()).find(({ address }) => address === edge.address);
  holds(guard !== null && stake !== null && accused !== undefined, 'the guard or the edge is not there');
  const [salt, file] = [randomBytes(32), randomBytes(32)].map((bytes) => new Uint8Array(bytes));
  if (guard === null || stake === null || accused === undefined || salt === undefined || file === undefined)
    return;
  const nonce = 7n;
  const commitment = evidenceCommitment({ guard: guard.address, salt, file, signed: undefined }, sha256);
  const bound = { operator, guard: guard.address, stake: stake.address };
  const commit = await client.instructions.commitEvidence({ ...bound, pool: stake.pool, nonce, commitment });
  await client.send([commit], { payer: operator });
  await stage.until((await client.chainTime()) + BigInt(stage.periods.sampleSecs));
  const hour = await stage.hour();
  const elect = await client.instructions.elect({
    operator,
    guard: guard.address,
    evidence: await client.addresses.evidence(guard.address, nonce),
    payer: operator.address,
    accused: accused.address,
    accusedStake: accused.stake,
    displaced: PROGRAMS.system,
    week: await stage.week(),
    kind: EVIDENCE_KIND.probes,
    number: (hour << 32n) | BigInt(guard.no),
    salt,
    file,
  });
  await client.send([elect], { payer: operator });
}

const votesToUphold: GuardOverrides = { vote: () => ELECTION_VOTE.uphold };

/** Guards that frame an honest edge: `liars` of `guards` vote it out. */
function framing(plan: {
  readonly name: string;
  readonly doc: string;
  readonly quick: boolean;
  readonly guards: number;
  readonly liars: number;
  readonly ends: number;
}): Scenario {
  const honestGuards = plan.guards - plan.liars;
  const liars = names('guard', plan.liars, honestGuards + 1);
  return {
    name: plan.name,
    kind: 'attack',
    doc: plan.doc,
    quick: plan.quick,
    network: (attacks) => ({
      guards: plan.guards,
      edges: 2,
      params: { minGuards: plan.guards, ...WINDOWS },
      guardOverrides: (index) => (attacks && index >= honestGuards ? votesToUphold : {}),
    }),
    async play({ stage, attacks }) {
      const { client } = stage;
      const [victim] = stage.edges;
      holds(victim !== undefined, 'there is no edge');
      const owner = stage.owner(liars[0]!);
      const stakeOf = async (): Promise<bigint> => whole(await client.stake(owner, stage.pool, ROLE.guard));
      const before = await stakeOf();
      const purse = await stage.purses.open(liars.map((name) => stage.owner(name)));
      let framed = false;
      const hours = await week(stage, async () => {
        if (attacks && !framed) await frame(stage, liars[0]!, victim!);
        framed = true;
        await serve(stage, stage.edges);
      });
      const figures: Record<string, bigint | string> = {};
      if (attacks) {
        const [election] = await electionsOf(stage, victim!.address);
        holds(election?.status === plan.ends, `the election ended as ${election?.status}`);
        const edge = (await client.edges()).find(({ address }) => address === victim!.address);
        holds(edge?.status === NODE_STATUS.active && edge.elections === 0, 'the edge is not as it was');
        const forfeit = plan.ends === ELECTION_STATUS.rejected ? election!.bond : 0n;
        holds(before - (await stakeOf()) === forfeit, 'the elector has lost another sum than its bond');
        figures['forfeitLp'] = forfeit;
      }
      return {
        attackers: await purse.close(),
        honest: [...names('edge', 2), ...names('guard', honestGuards)],
        blamedHonest: await blamed(stage, stage.edges, hours),
        figures,
      };
    },
  };
}

/** Nodes that are elected, rightly and wrongly. */
export const ELECTION_SCENARIOS: readonly Scenario[] = [
  twoFacedEdge,
  framing({
    name: 'lying-elector',
    doc: 'A guard elects an honest edge with nothing to show. The others vote against it, and its bond is forfeit to the fund.',
    quick: false,
    guards: 4,
    liars: 1,
    ends: ELECTION_STATUS.rejected,
  }),
  framing({
    name: 'framing-below-quorum',
    doc: 'Three of five guards vote an honest edge out. They are not more than two thirds: nothing changes, and nobody is burned.',
    quick: false,
    guards: 5,
    liars: 3,
    ends: ELECTION_STATUS.undecided,
  }),
];
