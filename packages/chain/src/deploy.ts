import { getCreateAccountInstruction } from '@solana-program/system';
import { MediaError } from '@media-network/runtime';
import {
  AccountRole,
  generateKeyPairSigner,
  getAddressDecoder,
  getAddressEncoder,
  getBase64Encoder,
  getProgramDerivedAddress,
} from '@solana/kit';
import type { Address, Instruction, TransactionSigner } from '@solana/kit';

import type { MediaClient } from './client.ts';
import { viewOf } from './codec/fields.ts';
import { PROGRAMS, SYSVARS } from './programs.ts';
import { rpcCall } from './rpc.ts';
import type { SendResult } from './send.ts';
import { rentFor } from './tokens.ts';

const LOADER = PROGRAMS.upgradeableLoader;
/** The loader's own accounts before the bytes: buffer {tag u32, option authority}, program {tag u32, programdata}. */
const BUFFER_HEADER = 37;
const PROGRAM_SIZE = 36;
const PROGRAM_DATA_HEADER = 45;
/** Fits a packet with one signer and the compute budget. */
const CHUNK = 960;
const MAX_ROUNDS = 8;
const encodeAddress = getAddressEncoder();

export interface DeployOptions {
  readonly client: Pick<MediaClient, 'rpc' | 'send' | 'commitment' | 'clock'>;
  /** Pays, and becomes the upgrade authority. */
  readonly payer: TransactionSigner;
  /** The key whose address is the program's id. */
  readonly programKeypair: TransactionSigner;
  readonly bytes: Uint8Array;
  /** To go on with a buffer of an attempt that broke off; a new key otherwise. */
  readonly bufferKeypair?: TransactionSigner;
  readonly onProgress?: (written: number, total: number) => void;
  /** Takes the upgrade authority away for good. */
  readonly finalise?: boolean;
  /** Transactions in flight. 16 by default. */
  readonly concurrency?: number;
  readonly signal?: AbortSignal;
}

/** Deploys a program through the upgradeable loader. Throws `chain/already-deployed` if its id is taken. */
export async function deployProgram(
  options: DeployOptions,
): Promise<{ programId: Address; programData: Address }> {
  const { client, payer, programKeypair, bytes } = options;
  const programId = programKeypair.address;
  const [programData] = await getProgramDerivedAddress({
    programAddress: LOADER,
    seeds: [encodeAddress.encode(programId)],
  });
  if ((await readAccount(client, programId)) !== null) {
    throw new MediaError({
      code: 'chain/already-deployed',
      message: `There is an account at ${programId} already: deploy under a new program keypair.`,
      source: 'client',
      context: { programId },
    });
  }
  const buffer = options.bufferKeypair ?? (await generateKeyPairSigner());
  const send = senderOf(options);

  await createBuffer(options, buffer, send);
  await fillBuffer(options, buffer.address, send);
  const { slot } = await send([
    getCreateAccountInstruction({
      payer,
      newAccount: programKeypair,
      lamports: await rentFor(client, PROGRAM_SIZE),
      space: PROGRAM_SIZE,
      programAddress: LOADER,
    }),
    deployInstruction(payer, programData, programId, buffer.address, bytes.length),
  ]);
  if (options.finalise === true) await send([authorityInstruction(programData, payer)]);
  await untilRunnable(client, programId, slot);
  return { programId, programData };
}

const SLOT_POLL_MS = 200;
const SLOT_POLLS = 50;

/** A program runs from the slot after the one it was deployed in: what is sent before would fail. */
async function untilRunnable(
  client: DeployOptions['client'],
  programId: Address,
  deployed: bigint,
): Promise<void> {
  for (let poll = 0; poll < SLOT_POLLS; poll += 1) {
    const slot = await rpcCall('the slot', () =>
      client.rpc.getSlot({ commitment: client.commitment }).send(),
    );
    if (slot > deployed) return;
    await client.clock.sleep(SLOT_POLL_MS);
  }
  throw new MediaError({
    code: 'chain/deploy-failed',
    message: `The program ${programId} is deployed, but the chain stands still at slot ${deployed}.`,
    source: 'chain',
  });
}

type WritingOptions = Omit<DeployOptions, 'programKeypair' | 'finalise'>;

type Send = (instructions: readonly Instruction[], computeUnitLimit?: number) => Promise<SendResult>;

const senderOf =
  ({ client, payer, signal }: WritingOptions): Send =>
  (instructions, computeUnitLimit) =>
    client.send(instructions, {
      payer,
      ...(computeUnitLimit === undefined ? {} : { computeUnitLimit }),
      ...(signal === undefined ? {} : { signal }),
    });

async function createBuffer(
  options: WritingOptions,
  buffer: TransactionSigner,
  send: (instructions: readonly Instruction[]) => Promise<unknown>,
): Promise<void> {
  const { client, payer, bytes } = options;
  const space = BUFFER_HEADER + bytes.length;
  const found = await readAccount(client, buffer.address);
  if (found?.length === space) return;
  // DeployWithMaxDataLen pays for the program's data out of the buffer, so it must hold that much.
  const lamports = await rentFor(client, PROGRAM_DATA_HEADER + bytes.length);
  await send([
    getCreateAccountInstruction({ payer, newAccount: buffer, lamports, space, programAddress: LOADER }),
    {
      programAddress: LOADER,
      accounts: [
        { address: buffer.address, role: AccountRole.WRITABLE },
        { address: payer.address, role: AccountRole.READONLY },
      ],
      data: u32(0),
    },
  ]);
}

/** What no further round would mend. */
const HOPELESS: ReadonlySet<string> = new Set([
  'chain/abandoned',
  'chain/insufficient-lamports',
  'chain/stopped',
]);

/** Writes what the buffer does not hold yet, as the chain tells it, until it holds all. */
async function fillBuffer(
  options: WritingOptions,
  buffer: Address,
  send: (instructions: readonly Instruction[], computeUnitLimit: number) => Promise<unknown>,
): Promise<void> {
  const { bytes, payer } = options;
  let lastError: unknown;
  for (let round = 0; round < MAX_ROUNDS; round += 1) {
    const held = (await readAccount(options.client, buffer))?.subarray(BUFFER_HEADER) ?? new Uint8Array(0);
    const missing = missingChunks(bytes, held);
    options.onProgress?.(bytes.length - missing.length * CHUNK, bytes.length);
    if (missing.length === 0) return;
    let written = bytes.length - missing.length * CHUNK;
    const queue = missing.values();
    const worker = async (): Promise<void> => {
      for (const offset of queue) {
        options.signal?.throwIfAborted();
        try {
          await send(
            [writeInstruction(buffer, payer, offset, bytes.subarray(offset, offset + CHUNK))],
            10_000,
          );
        } catch (error) {
          // Read back in the next round; only a chunk that never arrives fails the deployment.
          if (error instanceof MediaError && HOPELESS.has(error.code)) throw error;
          lastError = error;
          continue;
        }
        written = Math.min(written + CHUNK, bytes.length);
        options.onProgress?.(Math.max(written, 0), bytes.length);
      }
    };
    await Promise.all(Array.from({ length: options.concurrency ?? 16 }, worker));
  }
  throw new MediaError({
    code: 'chain/deploy-failed',
    message: 'The chain did not take all of the program. Run the deployment again.',
    source: 'chain',
    retry: true,
    cause: lastError,
  });
}

/** Offsets of the chunks that a buffer does not hold. */
export function missingChunks(bytes: Uint8Array, held: Uint8Array): number[] {
  const missing: number[] = [];
  for (let offset = 0; offset < bytes.length; offset += CHUNK) {
    const end = Math.min(offset + CHUNK, bytes.length);
    for (let at = offset; at < end; at += 1) {
      if (bytes[at] !== held[at]) {
        missing.push(offset);
        break;
      }
    }
  }
  return missing;
}

async function readAccount(
  client: Pick<MediaClient, 'rpc' | 'commitment'>,
  at: Address,
): Promise<Uint8Array | null> {
  const { value } = await rpcCall('an account', () =>
    client.rpc.getAccountInfo(at, { encoding: 'base64', commitment: client.commitment }).send(),
  );
  return value === null ? null : new Uint8Array(getBase64Encoder().encode(value.data[0]));
}

function u32(value: number): Uint8Array {
  const data = new Uint8Array(4);
  viewOf(data).setUint32(0, value, true);
  return data;
}

/** bincode: variant u32, offset u32, length u64, bytes. */
function writeInstruction(
  buffer: Address,
  authority: TransactionSigner,
  offset: number,
  chunk: Uint8Array,
): Instruction {
  const data = new Uint8Array(16 + chunk.length);
  const view = viewOf(data);
  view.setUint32(0, 1, true);
  view.setUint32(4, offset, true);
  view.setBigUint64(8, BigInt(chunk.length), true);
  data.set(chunk, 16);
  const accounts = [
    { address: buffer, role: AccountRole.WRITABLE },
    { address: authority.address, role: AccountRole.READONLY_SIGNER, signer: authority },
  ];
  return { programAddress: LOADER, accounts, data };
}

/** DeployWithMaxDataLen; the program can grow by an upgrade later through ExtendProgram, so no slack is paid for. */
function deployInstruction(
  payer: TransactionSigner,
  programData: Address,
  programId: Address,
  buffer: Address,
  length: number,
): Instruction {
  const data = new Uint8Array(12);
  viewOf(data).setUint32(0, 2, true);
  viewOf(data).setBigUint64(4, BigInt(length), true);
  const accounts = [
    { address: payer.address, role: AccountRole.WRITABLE_SIGNER, signer: payer },
    { address: programData, role: AccountRole.WRITABLE },
    { address: programId, role: AccountRole.WRITABLE },
    { address: buffer, role: AccountRole.WRITABLE },
    { address: SYSVARS.rent, role: AccountRole.READONLY },
    { address: SYSVARS.clock, role: AccountRole.READONLY },
    { address: PROGRAMS.system, role: AccountRole.READONLY },
    { address: payer.address, role: AccountRole.READONLY_SIGNER, signer: payer },
  ];
  return { programAddress: LOADER, accounts, data };
}

/** What an upgrade by vote is made from: the buffer's options, and who may then use it. */
export type BufferOptions = WritingOptions & {
  /** The program's upgrade authority (`addresses.upgradeAuthority()`): from then on nobody else can change the buffer. */
  readonly authority: Address;
};

/** Writes a program into a buffer and gives it to the program's upgrade authority. The buffer's address. */
export async function writeUpgradeBuffer(options: BufferOptions): Promise<Address> {
  const { payer, authority } = options;
  const buffer = options.bufferKeypair ?? (await generateKeyPairSigner());
  const send = senderOf(options);
  await createBuffer(options, buffer, send);
  await fillBuffer(options, buffer.address, send);
  await send([authorityInstruction(buffer.address, payer, authority)]);
  return buffer.address;
}

/** Offset of the upgrade authority in a program's data account: behind its tag (u32) and the slot (u64), an option. */
const AUTHORITY_AT = 12;

/** Who may upgrade a program; null: nobody, or there is no such program. */
export async function upgradeAuthorityOf(
  client: Pick<MediaClient, 'rpc' | 'commitment'>,
  programData: Address,
): Promise<Address | null> {
  const data = await readAccount(client, programData);
  if (data === null || data[AUTHORITY_AT] !== 1) return null;
  return getAddressDecoder().decode(data, AUTHORITY_AT + 1);
}

/** Gives the right to upgrade the program to the program itself, which upgrades to what token holders vote for. For good. */
export function governUpgrades(
  programData: Address,
  authority: TransactionSigner,
  governed: Address,
): Instruction {
  return authorityInstruction(programData, authority, governed);
}

/** SetAuthority; to none where no other is given. */
function authorityInstruction(of: Address, authority: TransactionSigner, successor?: Address): Instruction {
  const accounts = [
    { address: of, role: AccountRole.WRITABLE },
    { address: authority.address, role: AccountRole.READONLY_SIGNER, signer: authority },
    ...(successor === undefined ? [] : [{ address: successor, role: AccountRole.READONLY }]),
  ];
  return { programAddress: LOADER, accounts, data: u32(4) };
}
