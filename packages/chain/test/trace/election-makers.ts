import type { Address } from '@solana/kit';

import { countersMessage, showData, showEvidence, viewMessage } from '../../src/program-world/evidence.ts';
import type { Shown } from '../../src/program-world/evidence.ts';
import { PROGRAMS } from '../../src/programs.ts';
import { ELECTION_STATUS, ELECTION_VOTE, EVIDENCE_KIND, ROLE } from '../../src/schema/index.ts';
import { allOf } from './invariants.ts';
import { choice } from './scene.ts';
import type { Maker, Scene } from './scene.ts';

/** What a guard has committed to in a trace, before and after it is shown. */
interface Secret {
  readonly shown: Shown;
  readonly kind: number;
  readonly number: bigint;
  readonly accused: Address;
  readonly accusedOwner: Address;
}

export function electionMakers(scene: Scene): readonly Maker[] {
  const {
    maybe,
    int,
    chance,
    pick,
    state,
    cast,
    config,
    hourNow,
    hourSecs,
    weekOf,
    seated,
    recentHour,
    poolOf,
  } = scene;
  const secrets = new Map<string, Secret>();
  let nonce = 0n;

  /** Two statements of somebody that mostly contradict each other. */
  function accusation(guard: Address, no: number): Secret | undefined {
    const kind = pick([
      EVIDENCE_KIND.counters,
      EVIDENCE_KIND.counters,
      EVIDENCE_KIND.overreport,
      EVIDENCE_KIND.overreport,
      EVIDENCE_KIND.views,
      EVIDENCE_KIND.probes,
    ]);
    const found = maybe(allOf(state, kind === EVIDENCE_KIND.views ? 'guard' : 'edge'));
    if (found === undefined) return undefined;
    const { address: accused, value } = found;
    const report = maybe(allOf(state, 'report').filter((each) => each.value.edge === accused));
    const hour = report !== undefined && chance(0.8) ? report.value.hour : recentHour(3);
    const known = cast.keys.get(chance(0.95) ? value.operator : pick(cast.owners));
    if (known === undefined) return undefined;
    const of = { kind, accused, accusedOwner: value.owner };
    if (kind === EVIDENCE_KIND.probes)
      return { ...of, number: (hour << 32n) | BigInt(no), shown: showEvidence(guard, [], undefined) };
    const messages = messagesOf(kind, accused, hour);
    const shown = showEvidence(guard, messages, known);
    const spoilt = chance(0.05) ? new Uint8Array(shown.before?.data ?? []) : undefined;
    // An index that leads to the same bytes by the number of the instruction: another could stand there.
    if (spoilt !== undefined) spoilt.set([1, 0], 2 + 14 * int(2) + 2 * pick([1, 3, 6]));
    return { ...of, number: hour, shown: spoilt === undefined ? shown : showData(guard, spoilt) };
  }

  function messagesOf(kind: number, accused: Address, hour: bigint): Uint8Array[] {
    if (kind === EVIDENCE_KIND.views) {
      const ms = (config().epochZero + hour * hourSecs() + 1n) * 1_000n;
      return [[], chance(0.95) ? [accused] : []].map((down) =>
        viewMessage(accused, chance(0.97) ? ms : ms + 1n, down),
      );
    }
    const total = BigInt(int(1_000));
    if (kind === EVIDENCE_KIND.counters)
      return [total, chance(0.95) ? total + 1n : total].map((each) =>
        countersMessage(accused, { hour: chance(0.97) ? hour : hour + 1n, total: each }),
      );
    const rose = pick([0n, 0n, 10n ** 6n, 2n ** 40n]);
    return [
      countersMessage(accused, { hour: hour - 1n < 0n ? 0n : hour - 1n, total }),
      countersMessage(accused, { hour: hour + 1n, total: total + rose, boot: chance(0.97) ? 1 : 2 }),
    ];
  }

  return [
    [
      7,
      () => {
        const guard = seated(weekOf(hourNow()));
        if (guard === undefined) return undefined;
        const secret = accusation(guard.guard, guard.value.no);
        if (secret === undefined) return undefined;
        nonce += 1n;
        secrets.set(`${guard.guard}/${nonce}`, secret);
        return choice('commitEvidence', {
          operator: guard.operator,
          guard: guard.guard,
          stake: guard.value.stake,
          pool: poolOf(guard.value.stake),
          nonce,
          commitment: secret.shown.commitment,
        });
      },
    ],
    [
      0.6,
      () => {
        const found = maybe(allOf(state, 'evidence'));
        const guard = allOf(state, 'guard').find(({ address }) => address === found?.value.guard);
        return found === undefined || guard === undefined
          ? undefined
          : choice('withdrawEvidence', {
              operator: guard.value.operator,
              guard: guard.address,
              stake: found.value.stake,
              evidence: found.address,
              payer: found.value.payer,
            });
      },
    ],
    [
      8,
      () => {
        const found = maybe(allOf(state, 'evidence'));
        if (found === undefined) return undefined;
        const { guard: at, nonce: of, payer } = found.value;
        const guard = allOf(state, 'guard').find(({ address }) => address === at);
        const secret = secrets.get(`${at}/${of}`);
        if (guard === undefined || secret === undefined) return undefined;
        const { kind, number, accused, accusedOwner, shown } = secret;
        const role = kind === EVIDENCE_KIND.views ? ROLE.guard : ROLE.edge;
        const stake = maybe(
          allOf(state, 'stake').filter(
            ({ value }) => value.owner === accusedOwner && (value.flags === role || chance(0.03)),
          ),
        );
        if (stake === undefined) return undefined;
        const before = allOf(state, 'election').find(
          ({ value }) => value.accused === accused && value.fault === kind && value.number === number,
        );
        const made = choice('elect', {
          operator: guard.value.operator,
          guard: at,
          evidence: found.address,
          payer,
          accused,
          accusedStake: stake.address,
          displaced: before?.value.electorStake ?? PROGRAMS.system,
          week: weekOf(hourNow()),
          kind,
          number: chance(0.98) ? number : number + 1n,
          salt: chance(0.98) ? shown.salt : shown.file,
          file: shown.file,
        });
        return shown.before === undefined || chance(0.01) ? made : { ...made, before: shown.before };
      },
    ],
    [
      16,
      () => {
        const found = maybe(
          allOf(state, 'election').filter(
            ({ value }) => value.status === ELECTION_STATUS.open || chance(0.02),
          ),
        );
        if (found === undefined) return undefined;
        const { week, number } = found.value;
        const guard = seated(week);
        if (guard === undefined) return undefined;
        // Of most elections guards are of one mind.
        const mind = number % 3n === 0n ? ELECTION_VOTE.reject : ELECTION_VOTE.uphold;
        return choice('voteElection', {
          operator: guard.operator,
          guard: guard.guard,
          election: found.address,
          week: chance(0.98) ? week : week + 1n,
          vote: chance(0.9) ? mind : int(4),
        });
      },
    ],
    [
      1,
      () => {
        const found = maybe(allOf(state, 'election'));
        if (found === undefined) return undefined;
        const { accused } = found.value;
        const node = [...allOf(state, 'edge'), ...allOf(state, 'guard')].find(
          ({ address }) => address === accused,
        );
        return node === undefined
          ? undefined
          : choice('appealElection', {
              signer: chance(0.5) ? node.value.owner : node.value.operator,
              accused,
              election: found.address,
              file: new Uint8Array(32).fill(int(255)),
            });
      },
    ],
    [
      11,
      () => {
        const found = maybe(
          allOf(state, 'election').filter(
            ({ value }) =>
              (value.status === ELECTION_STATUS.open && value.endsAt <= scene.now()) || chance(0.05),
          ),
        );
        if (found === undefined) return undefined;
        const { accused, accusedStake, electorStake, electorOwner } = found.value;
        const against = found.value.votes
          .slice(0, found.value.voteCount)
          .filter(({ vote }) => vote === ELECTION_VOTE.reject).length;
        const fallen = 3 * against > 2 * found.value.setCount ? electorStake : accusedStake;
        const pool = chance(0.97) ? poolOf(fallen) : pick(cast.pools);
        return choice('finaliseElection', {
          payer: pick(cast.owners),
          election: found.address,
          accused,
          accusedStake,
          electorStake,
          reward: scene.stakeAt(electorOwner, pool, ROLE.guard),
          pool,
        });
      },
    ],
    [
      0.8,
      () => {
        const found = maybe(allOf(state, 'election'));
        return found === undefined
          ? undefined
          : choice('closeElection', { election: found.address, payer: found.value.payer });
      },
    ],
  ];
}
