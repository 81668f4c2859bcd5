import { AccountRole } from '@solana/kit';
import { describe, expect, it } from 'vitest';

import { createAddresses, ringSeed } from './addresses.ts';
import { REQUIRED_INPUTS } from './instruction-inputs.ts';
import { createInstructions } from './instructions.ts';
import { pdaFinderOf } from './model/pda.ts';
import { PROGRAMS } from './programs.ts';
import { addressOf } from './program-world/world.ts';
import { INSTRUCTIONS, ROLE } from './schema/index.ts';
import type { InstructionName, InstructionSchema } from './schema/index.ts';
import { createWallet } from './wallet.ts';

const programId = addressOf('program');
const addresses = createAddresses(programId);
const instructions = createInstructions(programId, addresses);
const [quoteMint, pool, resource] = [addressOf('quote'), addressOf('pool'), addressOf('resource')];

describe('createInstructions', () => {
  it('orders accounts as the table, with its roles, and carries the signer', async () => {
    const owner = await createWallet();
    const swap = await instructions.swap({ owner, quoteMint, direction: 1, amountIn: 5n, minOut: 4n });
    expect(swap.accounts.map(({ role }) => role)).toEqual([
      AccountRole.READONLY_SIGNER,
      AccountRole.READONLY,
      ...Array.from({ length: 5 }, () => AccountRole.WRITABLE),
      AccountRole.READONLY,
    ]);
    const at = await addresses.pool(quoteMint);
    const media = await addresses.mediaMint();
    expect(swap.accounts.map(({ address }) => address)).toEqual([
      owner.address,
      await addresses.config(),
      at,
      await addresses.mediaVault(at),
      await addresses.quoteVault(at),
      await addresses.associatedToken(owner.address, media),
      await addresses.associatedToken(owner.address, quoteMint),
      PROGRAMS.token,
    ]);
    expect(swap.accounts[0]).toMatchObject({ signer: owner });
    expect(swap.data.length).toBe(18);
  });

  it('takes an account that is given instead of deriving it', async () => {
    const [owner, ownerMedia] = [addressOf('owner'), addressOf('other account')];
    const claim = await instructions.claim({
      payer: owner,
      owner,
      ownerMedia,
      week: 3n,
      amount: 1n,
      tail: new Uint8Array(0),
    });
    expect(claim.accounts[6]?.address).toBe(ownerMedia);
    expect(claim.accounts[2]?.address).toBe(await addresses.epoch(3n));
  });

  it('stands the system program in for settings that are not there yet', async () => {
    const publisher = addressOf('publisher');
    const sealed = { publisher, resource, length: 1, sha256: new Uint8Array(32) };
    const first = await instructions.sealSettings({ ...sealed, settingsVersion: 1 });
    const second = await instructions.sealSettings({ ...sealed, settingsVersion: 2 });
    expect(first.accounts[3]?.address).toBe(PROGRAMS.system);
    expect(second.accounts[3]?.address).toBe(first.accounts[2]?.address);
  });

  it('names the node that unbonding looks at by the role', async () => {
    const owner = addressOf('owner');
    const node = async (role: number) =>
      (await instructions.beginUnbond({ owner, pool, role, lp: 1n })).accounts[4]?.address;
    expect(await node(ROLE.edge)).toBe(await addresses.edge(owner));
    expect(await node(ROLE.guard)).toBe(await addresses.guard(owner));
    expect(await node(ROLE.publisher)).toBe(PROGRAMS.system);
  });

  it('names resource and ring of each leaf that is recorded', async () => {
    const ring = addressOf('ring');
    const record = await instructions.record({
      hour: 3n,
      index: 5,
      count: 2,
      resources: [
        { resource, ring },
        { resource: addressOf('released'), ring: null },
      ],
      tail: new Uint8Array(2),
    });
    expect(record.accounts.slice(2).map(({ address }) => address)).toEqual([
      resource,
      ring,
      addressOf('released'),
      PROGRAMS.system,
    ]);
  });

  it("finds a verdict by its guard, and the set that votes on a week by that set's week", async () => {
    const guard = addressOf('guard');
    const operator = addressOf('operator');
    const write = await instructions.writeVerdict({
      operator,
      guard,
      hour: 7n,
      offset: 0,
      tail: new Uint8Array(1),
    });
    expect(write.accounts[4]?.address).toBe(await addresses.verdict(7n, guard));
    const vote = { operator, guard, root: new Uint8Array(32), rewards: 1n, kept: 1n };
    const later = await instructions.proposeEpoch({ ...vote, week: 2n, setWeek: 5n });
    expect(later.accounts[3]?.address).toBe(await addresses.guardSet(5n));
    expect(later.accounts[4]?.address).toBe(await addresses.epoch(2n));
  });

  it('says which input is missing', async () => {
    // A caller without types.
    const swap = instructions.swap as (input: object) => Promise<unknown>;
    await expect(
      swap({ owner: addressOf('o'), direction: 0, amountIn: 1n, minOut: 1n }),
    ).rejects.toMatchObject({
      code: 'chain/missing-input',
      context: { instruction: 'swap', input: 'pool' },
    });
  });

  it('asks for no argument or account that its table does not have', () => {
    // Object.entries widens the names of the table.
    for (const [name, schema] of Object.entries(INSTRUCTIONS) as [InstructionName, InstructionSchema][]) {
      const accounts = new Set(schema.accounts.map((each) => each.name));
      for (const arg of Object.keys(schema.args)) expect(accounts.has(arg), `${name}.${arg}`).toBe(false);
      expect(REQUIRED_INPUTS[name]).toBeDefined();
    }
  });
});

describe('addresses', () => {
  it('are those that the model finds without waiting', async () => {
    const find = pdaFinderOf(programId);
    const text = new TextEncoder();
    expect(find([text.encode('cfg')])[0]).toBe(await addresses.config());
    expect(find([text.encode('gs'), Uint8Array.of(9, 0, 0, 0, 0, 0, 0, 0)])[0]).toBe(
      await addresses.guardSet(9n),
    );
  });

  it('give a ring one place for its resource', async () => {
    expect(await ringSeed(resource)).toMatch(/^[0-9a-f]{32}$/);
    expect(await addresses.ring(addressOf('a'), resource)).not.toBe(
      await addresses.ring(addressOf('b'), resource),
    );
  });
});
