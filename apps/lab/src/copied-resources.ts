import { createHash, randomBytes } from 'node:crypto';
import { encodeAccount } from '@media-network/chain';
import type { Signer } from '@media-network/chain';
import { ACCOUNTS, NODE_STATUS, RESOURCE_STATUS } from '@media-network/chain/schema';
import { scrypt } from '@media-network/devnet';
import type { Devnet } from '@media-network/devnet';
import { addressOf, encryptSettings } from '@media-network/protocol';
import type { Settings } from '@media-network/protocol';
import type { Address } from '@solana/kit';

/** Resources of one write: a ring has 35,760 bytes, and the chain's log takes a write as one piece. */
const BATCH = 250;
/** Nobody reads these settings by the password, so it is not made dear to guess. */
const COST = { log2N: 6, r: 8, p: 1 } as const;

const anyAddress = (): Address => addressOf(new Uint8Array(randomBytes(32))) as Address;

/**
 * Further resources of a publisher, as copies of one that the guards have authorised: the bytes that the program wrote, with
 * addresses, settings, keys and rings of their own. They are written into the embedded chain as it stands, which saves nine
 * transactions each and nothing else: from then on nothing tells them from the first.
 */
export async function copyResources(
  stage: Pick<Devnet, 'client' | 'localnet'>,
  publisher: Pick<Signer, 'address'>,
  of: {
    readonly model: Address;
    readonly ids: readonly bigint[];
    readonly settings: Settings;
    /** LP behind each; that of the model by default. */
    readonly lp?: bigint;
    /** As before the guards have voted for it. */
    readonly pending?: boolean;
    /** For daemons that only read them: at addresses that nobody derived, sealed alike, and without rings, so that no hour of theirs can be recorded. */
    readonly bare?: boolean;
  },
): Promise<readonly Address[]> {
  const { client, localnet } = stage;
  const { addresses, programId } = client;
  const model = await client.account('resource', of.model);
  const ring = model && (await client.ring(model.ring));
  const sealed = model && (await client.account('settings', model.settings));
  const stake = model && (await client.account('stake', model.stake));
  if (localnet === undefined || !model || !ring || !sealed || !stake)
    throw new Error('there is nothing to copy from');
  const guards = (await client.guards()).filter(({ status }) => status === NODE_STATUS.active);
  const readers = { guards, password: new Uint8Array(16), scrypt, cost: COST };
  const lp = of.lp ?? model.lp;
  const draft =
    of.pending === true
      ? {
          status: RESOURCE_STATUS.pending,
          quotaKbps: 0,
          authWeek: 0n,
          authCount: 0,
          spans: model.spans.map(() => ({ from: 0n, until: 0n })),
        }
      : {};
  const stored = (address: Address, lamports: bigint, data: Uint8Array) => ({
    address,
    account: { lamports, owner: programId, executable: false, data },
  });

  /** Daemons that only read them open none: what is sealed is the same for all, and need not be made a hundred thousand times. */
  let shared: Promise<Uint8Array> | undefined;
  function seal(resource: Address, version: number): Promise<Uint8Array> {
    const sealFor = (): Promise<Uint8Array> => encryptSettings(of.settings, { resource, version }, readers);
    return of.bare === true ? (shared ??= sealFor()) : sealFor();
  }

  async function copy(id: bigint) {
    const { settingsVersion } = model!;
    const derive: typeof addresses.derive = async (...seeds) =>
      of.bare === true ? [anyAddress(), 255] : addresses.derive(...seeds);
    const [address, bump] = await derive(ACCOUNTS.resource.seeds, { publisher: publisher.address, id });
    const seeds = { resource: address, settingsVersion };
    const [settings, settingsBump] = await derive(ACCOUNTS.settings.seeds, seeds);
    const ringAt = of.bare === true ? anyAddress() : await addresses.ring(publisher.address, address);
    const tail = await seal(address, settingsVersion);
    const sha256 = createHash('sha256').update(tail).digest();
    const own = { resource: address, length: tail.length, sha256: new Uint8Array(sha256), tail };
    return {
      address,
      changes: [
        stored(
          address,
          model!.lamports,
          encodeAccount('resource', { ...model!, ...draft, lp, id, bump, settings, ring: ringAt }),
        ),
        stored(
          settings,
          sealed!.lamports,
          encodeAccount('settings', { ...sealed!, ...own, bump: settingsBump }),
        ),
        ...(of.bare === true
          ? []
          : [stored(ringAt, ring!.lamports, encodeAccount('ring', { ...ring!, resource: address }))]),
      ],
    };
  }

  const made: Address[] = [];
  for (let from = 0; from < of.ids.length; from += BATCH) {
    const batch = await Promise.all(of.ids.slice(from, from + BATCH).map(copy));
    await localnet.setAccounts(batch.flatMap(({ changes }) => changes));
    made.push(...batch.map(({ address }) => address));
  }
  const allocated = stake.allocated + lp * BigInt(of.ids.length);
  await localnet.setAccounts([
    stored(stake.address, stake.lamports, encodeAccount('stake', { ...stake, allocated })),
  ]);
  return made;
}
