import {
  appendTransactionMessageInstructions,
  createSolanaRpc,
  createSolanaRpcSubscriptions,
  createTransactionMessage,
  generateKeyPairSigner,
  lamports,
  pipe,
  sendAndConfirmTransactionFactory,
  setTransactionMessageFeePayerSigner,
  setTransactionMessageLifetimeUsingBlockhash,
  signTransactionMessageWithSigners,
  assertIsTransactionWithBlockhashLifetime,
} from '@solana/kit';
import type {
  Blockhash,
  Instruction,
  KeyPairSigner,
  Rpc,
  RpcSubscriptions,
  SolanaRpcApi,
  SolanaRpcSubscriptionsApi,
  Transaction,
  TransactionWithBlockhashLifetime,
} from '@solana/kit';
import type { FullySignedTransaction, TransactionWithinSizeLimit } from '@solana/kit';
import { silentLog, systemClock } from '@media-network/runtime';
import type { Clock } from '@media-network/runtime';
import { createLocalnet } from '../src/index.ts';
import type { Localnet, LocalnetOptions } from '../src/index.ts';

export type SignedTransaction = FullySignedTransaction &
  Transaction &
  TransactionWithBlockhashLifetime &
  TransactionWithinSizeLimit;

/** Stock kit pointed at a chain by its two URLs, as any client would be. */
export interface KitClient {
  readonly rpc: Rpc<SolanaRpcApi>;
  readonly subscriptions: RpcSubscriptions<SolanaRpcSubscriptionsApi>;
  sign(
    payer: KeyPairSigner,
    instructions: readonly Instruction[],
    lifetime?: Lifetime,
  ): Promise<SignedTransaction>;
  sendAndConfirm(transaction: SignedTransaction): Promise<void>;
  run(payer: KeyPairSigner, instructions: readonly Instruction[]): Promise<SignedTransaction>;
}

export interface Lifetime {
  readonly blockhash: Blockhash;
  readonly lastValidBlockHeight: bigint;
}

export function kitClient(urls: { readonly rpcUrl: string; readonly wsUrl: string }): KitClient {
  const rpc = createSolanaRpc(urls.rpcUrl);
  const subscriptions = createSolanaRpcSubscriptions(urls.wsUrl);
  const confirm = sendAndConfirmTransactionFactory({ rpc, rpcSubscriptions: subscriptions });
  const client: KitClient = {
    rpc,
    subscriptions,
    async sign(payer, instructions, lifetime) {
      const used = lifetime ?? (await rpc.getLatestBlockhash().send()).value;
      const signed = await signTransactionMessageWithSigners(
        pipe(
          createTransactionMessage({ version: 0 }),
          (m) => setTransactionMessageFeePayerSigner(payer, m),
          (m) => setTransactionMessageLifetimeUsingBlockhash(used, m),
          (m) => appendTransactionMessageInstructions(instructions, m),
        ),
      );
      assertIsTransactionWithBlockhashLifetime(signed);
      return signed;
    },
    sendAndConfirm: (transaction) => confirm(transaction, { commitment: 'confirmed' }),
    async run(payer, instructions) {
      const transaction = await client.sign(payer, instructions);
      await client.sendAndConfirm(transaction);
      return transaction;
    },
  };
  return client;
}

export interface Harness {
  readonly net: Localnet;
  readonly client: KitClient;
  readonly payer: KeyPairSigner;
}

export async function startChain(
  options: Partial<LocalnetOptions> = {},
  clock: Clock = systemClock,
): Promise<Harness> {
  const net = await createLocalnet({ clock, log: silentLog }, { dir: undefined, ...options });
  const payer = await generateKeyPairSigner();
  await net.airdrop(payer.address, lamports(100_000_000_000n));
  return { net, client: kitClient(net), payer };
}

/** A JSON-RPC call with no client in between. */
export async function rawCall(
  url: string,
  method: string,
  params: readonly unknown[] = [],
): Promise<RawAnswer> {
  return (await rawPost(url, JSON.stringify({ jsonrpc: '2.0', id: 1, method, params }))) as RawAnswer;
}

export interface RawAnswer {
  readonly id: unknown;
  // The shape is what a test is about to check.
  readonly result?: unknown;
  readonly error?: {
    readonly code: number;
    readonly message: string;
    readonly data?: Record<string, unknown>;
  };
}

export async function rawPost(url: string, body: string): Promise<unknown> {
  const response = await fetch(url, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body,
  });
  return response.json();
}
