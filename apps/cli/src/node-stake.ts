import type { Signer } from '@media-network/chain';
import { averagePrice, poolValue } from '@media-network/chain/model';
import { MediaError } from '@media-network/runtime';
import type { Address } from '@solana/kit';
import { formatMedia, formatUnits, parseAmount } from './amounts.ts';
import type { CliContext } from './command.ts';
import type { Connection } from './connection.ts';
import { mintDecimals } from './connection.ts';
import { nameIn } from './roles.ts';
import { whereLpIs } from './stake/refusal.ts';
import { ROLE } from '@media-network/chain/schema';

/**
 * Sees to it that a node has enough at stake, out of LP that its wallet holds, and returns the pool.
 *
 * @throws `cli/no-lp` saying how much is missing and how to get it.
 */
export async function ensureNodeStake(
  connection: Connection,
  wallet: Signer,
  role: number,
  minimum: bigint,
  options: { readonly lp?: string; readonly quote?: string },
  context: CliContext,
): Promise<Address> {
  const { client } = connection;
  const pool = await connection.pool(options.quote);
  const config = await client.config();
  const decimals = await mintDecimals(client, pool.lpMint);
  const average = averagePrice(pool, await client.chainTime(), BigInt(config.twapSecs));
  // A fifth above the least: the worth of LP moves with the price.
  const least = (minimum * 6n * pool.lpSupply) / (5n * poolValue(pool, average)) + 1n;
  const wanted = options.lp === undefined ? least : parseAmount(options.lp, decimals, '--lp');
  const stake = await client.stake(wallet.address, pool.address, role);
  const missing = wanted - (stake?.lp ?? 0n);
  if (missing <= 0n) return pool.address;
  const held = await client.tokenBalance(wallet.address, pool.lpMint);
  const name = nameIn(ROLE, role);
  if (held < missing) {
    throw new MediaError({
      code: 'cli/no-lp',
      message: `The wallet ${await connection.named(wallet.address)} holds ${formatUnits(held, decimals)} LP and must stake ${formatUnits(missing, decimals)} more to be ${name === 'edge' ? 'an' : 'a'} ${name} (worth ${formatMedia(minimum)} at least, and a fifth for the price to move).`,
      hint: whereLpIs(wallet.address, missing, decimals),
      source: 'client',
      context: { wallet: wallet.address, held: held.toString(), missing: missing.toString() },
    });
  }
  context.terminal.note(`staking ${formatUnits(missing, decimals)} LP as ${name}`);
  const instruction = await client.instructions.stake({
    owner: wallet,
    pool: pool.address,
    role,
    lp: missing,
  });
  await connection.send([instruction], wallet);
  return pool.address;
}
