import type { Address } from '@solana/kit';
import { SYSTEM_PROGRAM } from '../../svm/program-ids.ts';
import type { TokenExtension } from '../../svm/token-layout.ts';
import { dataReader } from './layout.ts';
import type { DataReader } from './layout.ts';

type State = Readonly<Record<string, unknown>>;

/** All zeros, which is the system program's address, stand for none. */
function optional(r: DataReader): Address | null {
  const address = r.address();
  return address === SYSTEM_PROGRAM ? null : address;
}

const base64 = (r: DataReader, bytes: number): string => r.take(bytes).toString('base64');

/** A key of ElGamal encryption; zeros stand for none. */
function optionalElgamal(r: DataReader): string | null {
  const bytes = r.take(32);
  return bytes.every((byte) => byte === 0) ? null : bytes.toString('base64');
}

const flag = (r: DataReader): boolean => r.u8() === 1;

function transferFee(r: DataReader): State {
  return { epoch: r.u64(), maximumFee: r.u64(), transferFeeBasisPoints: r.u16() };
}

const ACCOUNT_STATES = ['uninitialized', 'initialized', 'frozen'] as const;

/** Bytes of an encrypted amount: ElGamal's ciphertext, and the symmetric one that its owner can read. */
const CIPHERTEXT = 64;
const DECRYPTABLE = 36;

/** As Rust writes a float: a whole number has no fraction. */
const float = (r: DataReader): string => String(r.f64());

function borshText(r: DataReader): string {
  return r.take(r.u32()).toString('utf8');
}

function tokenMetadata(r: DataReader): State {
  const info = {
    updateAuthority: optional(r),
    mint: r.address(),
    name: borshText(r),
    symbol: borshText(r),
    uri: borshText(r),
  };
  const count = r.u32();
  const additionalMetadata: [string, string][] = [];
  for (let i = 0; i < count; i += 1) additionalMetadata.push([borshText(r), borshText(r)]);
  return { ...info, additionalMetadata };
}

interface Extension {
  readonly name: string;
  /** None: its name says all. */
  readonly state?: (r: DataReader) => State;
}

/** Token-2022's extensions by their type (spl-token-2022 `ExtensionType`, agave `parse_token_extension.rs`). */
const EXTENSIONS: Readonly<Record<number, Extension>> = {
  1: {
    name: 'transferFeeConfig',
    state: (r) => ({
      transferFeeConfigAuthority: optional(r),
      withdrawWithheldAuthority: optional(r),
      withheldAmount: r.u64(),
      olderTransferFee: transferFee(r),
      newerTransferFee: transferFee(r),
    }),
  },
  2: { name: 'transferFeeAmount', state: (r) => ({ withheldAmount: r.u64() }) },
  3: { name: 'mintCloseAuthority', state: (r) => ({ closeAuthority: optional(r) }) },
  4: {
    name: 'confidentialTransferMint',
    state: (r) => ({
      authority: optional(r),
      autoApproveNewAccounts: flag(r),
      auditorElgamalPubkey: optionalElgamal(r),
    }),
  },
  5: {
    name: 'confidentialTransferAccount',
    state: (r) => ({
      approved: flag(r),
      elgamalPubkey: base64(r, 32),
      pendingBalanceLo: base64(r, CIPHERTEXT),
      pendingBalanceHi: base64(r, CIPHERTEXT),
      availableBalance: base64(r, CIPHERTEXT),
      decryptableAvailableBalance: base64(r, DECRYPTABLE),
      allowConfidentialCredits: flag(r),
      allowNonConfidentialCredits: flag(r),
      pendingBalanceCreditCounter: r.u64(),
      maximumPendingBalanceCreditCounter: r.u64(),
      expectedPendingBalanceCreditCounter: r.u64(),
      actualPendingBalanceCreditCounter: r.u64(),
    }),
  },
  6: { name: 'defaultAccountState', state: (r) => ({ accountState: ACCOUNT_STATES[r.u8()] }) },
  7: { name: 'immutableOwner' },
  8: { name: 'memoTransfer', state: (r) => ({ requireIncomingTransferMemos: flag(r) }) },
  9: { name: 'nonTransferable' },
  10: {
    name: 'interestBearingConfig',
    state: (r) => ({
      rateAuthority: optional(r),
      initializationTimestamp: r.i64(),
      preUpdateAverageRate: r.i16(),
      lastUpdateTimestamp: r.i64(),
      currentRate: r.i16(),
    }),
  },
  11: { name: 'cpiGuard', state: (r) => ({ lockCpi: flag(r) }) },
  12: { name: 'permanentDelegate', state: (r) => ({ delegate: optional(r) }) },
  13: { name: 'nonTransferableAccount' },
  14: { name: 'transferHook', state: (r) => ({ authority: optional(r), programId: optional(r) }) },
  15: { name: 'transferHookAccount', state: (r) => ({ transferring: flag(r) }) },
  16: {
    name: 'confidentialTransferFeeConfig',
    state: (r) => ({
      authority: optional(r),
      withdrawWithheldAuthorityElgamalPubkey: optionalElgamal(r),
      harvestToMintEnabled: flag(r),
      withheldAmount: base64(r, CIPHERTEXT),
    }),
  },
  17: { name: 'confidentialTransferFeeAmount', state: (r) => ({ withheldAmount: base64(r, CIPHERTEXT) }) },
  18: { name: 'metadataPointer', state: (r) => ({ authority: optional(r), metadataAddress: optional(r) }) },
  19: { name: 'tokenMetadata', state: tokenMetadata },
  20: { name: 'groupPointer', state: (r) => ({ authority: optional(r), groupAddress: optional(r) }) },
  21: {
    name: 'tokenGroup',
    state: (r) => ({ updateAuthority: optional(r), mint: r.address(), size: r.u64(), maxSize: r.u64() }),
  },
  22: { name: 'groupMemberPointer', state: (r) => ({ authority: optional(r), memberAddress: optional(r) }) },
  23: {
    name: 'tokenGroupMember',
    state: (r) => ({ mint: r.address(), group: r.address(), memberNumber: r.u64() }),
  },
  24: {
    name: 'confidentialMintBurn',
    state: (r) => ({
      confidentialSupply: base64(r, CIPHERTEXT),
      decryptableSupply: base64(r, DECRYPTABLE),
      supplyElgamalPubkey: optionalElgamal(r),
      pendingBurn: base64(r, CIPHERTEXT),
    }),
  },
  25: {
    name: 'scaledUiAmountConfig',
    state: (r) => ({
      authority: optional(r),
      multiplier: float(r),
      newMultiplierEffectiveTimestamp: r.i64(),
      newMultiplier: float(r),
    }),
  },
  26: { name: 'pausableConfig', state: (r) => ({ authority: optional(r), paused: flag(r) }) },
  27: { name: 'pausableAccount' },
  28: { name: 'permissionedBurn', state: (r) => ({ authority: optional(r) }) },
};

/** Names of the extensions, as instructions that ask for room list them too. */
export const extensionName = (type: number): string | undefined => EXTENSIONS[type]?.name;

/** What an account's extensions say; one that cannot be read is shown as such, as Solana's node does. */
export function parseExtensions(extensions: readonly TokenExtension[]): readonly unknown[] {
  return extensions.map(({ type, data }) => {
    const known = EXTENSIONS[type];
    if (known === undefined) return { extension: 'unparseableExtension' };
    if (known.state === undefined) return { extension: known.name };
    try {
      return { extension: known.name, state: known.state(dataReader(data)) };
    } catch (error) {
      if (error instanceof RangeError) return { extension: 'unparseableExtension' };
      throw error;
    }
  });
}
