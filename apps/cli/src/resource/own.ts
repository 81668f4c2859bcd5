import type { Signer } from '@media-network/chain';
import { MediaError } from '@media-network/runtime';
import type { Connection } from '../connection.ts';
import { labelOf } from './find.ts';
import type { Resource } from './find.ts';

/**
 * The wallet of the command, when it owns the resource.
 *
 * @throws `cli/not-publisher` naming both
 */
export async function ownerWallet(connection: Connection, resource: Resource): Promise<Signer> {
  const wallet = await connection.wallet();
  if (wallet.address === resource.publisher) return wallet;
  const owner = await connection.named(resource.publisher);
  const name = /^(\S+) \(/.exec(owner)?.[1];
  throw new MediaError({
    code: 'cli/not-publisher',
    message: `The resource ${labelOf(resource)} belongs to ${owner}; the wallet of this command is ${await connection.named(wallet.address)}.`,
    hint:
      name === undefined
        ? 'Name the keypair file of its publisher with --keypair.'
        : `Act as its publisher with --keypair ${name}.`,
    source: 'client',
  });
}
