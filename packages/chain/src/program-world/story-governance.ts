import { getAddressEncoder } from '@solana/kit';
import type { Address } from '@solana/kit';

import { encodeAction } from '../codec/actions.ts';
import type { ActionValue } from '../codec/actions.ts';
import { PROGRAMS } from '../programs.ts';
import { ACTIONS, ROLE, UPGRADE_SLICE } from '../schema/index.ts';
import type { ActionName } from '../schema/index.ts';
import { upgradeDigest } from '../upgrade-digest.ts';
import type { StoryStep, Teller } from './teller.ts';
import { addressOf } from './world.ts';
import type { ProgramWorld } from './world.ts';

const MEDIA = 1_000_000_000n;
const addressEncoder = getAddressEncoder();
const addressBytes = (address: Address): Uint8Array => new Uint8Array(addressEncoder.encode(address));
/** Bytes of the loader's accounts before those of the program. */
const DATA_HEADER = 45;
const BUFFER_HEADER = 37;

/** Who and what the story has by the time it comes to this. */
export interface GovernanceScene {
  readonly alice: Address;
  readonly dave: Address;
  readonly pool: Address;
  readonly aliceMedia: Address;
  readonly daveMedia: Address;
  /** Removed by a vote: Dave's. */
  readonly resource: Address;
  readonly periods: {
    readonly votingSecs: number;
    readonly timelockSecs: number;
    readonly seasoningSecs: number;
  };
  /** The week that begins next, as long as the story is told. */
  readonly nextWeek: () => bigint;
}

/** A name of an integration in its 32 bytes. */
const named = (name: string): Uint8Array => {
  const bytes = new Uint8Array(32);
  bytes.set(new TextEncoder().encode(name));
  return bytes;
};

/** Token holders lock, propose, vote; every kind of proposal is carried out, an upgrade at the very end. */
export async function* tellGovernance(
  world: ProgramWorld,
  { other, step }: Teller,
  scene: GovernanceScene,
): AsyncGenerator<StoryStep, void, void> {
  const { addresses } = world;
  const { alice, dave, pool } = scene;
  const wait = (seconds: number): void => world.setTime(world.now() + BigInt(seconds));
  const [lock, daveLock] = [await addresses.lock(alice), await addresses.lock(dave)];
  const stake = await addresses.stake(alice, pool, ROLE.publisher);

  yield await step('lockMedia', { owner: dave, amount: 100n * MEDIA }, false);
  other('lock', daveLock);
  other('source', daveLock, await addresses.stake(dave, pool, ROLE.publisher));
  yield await step('lockMedia', { owner: alice, amount: 5_000n * MEDIA });
  wait(scene.periods.seasoningSecs);

  let number = 0n;
  const made = new Map<string, { number: bigint; address: Address }>();
  const propose = async <N extends ActionName>(
    key: string,
    name: N,
    value: ActionValue<N>,
    by: { readonly proposer?: Address; readonly probe?: boolean } = {},
  ): Promise<StoryStep> => {
    number += 1n;
    made.set(key, { number, address: await addresses.proposal(number) });
    const said = { kind: ACTIONS[name].kind, action: encodeAction(name, value) };
    const text = { textHash: new Uint8Array(32).fill(8), link: 'https://forum.example/42' };
    const cost = { maxDeposit: 20_000n * MEDIA, pool };
    const input = { proposer: by.proposer ?? alice, number, ...said, ...text, ...cost };
    return step('propose', input, by.probe ?? false);
  };
  const at = (key: string): { number: bigint; address: Address } => {
    const found = made.get(key);
    if (found === undefined) throw new Error(`nobody proposed ${key}`);
    return found;
  };

  other('proposerMedia', scene.daveMedia);
  other('recipientMedia', scene.daveMedia);
  const registered = { name: named('ipfs'), sha256: new Uint8Array(32).fill(4), enabled: 1 };
  yield await propose('other', 'integration', { ...registered, name: named('livepeer') }, { proposer: dave });
  yield await propose('rejected', 'dataFees', { mask: 1, feePerGb: 5n });
  other('proposal', at('other').address, at('rejected').address);
  yield await propose('fees', 'dataFees', { mask: 1, feePerGb: 2n * MEDIA }, { probe: true });
  yield await propose('integration', 'integration', registered);
  const [guard, successor] = [await addresses.guard(alice), await addresses.guard(dave)];
  yield await propose('guard', 'replaceGuard', { guard, successor, weeks: 4 });
  yield await propose('removal', 'removeResource', { resource: scene.resource });
  yield await propose('grant', 'grant', { recipient: alice, amount: 1_000_000n, secs: 1_000 });

  const votes = async (key: string, probe: boolean, owner = alice): Promise<StoryStep> =>
    step('castVote', { owner, proposal: at(key).address, lock: await addresses.lock(owner), side: 1 }, probe);
  const passing = ['other', 'integration', 'guard', 'removal', 'grant'];
  for (const key of passing) yield await votes(key, false);
  yield await votes('fees', false, dave);
  other('vote', await addresses.vote(at('fees').address, daveLock));
  other('vote', await addresses.vote(at('other').address, lock));
  yield await votes('fees', true);
  const byStake = { owner: alice, proposal: at('fees').address, pool, stake, side: 0 };
  yield await step('castStakeVote', byStake);
  wait(scene.periods.votingSecs);
  for (const key of [...passing, 'rejected'])
    yield await step('finaliseProposal', { proposal: at(key).address }, false);
  yield await step('finaliseProposal', { proposal: at('fees').address });
  yield await step('refundDeposit', { proposal: at('fees').address, proposerMedia: scene.aliceMedia });

  wait(scene.periods.timelockSecs);
  yield await step('executeParameters', { proposal: at('fees').address });
  const payer = alice;
  const { name } = registered;
  yield await step('executeIntegration', { payer, proposal: at('integration').address, name });
  const seat = {
    successorStake: await addresses.stake(dave, pool, ROLE.guard),
    successorPool: pool,
    week: scene.nextWeek(),
  };
  const replaced = { payer, proposal: at('guard').address, guard, successor, ...seat };
  yield await step('executeGuard', replaced);
  yield await step('executeRemoval', { proposal: at('removal').address, resource: scene.resource });
  const granted = at('grant');
  yield await step('executeGrant', { payer, proposal: granted.address, number: granted.number });
  wait(20);
  yield await step('payGrant', { number: granted.number, recipientMedia: scene.aliceMedia });
  const vote = await addresses.vote(at('fees').address, lock);
  yield await step('closeVote', { owner: alice, proposal: at('fees').address, source: lock, vote });

  // A later vote stops the grant.
  yield await propose('stop', 'stopGrant', { grant: granted.number });
  yield await votes('stop', false);
  wait(scene.periods.votingSecs);
  yield await step('finaliseProposal', { proposal: at('stop').address }, false);
  wait(scene.periods.timelockSecs);
  yield await step('stopGrant', { proposal: at('stop').address, number: granted.number });

  // What is locked comes back when no vote is open.
  wait(scene.periods.votingSecs + scene.periods.timelockSecs);
  for (const key of [...passing, 'stop']) {
    const { address: proposal } = at(key);
    const closed = await addresses.vote(proposal, lock);
    yield await step('closeVote', { owner: alice, proposal, source: lock, vote: closed }, false);
  }
  yield await step('unlockMedia', { owner: alice, amount: 4_000n * MEDIA });
  const program = programBytes(world, await addresses.programData());
  yield* tellUpgrade(world, { other, step }, { ...scene, program, number: number + 1n });
}

/** A passed proposal puts other bytes of the program in force; here the same ones. */
async function* tellUpgrade(
  world: ProgramWorld,
  { step }: Teller,
  {
    alice,
    pool,
    periods,
    program,
    number,
  }: GovernanceScene & { readonly program: Uint8Array; readonly number: bigint },
): AsyncGenerator<StoryStep, void, void> {
  const { addresses } = world;
  const wait = (seconds: number): void => world.setTime(world.now() + BigInt(seconds));
  const authority = await addresses.upgradeAuthority();
  govern(world, await addresses.programData(), authority);
  const buffer = addressOf('buffer');
  world.setAccount(buffer, { owner: PROGRAMS.upgradeableLoader, ...bufferOf(authority, program) });
  yield await step('lockMedia', { owner: alice, amount: 4_000n * MEDIA }, false);
  wait(periods.seasoningSecs);
  const proposal = await addresses.proposal(number);
  yield await step(
    'propose',
    {
      proposer: alice,
      pool,
      number,
      maxDeposit: 20_000n * MEDIA,
      kind: ACTIONS.upgrade.kind,
      action: encodeAction('upgrade', { digest: upgradeDigest(program), length: program.length }),
      textHash: new Uint8Array(32).fill(8),
      link: '',
    },
    false,
  );
  const lock = await addresses.lock(alice);
  yield await step('castVote', { owner: alice, proposal, lock, side: 1 }, false);
  wait(periods.votingSecs);
  yield await step('finaliseProposal', { proposal }, false);
  wait(periods.timelockSecs);
  for (let offset = 0; offset < program.length; offset += UPGRADE_SLICE)
    yield await step('checkUpgrade', { proposal, buffer, offset });
  yield await step('executeUpgrade', { payer: alice, proposal, buffer });
}

function programBytes(world: ProgramWorld, at: Address): Uint8Array {
  const found = world.account(at);
  if (found === null) throw new Error('the program is not upgradeable');
  return found.data.slice(DATA_HEADER);
}

/** Makes an address the authority that may upgrade the program. */
export function govern(world: ProgramWorld, programData: Address, authority: Address): void {
  const found = world.account(programData);
  if (found === null) throw new Error('the program is not upgradeable');
  const data = Uint8Array.from(found.data);
  data[12] = 1;
  data.set(addressBytes(authority), 13);
  world.setAccount(programData, { ...found, data });
}

/** A buffer of the loader with a program's bytes. */
export function bufferOf(
  authority: Address,
  program: Uint8Array,
): { readonly data: Uint8Array; readonly lamports: bigint } {
  const data = new Uint8Array(BUFFER_HEADER + program.length);
  data.set([1, 0, 0, 0, 1]);
  data.set(addressBytes(authority), 5);
  data.set(program, BUFFER_HEADER);
  return { data, lamports: 10_000_000_000n };
}
