import type { CliContext } from '../command.ts';
import { connect } from '../connection.ts';
import type { ChainOptions } from '../connection.ts';
import { findResource } from './find.ts';

export async function remove(
  which: string,
  options: ChainOptions & { readonly release?: true },
  context: CliContext,
): Promise<void> {
  const connection = await connect(options, context);
  const { client } = connection;
  const publisher = await connection.wallet();
  const resource = await findResource(connection, which);
  const to = { publisher, resource: resource.address };
  const instruction =
    options.release === true
      ? await client.instructions.releaseResource({
          ...to,
          pool: resource.pool,
          settingsVersion: resource.settingsVersion,
          ring: resource.ring,
        })
      : await client.instructions.removeResource(to);
  const { signature } = await client.send([instruction], { payer: publisher });
  const { finalHours } = await client.config();
  if (options.json === true)
    context.terminal.json({ signature, resource: resource.address, released: options.release === true });
  else if (options.release === true)
    context.terminal.line(`Released: its LP is free again and its rent is back.\n${signature}`);
  else {
    context.terminal.line(
      `Removed. When its hours are settled, ${2 * finalHours} hours of the network from now, "media resource remove ${resource.address} --release" frees its LP.\n${signature}`,
    );
  }
}
