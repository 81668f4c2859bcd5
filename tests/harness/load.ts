import type { MediaClient } from '@media-network/chain';
import { errorCode } from '@media-network/runtime';
import { exchange } from '@media-network/viewer';
import { generateKeyPairSigner, lamports } from '@solana/kit';
import type { Signature } from '@solana/kit';
import { askCommit } from './commits.ts';
import type { AskingGuard } from './commits.ts';

export interface LoadTarget {
  readonly client: MediaClient;
  readonly host: string;
  /** Asks edges for their counters. */
  readonly guard: AskingGuard;
  /** Ports of the edges, data plane and control plane. */
  readonly edges: readonly { readonly port: number; readonly control: number }[];
  /** Hex SHA-256 of what is served, by target. */
  readonly sha256: ReadonlyMap<string, string>;
}

export type Outcome = 'succeeded' | 'failed';

export function outcomeOf({ err }: { readonly err: unknown }): Outcome {
  return err === null ? 'succeeded' : 'failed';
}

/** What was seen while a network was under load; what it must still know after it was killed. */
export interface Seen {
  /** Transactions that the chain called confirmed, and whether they failed: one that comes too late is kept too. */
  readonly confirmed: ReadonlyMap<Signature, Outcome>;
  /** Bytes of all resources in the last commit of each edge, by its control port: acknowledged in its journal. */
  readonly acknowledged: ReadonlyMap<number, bigint>;
  /** Whole responses. */
  readonly served: number;
  /** Whole responses that were not what the origin has. */
  readonly wrong: readonly string[];
}

export interface Load {
  readonly seen: Seen;
  /** Ends when all loops have; what was cut off is no error. */
  stop(): Promise<void>;
}

/** Viewers, transactions and readers of meters, each as fast as the network lets them. */
export function startLoad(target: LoadTarget): Load {
  const confirmed = new Map<Signature, Outcome>();
  const acknowledged = new Map<number, bigint>();
  const wrong: string[] = [];
  let served = 0;
  const stopping = new AbortController();

  async function repeat(step: (turn: number) => Promise<void>): Promise<void> {
    for (let turn = 0; !stopping.signal.aborted; turn += 1) {
      try {
        await step(turn);
      } catch (error) {
        // A process that is killed breaks off what is under way; everything else has been counted as wrong.
        if (stopping.signal.aborted) return;
        await new Promise((resolve) => setTimeout(resolve, 20));
        if (errorCode(error) === 'viewer/malformed') wrong.push(`malformed: ${String(error)}`);
      }
    }
  }

  const names = [...target.sha256.keys()];
  const view = (edge: number): Promise<void> =>
    repeat(async (turn) => {
      const name = names[turn % names.length] ?? '/';
      const response = await exchange(`http://${target.host}:${edge}${name}`);
      if (response.status !== 200) return;
      served += 1;
      if (response.sha256 !== target.sha256.get(name)) wrong.push(`${name} at ${edge}`);
    });

  const read = (control: number): Promise<void> =>
    repeat(async () => {
      const now = await target.client.chainTime();
      const commit = await askCommit(target.guard, `http://127.0.0.1:${control}`, now);
      if (commit !== undefined) acknowledged.set(control, commit.total);
      await new Promise((resolve) => setTimeout(resolve, 20));
    });

  const pay = (): Promise<void> =>
    repeat(async () => {
      const { address } = await generateKeyPairSigner();
      const signature = await target.client.rpc.requestAirdrop(address, lamports(2_000_000n)).send();
      const { value } = await target.client.rpc.getSignatureStatuses([signature]).send();
      const [status] = value;
      const level = status?.confirmationStatus;
      if (status && (level === 'confirmed' || level === 'finalized'))
        confirmed.set(signature, outcomeOf(status));
    });

  /** What the daemons themselves have sent. */
  const list = (): Promise<void> =>
    repeat(async () => {
      const found = await target.client.rpc
        .getSignaturesForAddress(target.client.programId, { limit: 50, commitment: 'confirmed' })
        .send();
      for (const each of found) confirmed.set(each.signature, outcomeOf(each));
      await new Promise((resolve) => setTimeout(resolve, 100));
    });

  const loops = [
    ...target.edges.flatMap(({ port, control }) => [view(port), read(control)]),
    pay(),
    pay(),
    list(),
  ];
  return {
    seen: {
      confirmed,
      acknowledged,
      wrong,
      get served() {
        return served;
      },
    },
    async stop() {
      stopping.abort();
      await Promise.all(loops);
    },
  };
}
