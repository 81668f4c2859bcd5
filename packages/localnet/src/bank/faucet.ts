import { randomBytes } from 'node:crypto';
import {
  AccountRole,
  appendTransactionMessageInstructions,
  compileTransaction,
  createKeyPairFromPrivateKeyBytes,
  createTransactionMessage,
  getAddressFromPublicKey,
  getTransactionEncoder,
  pipe,
  setTransactionMessageFeePayer,
  setTransactionMessageLifetimeUsingBlockhash,
  signTransaction,
} from '@solana/kit';
import type { Address, Blockhash, Instruction } from '@solana/kit';
import { MEMO_PROGRAM, SYSTEM_PROGRAM } from '../svm/program-ids.ts';

/** Gives away SOL by ordinary transfers from an account that the genesis filled. */
export interface Faucet {
  readonly address: Address;
  /** A signed transfer, unlike any before: a random memo keeps two equal airdrops apart. */
  transfer(
    to: Address,
    lamports: bigint,
    lifetime: { blockhash: string; lastValidBlockHeight: bigint },
  ): Promise<Uint8Array>;
}

/** Index of Transfer among the system program's instructions. */
const TRANSFER = 2;

function transferInstruction(from: Address, to: Address, lamports: bigint): Instruction {
  const data = Buffer.alloc(12);
  data.writeUInt32LE(TRANSFER, 0);
  data.writeBigUInt64LE(lamports, 4);
  return {
    programAddress: SYSTEM_PROGRAM,
    accounts: [
      { address: from, role: AccountRole.WRITABLE_SIGNER },
      { address: to, role: AccountRole.WRITABLE },
    ],
    data,
  };
}

export async function createFaucet(seed: Uint8Array): Promise<Faucet> {
  const keys = await createKeyPairFromPrivateKeyBytes(seed);
  const address = await getAddressFromPublicKey(keys.publicKey);
  return {
    address,
    async transfer(to, lamports, lifetime) {
      const memo = Buffer.from(`airdrop ${randomBytes(8).toString('hex')}`);
      const message = pipe(
        createTransactionMessage({ version: 0 }),
        (m) => setTransactionMessageFeePayer(address, m),
        // The bank's own blockhash, already checked to be one.
        (m) =>
          setTransactionMessageLifetimeUsingBlockhash(
            { ...lifetime, blockhash: lifetime.blockhash as Blockhash },
            m,
          ),
        (m) =>
          appendTransactionMessageInstructions(
            [transferInstruction(address, to, lamports), { programAddress: MEMO_PROGRAM, data: memo }],
            m,
          ),
      );
      return new Uint8Array(
        getTransactionEncoder().encode(await signTransaction([keys], compileTransaction(message))),
      );
    },
  };
}
