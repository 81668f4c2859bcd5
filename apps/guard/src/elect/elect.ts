import { randomBytes } from 'node:crypto';
import { PROGRAMS, ed25519Instruction } from '@media-network/chain';
import type { Found, MediaClient, Signer } from '@media-network/chain';
import { electionHour, electionOutcome } from '@media-network/chain/model';
import { ELECTION_STATUS, NODE_STATUS, ROLE } from '@media-network/chain/schema';
import {
  SIGHT_HOURS,
  checkEvidence,
  evidenceCommitment,
  fromHex,
  guilt,
  hourAt,
  hourWindows,
  operatorIn,
  toHex,
  weekAt,
} from '@media-network/protocol';
import type { EvidenceChain, EvidenceFinding } from '@media-network/protocol';
import type { Clock, Log, RoundResult } from '@media-network/runtime';
import type { Instruction } from '@solana/kit';
import type { ActionRunner } from '../actions.ts';
import type { Contradictions } from '../collect/contradictions.ts';
import type { Counts } from '../counts.ts';
import { isMyTurn } from '../duty.ts';
import { sha256 } from '../evidence/blob-roots.ts';
import type { PeerFetch } from '../evidence/peer-fetch.ts';
import { ANY_TARGET } from '../findings/findings.ts';
import type { Findings } from '../findings/findings.ts';
import { observationsOf } from '../inspect/disputes.ts';
import { stepSecs } from '../meter/plan-money.ts';
import type { Network, Snapshot } from '../network.ts';
import { sharersNow } from '../sharers.ts';
import { OWN_LOOK } from '../state/hour-book.ts';
import type { HourBook } from '../state/hour-book.ts';
import type { GuardOverrides } from '../types.ts';
import { caseOf, shownBy } from './case-of.ts';
import type { Case } from './case-of.ts';
import { fetchEvidence } from './evidence-files.ts';
import { findOverreports } from './find-overreports.ts';
import { findWrongBytes, wrongBytesOf } from './find-wrong-bytes.ts';
import type { OwnVotes } from './own-votes.ts';
import { isToJudge, nextOfEvidence, verdictOn, voteOf } from './plan-elect.ts';
import type { EvidenceSecret, EvidenceSecrets } from './secrets.ts';

export interface ElectDeps {
  readonly client: MediaClient;
  readonly network: Network;
  readonly runner: ActionRunner;
  readonly operator: Signer;
  readonly guard: Found<'guard'>;
  readonly fetch: PeerFetch;
  readonly book: HourBook;
  readonly contradictions: Contradictions;
  readonly findings: Findings;
  readonly secrets: EvidenceSecrets;
  readonly ownVotes: OwnVotes;
  readonly overrides: Pick<GuardOverrides, 'vote'>;
  readonly counts: Counts;
  readonly clock: Clock;
  readonly log: Log;
}

type Node = Found<'edge'> | Found<'guard'>;

/** Hours whose reports are compared with counters of before and after: the one after it is over. */
const REPORTS_BACK = 2n;
/** Hours looked at after a start. */
const MOST_BACK = 6n;

function nodeAt(snapshot: Snapshot, of: 'edge' | 'guard', at: string): Node | undefined {
  const nodes: readonly Node[] = of === 'edge' ? snapshot.edges : snapshot.guards;
  return nodes.find((node) => node.address === at);
}

/** The duty that makes evidence of what the guard found, elects with it, votes on what others show, and ends elections. */
export function createElect(deps: ElectDeps): { round(signal: AbortSignal): Promise<RoundResult> } {
  const { client, network, operator, guard, book, contradictions, findings, secrets, ownVotes, runner } =
    deps;
  const { instructions, addresses } = client;
  /** Files that nothing more follows from. */
  const settled = new Set<string>();
  /** All hours below have been compared with counters; of those below that what was seen of bodies has been gathered. */
  let compared: bigint | undefined;
  let gathered: bigint | undefined;
  /** By edge: the hour up to which a file of this guard speaks for what it saw. */
  const shown = new Map<string, bigint>();

  function chainOf(snapshot: Snapshot): EvidenceChain {
    return {
      operatorsOf(at, hour) {
        const node = nodeAt(snapshot, 'edge', at) ?? nodeAt(snapshot, 'guard', at);
        return node === undefined ? [] : [operatorIn(node, hour)];
      },
      async reportedBy(edge, hour) {
        const node = nodeAt(snapshot, 'edge', edge);
        return node === undefined ? undefined : (await client.report(node.address, hour))?.bytes;
      },
      hourAt: (secs) => (secs < snapshot.config.epochZero ? undefined : hourAt(snapshot.config, secs)),
    };
  }

  async function compareReports(snapshot: Snapshot): Promise<void> {
    const current = hourAt(snapshot.config, snapshot.now);
    const last = current - REPORTS_BACK;
    const from = compared ?? (last > MOST_BACK ? last - MOST_BACK : 0n);
    for (let hour = from; hour <= last; hour += 1n) {
      if (book.edgesOf(hour + 1n).length > 0)
        for (const file of findOverreports(book, hour, await client.reports(hour)))
          await contradictions.keep(file);
      compared = hour + 1n;
    }
  }

  /** What files of an earlier run speak for. */
  async function readShown(): Promise<void> {
    for (const name of await contradictions.list()) {
      const text = await contradictions.read(name);
      const finding = await checkEvidence(text === undefined ? null : jsonOf(text), {
        operatorsOf: () => [],
      });
      if (finding.kind !== 'unsigned') continue;
      const until = finding.hour + SIGHT_HOURS;
      if (until > (shown.get(finding.edge) ?? 0n)) shown.set(finding.edge, until);
    }
  }

  /** Edges that this guard found guilty of wrong bytes in the hour before this one. */
  async function gatherLooks(snapshot: Snapshot): Promise<void> {
    const last = hourAt(snapshot.config, snapshot.now) - 1n;
    if (last < 0n || gathered === last + 1n) return;
    if (gathered === undefined) await readShown();
    for (const file of findWrongBytes(book, last)) {
      const edge = snapshot.edges.find(({ address }) => address === file.edge);
      if (edge !== undefined && !(await findings.mayBeOrigin(snapshot, edge)))
        await contradictions.keep(file);
    }
    for (const edge of snapshot.edges) {
      if (edge.status !== NODE_STATUS.active || (shown.get(edge.address) ?? 0n) > last) continue;
      const own = findings.own(snapshot, edge);
      if (own.wrong === 0 || (await findings.judge(snapshot, edge)).kind !== 'guilty') continue;
      const file = wrongBytesOf(book, edge.address, own);
      if (file === undefined) continue;
      await contradictions.keep(file);
      // What is in it is in the sights of a day: one election for all of it.
      shown.set(edge.address, last + SIGHT_HOURS);
    }
    for (const [edge, until] of shown) if (until <= last) shown.delete(edge);
    gathered = last + 1n;
  }

  async function send(build: readonly Instruction[]): Promise<boolean> {
    await client.send(build, { payer: operator });
    network.invalidate();
    return true;
  }

  async function commit(of: Case, accused: Node, file: string): Promise<boolean> {
    const stake = await client.account('stake', guard.stake);
    if (stake === null) return false;
    const secret = secrets.of(file) ?? {
      nonce: BigInt(deps.clock.nowMs()),
      file,
      salt: new Uint8Array(randomBytes(32)),
    };
    await secrets.add(secret);
    const commitment = evidenceCommitment(
      { guard: guard.address, salt: secret.salt, file: hashOf(file), signed: shownBy(of, accused) },
      sha256,
    );
    return send([
      await instructions.commitEvidence({
        operator,
        guard: guard.address,
        stake: stake.address,
        pool: stake.pool,
        nonce: secret.nonce,
        commitment,
      }),
    ]);
  }

  async function elect(
    snapshot: Snapshot,
    of: Case,
    accused: Node,
    show: {
      readonly secret: EvidenceSecret;
      readonly evidence: Found<'evidence'>;
      readonly before: Found<'election'> | undefined;
    },
  ): Promise<boolean> {
    const { secret, evidence, before } = show;
    const data = shownBy(of, accused);
    const built = await instructions.elect({
      operator,
      guard: guard.address,
      evidence: evidence.address,
      payer: evidence.payer,
      accused: accused.address,
      accusedStake: accused.stake,
      displaced: before?.electorStake ?? PROGRAMS.system,
      week: weekAt(snapshot.config, snapshot.now),
      kind: of.fault,
      number: of.number,
      salt: secret.salt,
      file: hashOf(secret.file),
    });
    await send(data === undefined ? [built] : [ed25519Instruction(data), built]);
    deps.counts.add('elections');
    deps.log.info({ accused: accused.address, fault: of.fault, hour: String(of.hour) }, 'elected a node');
    return true;
  }

  async function withdraw(evidence: Found<'evidence'>): Promise<boolean> {
    return send([
      await instructions.withdrawEvidence({
        operator,
        guard: guard.address,
        stake: evidence.stake,
        evidence: evidence.address,
        payer: evidence.payer,
      }),
    ]);
  }

  /** What the chain holds of a file's case now, and what follows from it. */
  async function pursue(
    snapshot: Snapshot,
    name: string,
    elections: readonly Found<'election'>[],
  ): Promise<boolean> {
    const text = await contradictions.read(name);
    const finding = await checkEvidence(text === undefined ? null : jsonOf(text), chainOf(snapshot));
    const of = caseOf(finding, guard.no);
    const accused = of === undefined ? undefined : nodeAt(snapshot, of.node, of.accused);
    if (of === undefined || accused === undefined || accused.owner === guard.owner) {
      settled.add(name);
      return false;
    }
    const secret = secrets.of(name);
    const evidence =
      secret === undefined
        ? null
        : await client.account('evidence', await addresses.evidence(guard.address, secret.nonce));
    const election = elections.find(
      ({ accused: at, fault, number }) => at === of.accused && fault === of.fault && number === of.number,
    );
    const windows = hourWindows(snapshot.config, of.hour);
    const isOld = snapshot.now > windows.end + BigInt(snapshot.config.unbondSecs);
    if (evidence === null && (accused.status === NODE_STATUS.removed || isOld)) {
      settled.add(name);
      return false;
    }
    const report = of.needsReport ? await client.report(accused.address, of.hour) : null;
    const step = nextOfEvidence({
      config: snapshot.config,
      now: snapshot.now,
      committedAt: evidence?.committedAt,
      election,
      isRipe: !of.needsReport || report !== null || snapshot.now >= windows.reportsUntil,
    });
    switch (step) {
      case 'commit':
        return commit(of, accused, name);
      case 'elect':
      case 'displace': {
        if (secret === undefined || evidence === null) return false;
        const done = await elect(snapshot, of, accused, {
          secret,
          evidence,
          before: election,
        });
        await secrets.drop(secret);
        return done;
      }
      case 'withdraw': {
        if (evidence !== null) await withdraw(evidence);
        if (secret !== undefined) await secrets.drop(secret);
        return true;
      }
      case 'settled':
        if (secret !== undefined) await secrets.drop(secret);
        settled.add(name);
        return false;
      default:
        return false;
    }
  }

  /** What the own observations say of an edge that others found guilty; undefined where they are too few. */
  async function ownView(
    snapshot: Snapshot,
    finding: EvidenceFinding,
    elector: string,
  ): Promise<boolean | undefined> {
    if (finding.kind !== 'unsigned') return undefined;
    const { edge, resource, hour, bodies } = finding;
    const accused = snapshot.edges.find(({ address }) => address === edge);
    if (accused === undefined) return undefined;
    const isGuilty = guilt(observationsOf(book, { edge, resource, hour }), OWN_LOOK).guilty;
    if (isGuilty && !(await findings.mayBeOrigin(snapshot, accused))) return true;
    // Whoever elects says what it saw; one that says nothing is taken by its file alone.
    const claimed = findings.said(elector, edge) ?? { looks: bodies.length, wrong: bodies.length };
    const found = await findings.judge(snapshot, accused, claimed);
    return found.kind === 'unsure' ? undefined : found.kind === 'guilty';
  }

  /** Undefined while there is nothing to say. */
  async function voteFor(
    snapshot: Snapshot,
    election: Found<'election'>,
    signal: AbortSignal,
  ): Promise<number | undefined> {
    const { config, now } = snapshot;
    const elector = snapshot.guards.find(({ address }) => address === election.elector);
    const others = snapshot.guards.filter(
      ({ address, status }) =>
        address !== election.elector && address !== guard.address && status === NODE_STATUS.active,
    );
    const endpoints = [...(elector === undefined ? [] : [elector]), ...others].map(
      ({ endpoint }) => endpoint,
    );
    const file = await fetchEvidence(deps, toHex(election.file), endpoints, signal);
    if (file === undefined) return verdictOn(election, { file: undefined, own: undefined }, config, now);
    const finding = await checkEvidence(file, chainOf(snapshot));
    const of = caseOf(finding, elector?.no ?? -1);
    const isOfThis =
      of !== undefined &&
      of.accused === election.accused &&
      of.fault === election.fault &&
      of.number === election.number;
    if (finding.kind === 'unsigned' && isOfThis)
      findings.open(finding.edge, hourAt(config, now), {
        resource: finding.resource,
        target: finding.bodies[0]?.target ?? ANY_TARGET,
      });
    const own = await ownView(snapshot, finding, election.elector);
    return verdictOn(election, { file: isOfThis, own }, config, now);
  }

  async function vote(
    snapshot: Snapshot,
    election: Found<'election'>,
    signal: AbortSignal,
  ): Promise<boolean> {
    const found = await voteFor(snapshot, election, signal);
    const wanted = deps.overrides.vote === undefined ? found : deps.overrides.vote(found);
    if (wanted === undefined || wanted === voteOf(election, guard.no)) return false;
    await ownVotes.set(election.address, wanted);
    await send([
      await instructions.voteElection({
        operator,
        guard: guard.address,
        election: election.address,
        week: election.week,
        vote: wanted,
      }),
    ]);
    deps.counts.add('votes');
    return true;
  }

  async function finalise(election: Found<'election'>): Promise<boolean> {
    const isLost = electionOutcome(election) === ELECTION_STATUS.rejected;
    const fallen = await client.account('stake', isLost ? election.electorStake : election.accusedStake);
    if (fallen === null) return false;
    const { accused, accusedStake, electorStake, electorOwner } = election;
    const built = await instructions.finaliseElection({
      payer: operator,
      election: election.address,
      accused,
      accusedStake,
      electorStake,
      reward: await addresses.stake(electorOwner, fallen.pool, ROLE.guard),
      pool: fallen.pool,
    });
    return send([built]);
  }

  async function close(election: Found<'election'>): Promise<boolean> {
    return send([await instructions.closeElection({ election: election.address, payer: election.payer })]);
  }

  return {
    async round(signal) {
      const snapshot = await network.snapshot();
      const { config, now } = snapshot;
      const set = await network.guardSet(weekAt(config, now), snapshot);
      const sharers = await sharersNow(network, snapshot);
      await compareReports(snapshot);
      await gatherLooks(snapshot);
      const elections = await client.list('election');
      let result: RoundResult = 'idle';
      const act = async (key: string, run: () => Promise<boolean>): Promise<void> => {
        if (!signal.aborted && (await runner.run(key, run)) === 'done') result = 'busy';
      };
      if (set.usable && set.numbers.includes(guard.no))
        for (const name of await contradictions.list())
          if (!settled.has(name)) await act(`evidence ${name}`, () => pursue(snapshot, name, elections));
      for (const election of elections) {
        const { address, week } = election;
        const isMine = (since: bigint): boolean =>
          now >= since &&
          isMyTurn(sharers, guard.no, since, { now, since, stepSecs: stepSecs({ periods: config }) });
        if (election.status !== ELECTION_STATUS.open) {
          const until =
            hourWindows(config, electionHour(election.fault, election.number)).end +
            BigInt(config.unbondSecs) +
            1n;
          await ownVotes.drop(address);
          if (isMine(until)) await act(`close ${address}`, () => close(election));
        } else if (now >= election.endsAt) {
          if (isMine(election.endsAt)) await act(`finalise ${address}`, () => finalise(election));
        } else if (
          isToJudge(config, now, election, { no: guard.no, judged: ownVotes.of(address) }) &&
          election.accused !== guard.address
        ) {
          const seats = await network.guardSet(week, snapshot);
          if (seats.numbers.includes(guard.no))
            await act(`vote ${address}`, () => vote(snapshot, election, signal));
        }
      }
      return result;
    },
  };
}

function hashOf(file: string): Uint8Array {
  return fromHex(file.slice(0, 64), 32) ?? new Uint8Array(32);
}

function jsonOf(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return null;
  }
}
