import { join } from 'node:path';
import { address } from '@solana/addresses';
import type { Address } from '@solana/addresses';
import { MediaError } from '@media-network/runtime';
import { readIfPresent, writeDurably } from '@media-network/runtime/durable-file';

/** Where the network of a folder is, for commands that run beside it. */
export interface NetworkFile {
  readonly rpcUrl: string;
  readonly wsUrl: string | null;
  readonly programId: Address;
  readonly quoteMint: Address | null;
  /** What `up` has published; null where it has not. */
  readonly origin?: PublishedOrigin | null;
  /** Where `up` listens; null where it has not run. */
  readonly ports?: KeptPorts | null;
}

/** The first port of the edges, from which the others follow, and that of the chain. */
export interface KeptPorts {
  readonly edge: number;
  readonly rpc: number;
}

/** The origin that was published last: the sample, or one of the user's. */
export interface PublishedOrigin {
  readonly kind: 'sample' | 'own';
  readonly url: string;
}

function readOrigin(value: unknown): PublishedOrigin | null {
  if (typeof value !== 'object' || value === null || !('kind' in value) || !('url' in value)) return null;
  const { kind, url } = value;
  return (kind === 'sample' || kind === 'own') && typeof url === 'string' ? { kind, url } : null;
}

function readPorts(value: unknown): KeptPorts | null {
  if (typeof value !== 'object' || value === null || !('edge' in value) || !('rpc' in value)) return null;
  const { edge, rpc } = value;
  return isPort(edge) && isPort(rpc) ? { edge, rpc } : null;
}

function isPort(value: unknown): value is number {
  return typeof value === 'number' && Number.isInteger(value) && value > 0 && value <= 65_535;
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
      origin: readOrigin(fields.get('origin')),
      ports: readPorts(fields.get('ports')),
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

/** Writes where the network is; what was published there before, and on which ports, stays known unless told otherwise. */
export async function writeNetworkFile(dir: string, network: NetworkFile): Promise<void> {
  const known = await readNetworkFile(dir).catch(() => undefined);
  const all = {
    ...network,
    origin: network.origin ?? known?.origin ?? null,
    ports: network.ports ?? known?.ports ?? null,
  };
  await writeDurably(join(dir, 'network.json'), `${JSON.stringify(all, null, 2)}\n`);
}
