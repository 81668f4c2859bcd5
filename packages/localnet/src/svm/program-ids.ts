import { address } from '@solana/kit';
import type { Address } from '@solana/kit';

export const SYSTEM_PROGRAM: Address = address('11111111111111111111111111111111');
export const TOKEN_PROGRAM: Address = address('TokenkegQfeZyiNwAJbNbGKPFXCWuBvf9Ss623VQ5DA');
export const TOKEN_2022_PROGRAM: Address = address('TokenzQdBNbLqP5VEhdkAS6EPFLC1PHnBqCXEpPxuEb');
export const MEMO_PROGRAM: Address = address('MemoSq4gqABAXKb96qnH8TysNcWxMyWCqXgDLGmfcHr');
export const MEMO_V1_PROGRAM: Address = address('Memo1UhkJRfHyvLMcVucJwxXeuD728EqVDDwQDxFMNo');
export const ASSOCIATED_TOKEN_PROGRAM: Address = address('ATokenGPvbdGVxr1b2hvZbsiqW5xWH25efTNsLJA8knL');
export const COMPUTE_BUDGET_PROGRAM: Address = address('ComputeBudget111111111111111111111111111111');
export const LOOKUP_TABLE_PROGRAM: Address = address('AddressLookupTab1e1111111111111111111111111');
export const NATIVE_LOADER: Address = address('NativeLoader1111111111111111111111111111111');
export const LOADER_V2: Address = address('BPFLoader2111111111111111111111111111111111');
export const LOADER_V3: Address = address('BPFLoaderUpgradeab1e11111111111111111111111');
export const STAKE_PROGRAM: Address = address('Stake11111111111111111111111111111111111111');
export const SYSVAR_PROGRAM: Address = address('Sysvar1111111111111111111111111111111111111');
export const RECENT_BLOCKHASHES_SYSVAR: Address = address('SysvarRecentB1ockHashes11111111111111111111');
export const SLOT_HISTORY_SYSVAR: Address = address('SysvarS1otHistory11111111111111111111111111');
export const SLOT_HASHES_SYSVAR: Address = address('SysvarS1otHashes111111111111111111111111111');

/** Programs whose accounts hold signature checks inside instruction data; each check costs a signature's fee. */
export const PRECOMPILES: ReadonlySet<Address> = new Set([
  address('Ed25519SigVerify111111111111111111111111111'),
  address('KeccakSecp256k11111111111111111111111111111'),
  address('Secp256r1SigVerify1111111111111111111111111'),
]);
