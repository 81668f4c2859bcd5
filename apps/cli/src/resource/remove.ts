import { RESOURCE_STATUS } from '@media-network/chain/schema';
import { hourAt, hourSecs } from '@media-network/protocol';
import { formatMedia, formatMs, formatUnits } from '../amounts.ts';
import type { CliContext } from '../command.ts';
import { connect, mintDecimals } from '../connection.ts';
import type { ChainOptions } from '../chain-options.ts';
import type { Connection } from '../connection.ts';
import { nameIn } from '../roles.ts';
import { bad } from './bad-resource.ts';
import { findResource, labelOf } from './find.ts';
import type { Resource } from './find.ts';
import { ownerWallet } from './own.ts';
import { dueOf, settledFrom, settlingHours } from './terms.ts';

export async function remove(
  which: string,
  options: ChainOptions & { readonly release?: true },
  context: CliContext,
): Promise<void> {
  const connection = await connect(options, context);
  const { client } = connection;
  const resource = await findResource(connection, which);
  const publisher = await ownerWallet(connection, resource);
  const release = options.release === true;
  if (release) await refuseRelease(connection, resource);
  else refuseRemoval(resource);
  const to = { publisher, resource: resource.address };
  const instruction = release
    ? await client.instructions.releaseResource({
        ...to,
        pool: resource.pool,
        settingsVersion: resource.settingsVersion,
        ring: resource.ring,
      })
    : await client.instructions.removeResource(to);
  const { signature } = await connection.send([instruction], publisher);
  const { terminal, invocation } = context;
  if (options.json === true) {
    terminal.json({ signature, resource: resource.address, released: release });
    return;
  }
  if (release) {
    const pool = await client.account('pool', resource.pool);
    const decimals = pool === null ? 0 : await mintDecimals(client, pool.lpMint);
    terminal.line(
      `Released: its ${formatUnits(resource.lp, decimals)} LP are free again and its rent is back. "${invocation.line('stake unbond --all')}" takes them out.\n${signature}`,
    );
    return;
  }
  const config = await client.config();
  // The hour that runs is served to its end.
  const hours = Number(settlingHours(config)) + 1;
  const ms = hours * Number(hourSecs(config)) * 1000;
  terminal.line(
    `Removed. When its hours are settled, ${hours} hours of the network from now (${formatMs(ms)}), this frees its LP:\n  ${invocation.line(`resource remove ${labelOf(resource)} --release`)}\n${signature}`,
  );
}

function refuseRemoval(resource: Resource): void {
  const label = labelOf(resource);
  if (resource.status === RESOURCE_STATUS.removed)
    throw bad(
      `The resource ${label} is removed already.`,
      `"media resource remove ${label} --release" frees its LP when its hours are settled.`,
    );
  if (resource.status === RESOURCE_STATUS.released)
    throw bad(
      `The resource ${label} is removed and released already: its LP is free.`,
      '"media stake show" shows what is staked.',
    );
}

async function refuseRelease(connection: Connection, resource: Resource): Promise<void> {
  const label = labelOf(resource);
  const { client } = connection;
  if (resource.status === RESOURCE_STATUS.released)
    throw bad(
      `The resource ${label} is released already: its LP is free.`,
      '"media stake show" shows what is staked.',
    );
  if (resource.status !== RESOURCE_STATUS.removed)
    throw bad(
      `Only a removed resource is released, and ${label} is ${nameIn(RESOURCE_STATUS, resource.status)}.`,
      `"media resource remove ${label}" removes it.`,
    );
  const [config, now] = await Promise.all([client.config(), client.chainTime()]);
  const from = settledFrom(resource, config) ?? 0n;
  const hour = hourAt(config, now);
  if (hour < from) {
    const ms = Number(from - hour) * Number(hourSecs(config)) * 1000;
    throw bad(
      `The hours of the resource ${label} are settled in hour ${from}, and it is hour ${hour}.`,
      `Ask again in about ${formatMs(ms)}.`,
    );
  }
  const due = dueOf(resource);
  if (due > 0n)
    throw bad(
      `${formatMedia(due)} are due for the resource ${label} and not charged yet.`,
      'The guards charge them within a day of the network; ask again then.',
    );
  if (resource.debt > 0n)
    throw bad(
      `The resource ${label} owes ${formatMedia(resource.debt)}.`,
      `Set LP aside for it with "media resource update ${label} --lp 10"; the guards take the debt from it, and "media resource list" says when it is paid.`,
    );
}
