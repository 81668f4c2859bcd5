import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { createMediaClient, deployProgram, websocketUrl } from '@media-network/chain';
import type { MediaClient, MediaClientOptions, Signer } from '@media-network/chain';
import { createNodePost } from '@media-network/chain/node';
import { createLocalnet } from '@media-network/localnet';
import type { Localnet } from '@media-network/localnet';
import { MediaError, systemClock } from '@media-network/runtime';
import type { Clock, Log } from '@media-network/runtime';
import { lamports } from '@solana/kit';
import type { Address } from '@solana/kit';
import { LOCAL_PROGRAM_ID, PROGRAM_PATH } from '../local-program.ts';
import type { WalletStore } from '../wallet-store.ts';

/** Another chain than the embedded one. */
export interface ClusterOptions {
  readonly rpcUrl: string;
  readonly wsUrl?: string;
  /** A wallet with SOL; without one the treasury asks the cluster for an airdrop. */
  readonly payer?: Signer;
}

export interface OpenChain {
  readonly rpcUrl: string;
  readonly wsUrl: string;
  readonly programId: Address;
  readonly client: MediaClient;
  /** Undefined on another cluster. */
  readonly localnet: Localnet | undefined;
  airdrop(to: Address, amount: bigint): Promise<void>;
}

export interface OpenChainDeps {
  /** The chain's own clock; that of the client is always the system's, since it waits for real answers. */
  readonly clock: Clock;
  readonly log: Log;
  /** Gives up what the client waits for. */
  readonly signal?: AbortSignal;
}

const clientDeps = ({ log, signal }: OpenChainDeps): Pick<MediaClientOptions, 'log' | 'post' | 'signal'> => ({
  log,
  post: createNodePost(),
  ...(signal === undefined ? {} : { signal }),
});

/** Starts the embedded chain with the program loaded. */
export async function openEmbedded(
  deps: OpenChainDeps,
  options: {
    readonly dir: string;
    readonly rpcPort: number;
    readonly wsPort?: number;
    readonly host?: string;
    /** Goes on from what is whole where the chain's folder has lost something. */
    readonly acceptLoss?: boolean;
  },
): Promise<OpenChain> {
  const localnet = await createLocalnet(
    { clock: deps.clock, log: deps.log },
    {
      dir: join(options.dir, 'chain'),
      rpcPort: options.rpcPort,
      ...(options.wsPort === undefined ? {} : { wsPort: options.wsPort }),
      ...(options.host === undefined ? {} : { host: options.host }),
      acceptLoss: options.acceptLoss ?? false,
      programs: [{ address: LOCAL_PROGRAM_ID, soPath: PROGRAM_PATH }],
    },
  );
  const { rpcUrl, wsUrl } = localnet;
  const programId = LOCAL_PROGRAM_ID;
  return {
    rpcUrl,
    wsUrl,
    programId,
    client: createMediaClient({ rpcUrl, wsUrl, programId, clock: systemClock, ...clientDeps(deps) }),
    localnet,
    airdrop: async (to, amount) => void (await localnet.airdrop(to, amount)),
  };
}

/** Another chain, with the program deployed under an id of its own (the wallet `program` of the store) if it is not yet. */
export async function openCluster(
  deps: OpenChainDeps,
  options: ClusterOptions,
  wallets: WalletStore,
): Promise<OpenChain> {
  const { rpcUrl } = options;
  const wsUrl = options.wsUrl ?? websocketUrl(rpcUrl);
  const programId = (await wallets.ensure('program')).address;
  const client = createMediaClient({ rpcUrl, wsUrl, programId, clock: systemClock, ...clientDeps(deps) });
  return {
    rpcUrl,
    wsUrl,
    programId,
    client,
    localnet: undefined,
    airdrop: (to, amount) => requestAirdrop(client, to, amount),
  };
}

/** A faucet gives little at a time, and its transactions take a moment to land. */
async function requestAirdrop(client: MediaClient, to: Address, amount: bigint): Promise<void> {
  const wanted = (await client.lamports(to)) + amount;
  try {
    await client.rpc.requestAirdrop(to, lamports(amount)).send();
  } catch (cause) {
    throw new MediaError({
      code: 'devnet/no-airdrop',
      message: `The chain at ${client.rpcUrl} gives no airdrop of ${amount / 1_000_000_000n} SOL: name a wallet that has them with --keypair.`,
      source: 'chain',
      cause,
    });
  }
  for (let tries = 0; tries < 240; tries += 1) {
    if ((await client.lamports(to)) >= wanted) return;
    await systemClock.sleep(250);
  }
  throw new MediaError({
    code: 'devnet/no-airdrop',
    message: `The airdrop to ${to} has not arrived within a minute: try again, or name a funded wallet with --keypair.`,
    source: 'chain',
    retry: true,
  });
}

/** Deploys the program unless it is there. */
export async function ensureProgram(
  chain: OpenChain,
  wallets: WalletStore,
  payer: Signer,
  onStep: (text: string) => void,
): Promise<void> {
  const { client, programId } = chain;
  const { value } = await client.rpc
    .getAccountInfo(programId, { encoding: 'base64', commitment: client.commitment })
    .send();
  if (value !== null) return;
  const bytes = new Uint8Array(await readFile(PROGRAM_PATH));
  onStep(`deploy the program as ${programId} (${bytes.length} bytes)`);
  await deployProgram({ client, payer, programKeypair: await wallets.ensure('program'), bytes });
}
