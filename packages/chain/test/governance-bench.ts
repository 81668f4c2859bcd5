import type { Address } from '@solana/kit';
import { expect } from 'vitest';

import { encodeAction } from '../src/codec/actions.ts';
import { ACTIONS, PARAMETERS } from '../src/schema/index.ts';
import type { ActionName, Parameter, ParameterKind } from '../src/schema/index.ts';
import { TRACE_PARAMS } from './trace/begin.ts';
import { Bench, MEDIA } from './trace/bench.ts';
import { allOf } from './trace/invariants.ts';

export const VOTING = BigInt(TRACE_PARAMS.votingSecs);
export const TIMELOCK = BigInt(TRACE_PARAMS.timelockSecs);
export const SEASONING = BigInt(TRACE_PARAMS.seasoningSecs);
export const QUORUM = TRACE_PARAMS.quorumVotes;

/** A proposal's action that sets some parameters of a kind. */
export function setting(kind: ParameterKind, changes: Readonly<Record<string, number | bigint>>): Uint8Array {
  const table: Readonly<Record<string, Parameter>> = PARAMETERS[kind];
  let mask = 0;
  const fields: Record<string, number | bigint> = {};
  for (const [index, [name, { type }]] of Object.entries(table).entries()) {
    const value = changes[name];
    fields[name] = value ?? (type === 'u64' ? 0n : 0);
    if (value !== undefined) mask += 2 ** index;
  }
  // One field for each of the kind's table.
  return encodeAction(kind, { mask, ...fields } as never);
}

/** A network with token holders; each step runs in the program and in the model. */
export class Assembly {
  readonly bench: Bench;
  /** Seconds since the network began. */
  now = 0n;

  constructor(bench: Bench) {
    this.bench = bench;
  }

  static async open(changed: Parameters<typeof Bench.open>[0] = {}): Promise<Assembly> {
    return new Assembly(await Bench.deep(changed));
  }

  owner(index: number): Address {
    return this.bench.owner(index);
  }

  pass(seconds: bigint): void {
    this.now += seconds;
    this.bench.at(this.now);
  }

  get config() {
    const found = allOf(this.bench.twin.model, 'config')[0]?.value;
    if (found === undefined) throw new Error('no config');
    return found;
  }

  proposalOf(number: bigint) {
    const found = allOf(this.bench.twin.model, 'proposal').find(({ value }) => value.number === number);
    if (found === undefined) throw new Error(`no proposal ${number}`);
    return found;
  }

  lock(index: number, amount: bigint): Promise<string> {
    return this.bench.run('lockMedia', { owner: this.owner(index), amount });
  }

  unlock(index: number, amount: bigint): Promise<string> {
    return this.bench.run('unlockMedia', { owner: this.owner(index), amount });
  }

  /** Locked long enough to vote on what is proposed next. */
  async seasoned(index: number, amount: bigint = QUORUM): Promise<void> {
    expect(await this.lock(index, amount)).toBe('ok');
    this.pass(SEASONING);
  }

  propose(name: ActionName, action: Uint8Array, more: Record<string, unknown> = {}): Promise<string> {
    return this.bench.run('propose', {
      proposer: this.owner(3),
      pool: this.bench.pool,
      number: this.config.proposals + 1n,
      maxDeposit: 1_000n * MEDIA,
      kind: ACTIONS[name].kind,
      action,
      textHash: new Uint8Array(32).fill(7),
      link: 'https://forum.example/1',
      ...more,
    });
  }

  async vote(index: number, number: bigint, side = 1): Promise<string> {
    const { addresses } = this.bench.twin.world;
    const owner = this.owner(index);
    const proposal = await addresses.proposal(number);
    return this.bench.run('castVote', { owner, proposal, lock: await addresses.lock(owner), side });
  }

  async voteStake(index: number, role: number, number: bigint, side = 1): Promise<string> {
    const { addresses } = this.bench.twin.world;
    const owner = this.owner(index);
    const { pool } = this.bench;
    const stake = await addresses.stake(owner, pool, role);
    const proposal = await addresses.proposal(number);
    return this.bench.run('castStakeVote', { owner, proposal, pool, stake, side });
  }

  async closeVote(index: number, number: bigint, source?: Address): Promise<string> {
    const { addresses } = this.bench.twin.world;
    const owner = this.owner(index);
    const from = source ?? (await addresses.lock(owner));
    const proposal = await addresses.proposal(number);
    const vote = await addresses.vote(proposal, from);
    return this.bench.run('closeVote', { owner, proposal, source: from, vote });
  }

  async finalise(number: bigint): Promise<string> {
    return this.bench.run('finaliseProposal', {
      proposal: await this.bench.twin.world.addresses.proposal(number),
    });
  }

  async refund(number: bigint): Promise<string> {
    const { addresses } = this.bench.twin.world;
    const { address, value } = this.proposalOf(number);
    const proposerMedia = await addresses.associatedToken(value.proposer, await addresses.mediaMint());
    return this.bench.run('refundDeposit', { proposal: address, proposerMedia });
  }

  /** The next proposal, made, voted for by an owner, passed, and due; its number. */
  async passed(name: ActionName, action: Uint8Array, voter = 0): Promise<bigint> {
    expect(await this.propose(name, action)).toBe('ok');
    const number = this.config.proposals;
    expect(await this.vote(voter, number)).toBe('ok');
    this.pass(VOTING);
    expect(await this.finalise(number)).toBe('ok');
    this.pass(TIMELOCK);
    return number;
  }

  async executeParameters(number: bigint): Promise<string> {
    return this.bench.run('executeParameters', {
      proposal: await this.bench.twin.world.addresses.proposal(number),
    });
  }

  media(index: number): bigint {
    return this.tokens(this.owner(index));
  }

  private tokens(owner: Address): bigint {
    const { mediaMint } = this.config;
    const held = [...this.bench.twin.model.tokens.values()].filter(
      (each) => each.owner === owner && each.mint === mediaMint,
    );
    return held.reduce((sum, { amount }) => sum + amount, 0n);
  }
}
