import type { Address } from '@solana/kit';
import { AccountRole } from '@solana/kit';
import { beforeEach, describe, expect, it } from 'vitest';

import { encodeAction } from '../src/codec/actions.ts';
import { govern } from '../src/program-world/story-governance.ts';
import { addressOf } from '../src/program-world/world.ts';
import { PROGRAMS } from '../src/programs.ts';
import { PROPOSAL_STATUS, UPGRADE_SLICE } from '../src/schema/index.ts';
import { upgradeDigest } from '../src/upgrade-digest.ts';
import { Assembly, QUORUM, TIMELOCK, VOTING } from './governance-bench.ts';

/** Only what was voted for comes in force, whatever is tried while its buffer is checked (docs/governance.md, Upgrades). */
let hall: Assembly;
let program: Uint8Array;
let authority: Address;
let programData: Address;
beforeEach(async () => {
  hall = await Assembly.open();
  await hall.seasoned(0);
  const { world } = hall.bench.twin;
  programData = await world.addresses.programData();
  authority = await world.addresses.upgradeAuthority();
  govern(world, programData, authority);
  program = (world.account(programData)?.data ?? new Uint8Array(0)).slice(45);
});

const saying = (bytes: Uint8Array): Uint8Array =>
  encodeAction('upgrade', { digest: upgradeDigest(bytes), length: bytes.length });
const put = (name: string, bytes: Uint8Array, owner: Address = authority): Address => {
  const buffer = addressOf(name);
  hall.bench.twin.createBuffer(buffer, owner, bytes);
  return buffer;
};
const proposalAt = (number: bigint): Promise<Address> => hall.bench.twin.world.addresses.proposal(number);
const check = async (number: bigint, buffer: Address, offset: number): Promise<string> =>
  hall.bench.run('checkUpgrade', { proposal: await proposalAt(number), buffer, offset });
const upgrade = async (number: bigint, buffer: Address): Promise<string> =>
  hall.bench.run('executeUpgrade', { payer: hall.owner(4), proposal: await proposalAt(number), buffer });

/** All slices from one on: what the last says, or the first that fails. */
async function checkAll(number: bigint, buffer: Address, from = 0): Promise<string> {
  for (let offset = from; offset < program.length; offset += UPGRADE_SLICE) {
    const said = await check(number, buffer, offset);
    if (said !== 'ok') return said;
  }
  return 'ok';
}

/** An instruction of the loader, which nobody but the buffer's authority may ask for. */
function loader(data: readonly number[], accounts: readonly (readonly [Address, AccountRole])[]) {
  return {
    programAddress: PROGRAMS.upgradeableLoader,
    accounts: accounts.map(([address, role]) => ({ address, role })),
    data: Uint8Array.from(data),
  };
}

describe('an upgrade', () => {
  it('comes in force when all slices of its buffer have been checked, by whomever', async () => {
    const number = await hall.passed('upgrade', saying(program));
    const buffer = put('voted for', program);
    const { world } = hall.bench.twin;
    expect(await upgrade(number, buffer)).toBe('UpgradeUnchecked');
    expect(await check(number, buffer, 0)).toBe('ok');
    expect(await upgrade(number, buffer)).toBe('UpgradeUnchecked');
    expect(await checkAll(number, buffer, UPGRADE_SLICE)).toBe('ok');
    expect(await upgrade(number, buffer)).toBe('ok');
    expect(hall.config.upgrades).toBe(1);
    expect(world.account(buffer)).toBeNull();
    expect(await upgrade(number, buffer)).toBe('AlreadyDecided');
    expect(await check(number, buffer, 0)).toBe('AlreadyDecided');
    // The program goes on, with the bytes of the buffer.
    expect(await hall.lock(1, 5n)).toBe('ok');
    expect((world.account(programData)?.data ?? new Uint8Array(0)).slice(45)).toEqual(program);
  });

  it('can be checked as soon as it has passed, and no longer than it can be carried out', async () => {
    const buffer = put('voted for', program);
    expect(await hall.propose('upgrade', saying(program))).toBe('ok');
    const number = hall.config.proposals;
    expect(await check(number, buffer, 0)).toBe('WrongStatus');
    expect(await hall.vote(0, number)).toBe('ok');
    hall.pass(VOTING);
    expect(await hall.finalise(number)).toBe('ok');
    expect(await checkAll(number, buffer)).toBe('ok');
    expect(await upgrade(number, buffer)).toBe('TooEarly');
    hall.pass(2n * TIMELOCK + VOTING);
    expect(await check(number, buffer, 0)).toBe('TooLate');
    expect(await upgrade(number, buffer)).toBe('TooLate');
    // Only a proposal of an upgrade has anything to check.
    const other = await hall.passed(
      'grant',
      encodeAction('grant', { recipient: hall.owner(2), amount: 1n, secs: 1_000 }),
    );
    expect(await check(other, buffer, 0)).toBe('WrongKind');
    expect(await upgrade(other, buffer)).toBe('WrongKind');
  });
});

describe('nobody may put in force', () => {
  let number: bigint;
  beforeEach(async () => {
    number = await hall.passed('upgrade', saying(program));
  });

  it('other bytes, more or fewer, or what is no buffer', async () => {
    for (const at of [0, 500, UPGRADE_SLICE, program.length - 1]) {
      const buffer = put(`changed at ${at}`, program.with(at, (program[at] ?? 0) ^ 1));
      expect(await checkAll(number, buffer), `changed at ${at}`).toBe('BufferMismatch');
      expect(await upgrade(number, buffer)).toBe('UpgradeUnchecked');
    }
    expect(await check(number, put('longer', Uint8Array.from([...program, 0])), 0)).toBe('BufferMismatch');
    expect(await check(number, put('shorter', program.slice(0, -1)), 0)).toBe('BufferMismatch');
    expect(await check(number, hall.owner(1), 0)).toBe('WrongOwner');
    hall.bench.twin.model.buffers.set(programData, null);
    expect(await check(number, programData, 0)).toBe('BufferMismatch');
  });

  it('a buffer that somebody can still change', async () => {
    const own = put('own', program, hall.owner(1));
    expect(await check(number, own, 0)).toBe('BufferOpen');
    const sealed = put('sealed', program);
    expect(await checkAll(number, sealed)).toBe('ok');
    expect(await upgrade(number, own)).toBe('BufferOpen');
  });

  it('slices of one buffer behind those of another, or slices left out, doubled or in another order', async () => {
    const [first, second] = [put('first', program), put('second', program.with(500, 1))];
    expect(await check(number, first, 0)).toBe('ok');
    expect(await check(number, second, UPGRADE_SLICE)).toBe('UpgradeUnchecked');
    expect(await check(number, first, 2 * UPGRADE_SLICE)).toBe('UpgradeUnchecked');
    expect(await check(number, first, 1)).toBe('UpgradeUnchecked');
    expect(await check(number, first, UPGRADE_SLICE)).toBe('ok');
    expect(await check(number, first, UPGRADE_SLICE)).toBe('UpgradeUnchecked');
    // From the beginning it may be checked anew, also another buffer; what came before is void then.
    expect(await check(number, second, 0)).toBe('ok');
    expect(await check(number, first, 2 * UPGRADE_SLICE)).toBe('UpgradeUnchecked');
    expect(await checkAll(number, second, UPGRADE_SLICE)).toBe('BufferMismatch');
    expect(await checkAll(number, first)).toBe('ok');
    expect(await check(number, first, program.length)).toBe('InvalidParameter');
    expect(await upgrade(number, second)).toBe('UpgradeUnchecked');
    expect(await upgrade(number, first)).toBe('ok');
  });

  it('bytes that its former owner writes into a buffer between two slices: the loader refuses each way', async () => {
    const { world } = hall.bench.twin;
    const owner = hall.owner(1);
    const buffer = put('sealed', program);
    expect(await check(number, buffer, 0)).toBe('ok');
    const signs = AccountRole.READONLY_SIGNER;
    const { WRITABLE, READONLY } = AccountRole;
    const attempts = {
      // Write: offset 0, one byte.
      write: loader(
        [1, 0, 0, 0, 0, 0, 0, 0, 1, 0, 0, 0, 0, 0, 0, 0, 9],
        [
          [buffer, WRITABLE],
          [owner, signs],
        ],
      ),
      initialise: loader(
        [0, 0, 0, 0],
        [
          [buffer, WRITABLE],
          [owner, READONLY],
        ],
      ),
      'take over': loader(
        [4, 0, 0, 0],
        [
          [buffer, WRITABLE],
          [owner, signs],
          [owner, READONLY],
        ],
      ),
      'take over, both signing': loader(
        [7, 0, 0, 0],
        [
          [buffer, WRITABLE],
          [owner, signs],
          [owner, signs],
        ],
      ),
      close: loader(
        [5, 0, 0, 0],
        [
          [buffer, WRITABLE],
          [owner, WRITABLE],
          [owner, signs],
        ],
      ),
    };
    const before = world.account(buffer);
    for (const [what, instruction] of Object.entries(attempts)) {
      expect(world.run(instruction).ok, what).toBe(false);
      expect(world.account(buffer), what).toEqual(before);
    }
    // The same words do it for one who may: the attempts fail for what they are.
    const own = put('own', program, owner);
    const mine = loader(
      [1, 0, 0, 0, 0, 0, 0, 0, 1, 0, 0, 0, 0, 0, 0, 0, 9],
      [
        [own, WRITABLE],
        [owner, signs],
      ],
    );
    expect(world.run(mine).ok).toBe(true);
    expect(world.account(own)?.data[37]).toBe(9);
    expect(await checkAll(number, buffer, UPGRADE_SLICE)).toBe('ok');
  });

  it('what stands at the address of a buffer that another upgrade has used up', async () => {
    // The same program was voted for twice, and both were checked with one buffer.
    const [first, again] = [hall.config.proposals + 1n, hall.config.proposals + 2n];
    for (const each of [first, again]) {
      expect(await hall.propose('upgrade', saying(program))).toBe('ok');
      expect(await hall.vote(0, each)).toBe('ok');
    }
    hall.pass(VOTING);
    for (const each of [first, again]) expect(await hall.finalise(each)).toBe('ok');
    hall.pass(TIMELOCK);
    const buffer = put('for both', program);
    expect(await checkAll(first, buffer)).toBe('ok');
    expect(await checkAll(again, buffer)).toBe('ok');
    expect(await upgrade(again, buffer)).toBe('ok');
    // Whoever has the key of the address fills it anew, and gives it away as before.
    const evil = put('for both', program.with(600, 1));
    expect(evil).toBe(buffer);
    expect(await upgrade(first, evil)).toBe('UpgradeUnchecked');
    expect(await checkAll(first, evil)).toBe('BufferMismatch');
    expect(await upgrade(first, evil)).toBe('UpgradeUnchecked');
    expect(hall.proposalOf(first).value.status).toBe(PROPOSAL_STATUS.passed);
    expect(await hall.unlock(0, QUORUM)).toBe('VotesOpen');
  });
});
