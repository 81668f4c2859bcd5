import { NODE_STATUS } from '@media-network/chain/schema';
import { hourAt, weekAt } from '@media-network/protocol';
import { MediaError } from '@media-network/runtime';
import { formatUnits } from './amounts.ts';
import type { CliContext } from './command.ts';
import { connect, mintDecimals } from './connection.ts';
import type { ChainOptions } from './chain-options.ts';
import type { Connection } from './connection.ts';
import { timeText } from './stake/refusal.ts';

export type NodeKind = 'edge' | 'guard';

/** The stake that a node holds, as it is now. */
async function stakeText(
  connection: Connection,
  stakeAddress: Parameters<typeof connection.client.account>[1],
): Promise<{ readonly lp: bigint; readonly unbonding: bigint; readonly text: string }> {
  const { client } = connection;
  const stake = await client.account('stake', stakeAddress);
  const pool = stake === null ? null : await client.account('pool', stake.pool);
  if (stake === null || pool === null) return { lp: 0n, unbonding: 0n, text: 'no stake' };
  const decimals = await mintDecimals(client, pool.lpMint);
  const unbonding =
    stake.unbonding === 0n ? '' : `, ${formatUnits(stake.unbonding, decimals)} LP on their way out`;
  return {
    lp: stake.lp,
    unbonding: stake.unbonding,
    text: `${formatUnits(stake.lp, decimals)} LP at stake${unbonding}`,
  };
}

/** Takes a node off the network; its stake can unbond from then on. Leaving twice is no error. */
export async function leave(kind: NodeKind, options: ChainOptions, context: CliContext): Promise<void> {
  const connection = await connect(options, context);
  const { client } = connection;
  const owner = await connection.wallet();
  const who = await connection.named(owner.address);
  const node = kind === 'edge' ? await client.edge(owner.address) : await client.guard(owner.address);
  if (node === null) {
    throw new MediaError({
      code: 'cli/not-registered',
      message: `The wallet ${who} has no ${kind} on this network.`,
      hint: '"media status" lists the nodes; name the wallet of the one that leaves with --keypair.',
      source: 'client',
    });
  }
  const already = node.status === NODE_STATUS.left;
  let signature: string | null = null;
  if (!already) {
    const instruction =
      kind === 'edge'
        ? await client.instructions.leaveEdge({ owner })
        : await client.instructions.leaveGuard({
            owner,
            week: weekAt(await client.config(), await client.chainTime()) + 1n,
          });
    ({ signature } = await connection.send([instruction], owner));
  }
  const stake = await stakeText(connection, node.stake);
  const now = await client.chainTime();
  const leftAt = already ? node.leftAt : now;
  if (options.json === true) {
    context.terminal.json({
      [kind]: node.address,
      owner: owner.address,
      left: true,
      already,
      leftAt: new Date(Number(leftAt) * 1000).toISOString(),
      staked: stake.lp,
      unbonding: stake.unbonding,
      signature,
    });
    return;
  }
  const { terminal, invocation } = context;
  terminal.line(
    already
      ? `The ${kind} of ${who} left already, ${timeText(leftAt, now)}.`
      : `The ${kind} of ${who} has left: it is no longer listed, gets no traffic and earns nothing from now on.`,
  );
  terminal.line(`It has ${stake.text}.`);
  const next =
    stake.lp > 0n
      ? `stake unbond --all --role ${kind}`
      : stake.unbonding > 0n
        ? `stake withdraw --role ${kind}`
        : undefined;
  if (next !== undefined) terminal.line(`Next:\n  ${invocation.line(next)}`);
  if (!already) {
    const hour = hourAt(await client.config(), now);
    terminal.line(
      kind === 'edge'
        ? `Stop its daemon if it still runs. What it served in hour ${hour} and has not reported is not paid.`
        : 'Stop its daemon if it still runs.',
    );
    terminal.line(`What it has earned stays its own: ${invocation.line('claim')}`);
  }
  if (signature !== null) terminal.line(signature);
}
