import { RESOURCE_STATUS } from '@media-network/chain/schema';
import { MediaError } from '@media-network/runtime';
import type { CliContext } from '../command.ts';
import { connect } from '../connection.ts';
import type { ChainOptions } from '../chain-options.ts';
import { nameIn } from '../roles.ts';
import { findResource, labelOf } from './find.ts';
import { formatRate } from './usage-chart.ts';

/** Recomputes the quota of a resource; one whose stake was used up comes back where nothing is owed any more. */
export async function refresh(which: string, options: ChainOptions, context: CliContext): Promise<void> {
  const connection = await connect(options, context);
  const { client } = connection;
  const before = await findResource(connection, which);
  if (before.status !== RESOURCE_STATUS.active && before.status !== RESOURCE_STATUS.exhausted)
    throw new MediaError({
      code: 'cli/bad-resource',
      message: `The resource ${labelOf(before)} is ${nameIn(RESOURCE_STATUS, before.status)}; only one that is active or exhausted has a quota to compute.`,
      hint: '"media resource show" says what it waits for.',
      source: 'client',
    });
  const payer = await connection.wallet();
  const { signature } = await connection.send(
    [await client.instructions.refreshQuota({ pool: before.pool, resource: before.address })],
    payer,
  );
  const after = (await client.account('resource', before.address)) ?? before;
  const status = nameIn(RESOURCE_STATUS, after.status);
  if (options.json === true) {
    const [was, quotaKbps] = [before.quotaKbps, after.quotaKbps];
    context.terminal.json({ signature, resource: before.address, status, was, quotaKbps });
  } else
    context.terminal.line(
      `The quota of ${labelOf(before)} is ${formatRate(after.quotaKbps)}, was ${formatRate(before.quotaKbps)}; it is ${status}.\n${signature}`,
    );
}
