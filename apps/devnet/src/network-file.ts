import { join } from 'node:path';
import { address } from '@solana/kit';
import type { Address } from '@solana/kit';
import { MediaError } from '@media-network/runtime';
import { readIfPresent, writeDurably } from './durable-file.ts';

/** Where the network of a folder is, for commands that run beside it. */
export interface NetworkFile {
  readonly rpcUrl: string;
  readonly wsUrl: string | null;
  readonly programId: Address;
  readonly quoteMint: Address | null;
}

export async function readNetworkFile(dir: string): Promise<NetworkFile | undefined> {
  const path = join(dir, 'network.json');
  const content = await readIfPresent(path);
  if (content === undefined) return undefined;
  try {
    const value: unknown = JSON.parse(content.toString('utf8'));
    const fields: ReadonlyMap<string, unknown> = new Map(Object.entries(value ?? {}));
    const text = (name: string): string | null => {
      const field = fields.get(name);
      return typeof field === 'string' ? field : null;
    };
    const quoteMint = text('quoteMint');
    return {
      rpcUrl: text('rpcUrl') ?? '',
      wsUrl: text('wsUrl'),
      programId: address(text('programId') ?? ''),
      quoteMint: quoteMint === null ? null : address(quoteMint),
    };
  } catch (error) {
    throw new MediaError({
      code: 'devnet/bad-network-file',
      message: `${path} cannot be read: delete it and start the network again.`,
      source: 'client',
      cause: error,
    });
  }
}

export async function writeNetworkFile(dir: string, network: NetworkFile): Promise<void> {
  await writeDurably(join(dir, 'network.json'), `${JSON.stringify(network, null, 2)}\n`);
}
