import type { Address } from '@solana/kit';

import { decodeAction, encodeAction } from '../../src/codec/actions.ts';
import { ACTIONS, PARAMETERS, PROPOSAL_STATUS, RESOURCE_STATUS } from '../../src/schema/index.ts';
import type { ActionName, Parameter } from '../../src/schema/index.ts';
import { actionName } from '../../src/model/governance-actions.ts';
import { freeOfFund } from '../../src/model/fund.ts';
import { isOver } from '../../src/model/governance-rules.ts';
import { PROGRAMS } from '../../src/programs.ts';
import { upgradeDigest } from '../../src/upgrade-digest.ts';
import { allOf } from './invariants.ts';
import { choice } from './scene.ts';
import type { Choice, Maker, Scene } from './scene.ts';

const MEDIA = 1_000_000_000n;
const NAMES = ['ipfs', 'livepeer', 'x'];
/** Proposals at once: their voters are few, and most of what is proposed is to come to something. */
const MAX_OPEN = 5;

const digests = new WeakMap<Uint8Array, Uint8Array>();
const digestOf = (bytes: Uint8Array): Uint8Array => {
  const digest = digests.get(bytes) ?? upgradeDigest(bytes);
  digests.set(bytes, digest);
  return digest;
};

const named = (name: string): Uint8Array => {
  const bytes = new Uint8Array(32);
  bytes.set(new TextEncoder().encode(name));
  return bytes;
};

/** Locks, proposals of every kind, votes, and what comes of them. */
export function governanceMakers(scene: Scene): readonly Maker[] {
  const { pick, maybe, int, chance, amount, state, cast, config, now, hourNow, weekOf } = scene;
  const proposals = (status: number) =>
    allOf(state, 'proposal').filter(({ value }) => value.status === status || chance(0.02));

  /** A proposal that can be voted on, and a source of votes that has not voted on it yet; now and then any. */
  function ballot<K extends 'lock' | 'stake'>(kind: K) {
    const open = proposals(PROPOSAL_STATUS.voting).filter(
      ({ value }) => now() < value.votingEndsAt || chance(0.05),
    );
    const proposal = maybe(open);
    if (proposal === undefined) return undefined;
    const cast = new Set(
      allOf(state, 'vote')
        .filter(({ value }) => value.proposal === proposal.address)
        .map(({ value }) => value.source),
    );
    const source = maybe(allOf(state, kind).filter(({ address }) => !cast.has(address) || chance(0.05)));
    return source === undefined ? undefined : { proposal: proposal.address, source };
  }

  /** New values near those that hold, so that the network goes on much as it was. */
  function changes(kind: keyof typeof PARAMETERS): Uint8Array {
    const table: Readonly<Record<string, Parameter>> = PARAMETERS[kind];
    const values = config() as unknown as Readonly<Record<string, number | bigint>>;
    let mask = 0;
    const fields: Record<string, number | bigint> = {};
    for (const [index, [name, { type, min, max }]] of Object.entries(table).entries()) {
      fields[name] = type === 'u64' ? 0n : 0;
      if (chance(0.4)) continue;
      const before = BigInt(values[name] ?? 0);
      // What is not set yet is set to something that shows.
      const standard = before === 0n ? amount(max < 2_000n ? max : 2_000n * MEDIA) % (max + 1n) : before;
      const near = (standard * BigInt(950 + int(101))) / 1_000n;
      const other = chance(0.97) ? near : chance(0.5) ? max + 1n : amount(max);
      const value = other < min && chance(0.97) ? min : other;
      fields[name] = type === 'u64' ? value % 2n ** 64n : Number(value % 2n ** 32n);
      mask += 2 ** index;
    }
    return encodeAction(kind, { mask: chance(0.98) ? mask : mask + 2 ** 20, ...fields } as never);
  }

  function action(name: ActionName): Uint8Array | undefined {
    switch (name) {
      case 'integration': {
        const sha256 = new Uint8Array(32).fill(int(200));
        return encodeAction(name, { name: named(pick([...NAMES, 'Not a name'])), sha256, enabled: int(2) });
      }
      case 'replaceGuard': {
        const [guard, other] = [maybe(allOf(state, 'guard')), maybe(allOf(state, 'guard'))];
        if (guard === undefined || other === undefined) return undefined;
        const successor = chance(0.7) ? other.address : PROGRAMS.system;
        return encodeAction(name, { guard: guard.address, successor, weeks: 1 + int(3) });
      }
      case 'grant':
        return encodeAction(name, {
          recipient: pick(cast.owners),
          amount: amount(freeOfFund(config(), state.tokens.get(config().fund)?.amount ?? 0n) / 150n),
          secs: chance(0.95) ? 1 + int(2_000) : 0,
        });
      case 'stopGrant': {
        const grant = maybe(
          allOf(state, 'grant').filter(({ value }) => value.stoppedAt === 0n || chance(0.1)),
        );
        return encodeAction(name, { grant: grant?.value.number ?? 0n });
      }
      case 'removeResource': {
        const { removed } = RESOURCE_STATUS;
        const live = allOf(state, 'resource').filter(({ value }) => value.status < removed || chance(0.1));
        const found = maybe(live);
        return found === undefined ? undefined : encodeAction(name, { resource: found.address });
      }
      case 'upgrade': {
        const bytes = pick([...cast.buffers.values()]);
        const digest = chance(0.9) ? digestOf(bytes) : new Uint8Array(32).fill(1);
        return encodeAction(name, { digest, length: chance(0.95) ? bytes.length : int(900) });
      }
      default:
        return changes(name);
    }
  }

  /** The next slice of a buffer that fits what was voted for, mostly; executing it would end the trace. */
  function check(address: Address): Choice | undefined {
    const value = allOf(state, 'proposal').find((each) => each.address === address)?.value;
    if (value === undefined) return undefined;
    const { length } = decodeAction('upgrade', value.action).value;
    const fitting = [...cast.buffers].filter(([, bytes]) => bytes.length === length || chance(0.05));
    const goesOn = value.checkedBytes > 0 && value.checkedBytes < length && chance(0.9);
    const buffer = goesOn && chance(0.9) ? value.checkedBuffer : maybe(fitting)?.[0];
    if (buffer === undefined) return undefined;
    const offset = goesOn ? value.checkedBytes : chance(0.95) ? 0 : int(length + 2);
    return choice('checkUpgrade', { proposal: address, buffer, offset });
  }

  function execute(proposal: Address, kind: number, said: Uint8Array): Choice | undefined {
    const name = actionName(kind);
    const payer = pick(cast.owners);
    const number = allOf(state, 'proposal').find(({ address }) => address === proposal)?.value.number ?? 0n;
    switch (name) {
      case undefined:
        return undefined;
      case 'upgrade':
        return check(proposal);
      case 'removeResource':
        return choice('executeRemoval', { proposal, resource: decodeAction(name, said).value.resource });
      case 'grant':
        return choice('executeGrant', { payer, proposal, number: chance(0.97) ? number : number + 1n });
      case 'stopGrant':
        return choice('stopGrant', { proposal, number: decodeAction(name, said).value.grant });
      case 'integration': {
        const own = decodeAction(name, said).value.name;
        return choice('executeIntegration', { payer, proposal, name: chance(0.97) ? own : named('y') });
      }
      case 'replaceGuard': {
        const { guard, successor } = decodeAction(name, said).value;
        const stake = allOf(state, 'guard').find(({ address }) => address === successor)?.value.stake;
        const pool = allOf(state, 'stake').find(({ address }) => address === stake)?.value.pool;
        return choice('executeGuard', {
          payer,
          proposal,
          guard,
          successor,
          successorStake: stake ?? PROGRAMS.system,
          successorPool: pool ?? PROGRAMS.system,
          week: weekOf(hourNow()) + (chance(0.97) ? 1n : 0n),
        });
      }
      default:
        return choice('executeParameters', { proposal });
    }
  }

  return [
    [2, () => choice('lockMedia', { owner: pick(cast.owners), amount: amount(100n * MEDIA) })],
    [
      1,
      () => {
        const found = maybe(allOf(state, 'lock').filter(({ value }) => value.openVotes === 0 || chance(0.1)));
        if (found === undefined) return undefined;
        const { owner, amount: held } = found.value;
        return choice('unlockMedia', { owner, amount: chance(0.1) ? held : amount(held / 20n) });
      },
    ],
    [
      2.5,
      () => {
        const open = allOf(state, 'proposal').filter(({ value }) => value.status === PROPOSAL_STATUS.voting);
        const running = allOf(state, 'grant').some(({ value }) => value.stoppedAt === 0n);
        // Object.keys widens the names of the table.
        const names = Object.keys(ACTIONS) as ActionName[];
        const grants = running && chance(0.4) ? 'stopGrant' : 'grant';
        // What has an instruction of its own comes as often as the kinds that share one.
        const own = pick(['integration', 'replaceGuard', 'removeResource', 'upgrade', grants] as const);
        const name = chance(0.6) ? own : pick(names);
        const said = open.length > MAX_OPEN ? undefined : action(name);
        if (said === undefined) return undefined;
        return choice('propose', {
          proposer: pick(cast.owners),
          pool: chance(0.97) ? (cast.pools[0] ?? PROGRAMS.system) : pick(cast.pools),
          number: config().proposals + (chance(0.97) ? 1n : 2n),
          maxDeposit: chance(0.97) ? 10n ** 18n : amount(MEDIA),
          kind: chance(0.98) ? ACTIONS[name].kind : int(14),
          action: said,
          textHash: new Uint8Array(32).fill(int(200)),
          link: chance(0.97) ? `https://f.example/${int(99)}` : 'has space',
        });
      },
    ],
    [
      9,
      () => {
        const found = ballot('lock');
        if (found === undefined) return undefined;
        const { proposal, source } = found;
        const side = chance(0.9) ? 1 : int(3);
        return choice('castVote', { owner: source.value.owner, proposal, lock: source.address, side });
      },
    ],
    [
      5,
      () => {
        const found = ballot('stake');
        if (found === undefined) return undefined;
        const { proposal, source } = found;
        const { owner, pool } = source.value;
        const side = chance(0.8) ? 1 : int(3);
        return choice('castStakeVote', { owner, proposal, pool, stake: source.address, side });
      },
    ],
    [
      4,
      () => {
        const ended = proposals(PROPOSAL_STATUS.voting).filter(
          ({ value }) => now() >= value.votingEndsAt || chance(0.05),
        );
        const found = maybe(ended);
        return found === undefined ? undefined : choice('finaliseProposal', { proposal: found.address });
      },
    ],
    [
      7,
      () => {
        const due = proposals(PROPOSAL_STATUS.passed).filter(
          ({ value }) => (now() >= value.executableAt && now() < value.expiresAt) || chance(0.02),
        );
        const found = maybe(due);
        return found === undefined
          ? undefined
          : execute(found.address, found.value.flags, found.value.action);
      },
    ],
    [
      1.5,
      () => {
        const found = maybe(
          allOf(state, 'proposal').filter(
            ({ value }) => (value.deposit > 0n && value.status !== PROPOSAL_STATUS.voting) || chance(0.005),
          ),
        );
        const { mediaMint } = config();
        if (found === undefined) return undefined;
        const owner = chance(0.97) ? found.value.proposer : pick(cast.owners);
        const account = [...state.tokens].find(
          ([, token]) => token.owner === owner && token.mint === mediaMint,
        );
        return account === undefined
          ? undefined
          : choice('refundDeposit', { proposal: found.address, proposerMedia: account[0] });
      },
    ],
    [
      5,
      () => {
        const over = allOf(state, 'vote').filter(({ value }) => {
          const proposal = allOf(state, 'proposal').find(({ address }) => address === value.proposal)?.value;
          return proposal === undefined || isOver(proposal, now()) || chance(0.02);
        });
        const found = maybe(over);
        if (found === undefined) return undefined;
        const { owner, proposal, source } = found.value;
        return choice('closeVote', { owner, proposal, source, vote: found.address });
      },
    ],
    [
      1,
      () => {
        const grant = maybe(allOf(state, 'grant'));
        const { mediaMint } = config();
        const account = [...state.tokens].find(
          ([, token]) => token.owner === grant?.value.recipient && token.mint === mediaMint,
        );
        if (grant === undefined || account === undefined) return undefined;
        return choice('payGrant', { number: grant.value.number, recipientMedia: account[0] });
      },
    ],
  ];
}
