import type { Address, Instruction } from '@solana/kit';
import { expect } from 'vitest';

import { ringSeed } from '../../src/addresses.ts';
import type { InstructionInput } from '../../src/instruction-inputs.ts';
import type { MediaInstruction } from '../../src/instructions.ts';
import { sha256 } from '../../src/model/sha256.ts';
import { createProgramWorld } from '../../src/program-world/world.ts';
import { PROGRAMS } from '../../src/programs.ts';
import { PROGRAM_ERRORS, ROLE } from '../../src/schema/index.ts';
import type { InstructionName } from '../../src/schema/index.ts';
import { TRACE_PARAMS, begin } from './begin.ts';
import { allOf } from './invariants.ts';
import type { Cast } from './scene.ts';
import { createTwin } from './twin.ts';
import type { Twin } from './twin.ts';

export const MEDIA = 1_000_000_000n;
export const HOUR = 12n * BigInt(TRACE_PARAMS.sampleSecs);
export const SLOT = BigInt(TRACE_PARAMS.sampleSecs);
export const NODE = { region: new Uint8Array(8), endpoint: 'http://n.example' };
const names = new Map(Object.entries(PROGRAM_ERRORS).map(([code, [name]]) => [Number(code), name]));

/**
 * A network of whose steps each runs in the program and in the model: both must agree, in the error or in every byte of
 * every account.
 */
export class Bench {
  readonly twin: Twin = createTwin(createProgramWorld());
  cast!: Cast;
  zero = 0n;

  static async open(changed: Parameters<typeof begin>[1] = {}): Promise<Bench> {
    const bench = new Bench();
    const { cast, epochZero } = await begin(bench.twin, changed);
    bench.cast = cast;
    bench.zero = epochZero;
    return bench;
  }

  /** With enough behind the first pool's staked LP for it to give rights. */
  static async deep(changed: Parameters<typeof begin>[1] = {}): Promise<Bench> {
    const bench = await Bench.open(changed);
    await bench.stake(4, ROLE.user, lpOf(2_000n * MEDIA));
    return bench;
  }

  owner(index: number): Address {
    const found = this.cast.owners[index];
    if (found === undefined) throw new Error(`no owner ${index}`);
    return found;
  }

  get pool(): Address {
    return this.cast.pools[0] ?? PROGRAMS.system;
  }

  /** 'ok' or the error's name; throws when program and model differ. */
  async run<N extends InstructionName>(
    name: N,
    input: InstructionInput<N>,
    before?: Instruction,
  ): Promise<string> {
    const build = this.twin.world.instructions[name] as (
      given: InstructionInput<N>,
    ) => Promise<MediaInstruction>;
    const result = this.twin.step(await build(input), before);
    return result.ok ? 'ok' : (names.get(result.custom ?? 0) ?? String(result.custom));
  }

  async must<N extends InstructionName>(name: N, input: InstructionInput<N>): Promise<void> {
    expect(await this.run(name, input), name).toBe('ok');
  }

  at(seconds: bigint): void {
    this.twin.world.setTime(this.zero + seconds);
  }

  /** What votes for an hour are computed from. */
  basis(of: bigint): { readonly reports: number; readonly reveals: number } {
    const found = allOf(this.twin.model, 'hour').find(({ value }) => value.hour === of)?.value;
    return { reports: found?.reports ?? 0, reveals: found?.reveals ?? 0 };
  }

  async stake(index: number, role: number, lp: bigint, pool = this.pool): Promise<Address> {
    await this.must('stake', { owner: this.owner(index), pool, role, lp });
    return this.twin.world.addresses.stake(this.owner(index), pool, role);
  }

  async guard(
    index: number,
    lp: bigint,
  ): Promise<{ operator: Address; guard: Address; stake: Address; pool: Address }> {
    const owner = this.owner(index);
    const stake = await this.stake(index, ROLE.guard, lp);
    await this.must('registerGuard', {
      owner,
      pool: this.pool,
      operator: owner,
      sealKey: new Uint8Array(32).fill(1),
      ...NODE,
    });
    return { operator: owner, guard: await this.twin.world.addresses.guard(owner), stake, pool: this.pool };
  }

  async edge(
    index: number,
    lp: bigint,
  ): Promise<{ operator: Address; edge: Address; stake: Address; pool: Address }> {
    const owner = this.owner(index);
    const stake = await this.stake(index, ROLE.edge, lp);
    await this.must('registerEdge', {
      owner,
      pool: this.pool,
      operator: owner,
      control: 'http://c',
      ...NODE,
    });
    return { operator: owner, edge: await this.twin.world.addresses.edge(owner), stake, pool: this.pool };
  }

  async resource(index: number, id: bigint, lp: bigint, pool = this.pool): Promise<Address> {
    const publisher = this.owner(index);
    const { addresses } = this.twin.world;
    await this.must('registerResource', {
      publisher,
      pool,
      id,
      lp,
      allowance: 5n,
      vouchKey: new Uint8Array(32).fill(9),
    });
    const resource = await addresses.resource(publisher, id);
    const ring = await addresses.ring(publisher, resource);
    this.twin.createBlank(ring, 48 + 8_928 * 4);
    await this.must('attachRing', {
      publisher,
      resource,
      ring,
      tail: new TextEncoder().encode(await ringSeed(resource)),
    });
    const to = { publisher, resource, settingsVersion: 1 };
    const content = new Uint8Array(8);
    await this.must('openSettings', { ...to, capacity: 8 });
    await this.must('sealSettings', { ...to, previous: PROGRAMS.system, length: 8, sha256: sha256(content) });
    return resource;
  }
}

/** LP that is worth at least `media` in the first pool, which holds as much of either side. */
export const lpOf = (media: bigint): bigint => media / 2n;
