import { mkdir } from 'node:fs/promises';
import { NODE_STATUS, RESOURCE_STATUS, ROLE } from '@media-network/chain/schema';
import type { MediaClient, Signer } from '@media-network/chain';
import { regionBytes } from '@media-network/devnet/folder';
import { edgeOptions, edgePorts, parseEdgeConfig } from '@media-network/edge/config';
import type { EdgeConfig } from '@media-network/edge/config';
import { requireFreePorts } from '@media-network/runtime/daemon';
import type { CliContext } from './command.ts';
import { chooseWallet, connect } from './connection.ts';
import type { Connection } from './connection.ts';
import { daemonFlags } from './daemon-options.ts';
import type { DaemonOptions } from './daemon-options.ts';
import { choosePorts, dataFolder, endpointOf, refuseTwin } from './node-address.ts';
import { ensureNodeStake } from './node-stake.ts';
import { aborted } from './signals.ts';

/** The public URLs, or what follows from where it listens. */
function endpoints(options: DaemonOptions, config: EdgeConfig): { endpoint: string; control: string } {
  const { host, port, controlHost, controlPort } = config;
  return {
    endpoint: endpointOf(options.endpoint, { host, port, flag: '--endpoint' }),
    control: endpointOf(options.control, { host: controlHost, port: controlPort, flag: '--control' }),
  };
}

/** Registers the edge, or changes what it says of itself. */
async function ensureRegistered(
  connection: Connection,
  wallet: Signer,
  options: DaemonOptions,
  config: EdgeConfig,
  context: CliContext,
): Promise<void> {
  const { client } = connection;
  const found = await client.edge(wallet.address);
  const says = {
    operator: wallet.address,
    region: regionBytes(options.region),
    ...endpoints(options, config),
  };
  if (found !== null && found.status === NODE_STATUS.active) {
    await refuseTwin('edge', found.address, found.control, await connection.named(wallet.address));
    await requireFreePorts(edgePorts(config));
    if (found.endpoint === says.endpoint && found.control === says.control) return;
    context.terminal.note(`moving the edge to ${says.endpoint}`);
    const stake = await client.account('stake', found.stake);
    if (stake === null) throw new Error('an edge that is active has a stake');
    const update = await client.instructions.updateEdge({ owner: wallet, pool: stake.pool, ...says });
    await connection.send([update], wallet);
    return;
  }
  await requireFreePorts(edgePorts(config));
  const pool = await ensureNodeStake(connection, wallet, ROLE.edge, await minimum(client), options, context);
  context.terminal.note(`registering the edge at ${says.endpoint}`);
  await connection.send([await client.instructions.registerEdge({ owner: wallet, pool, ...says })], wallet);
}

async function minimum(client: MediaClient): Promise<bigint> {
  return (await client.config()).minEdgeStake;
}

export async function runEdge(options: DaemonOptions, context: CliContext): Promise<void> {
  const signal = context.takeSignals();
  const connection = await connect(options, context, signal);
  const wallet = await chooseWallet(options, context);
  const dir = dataFolder(options, 'edge', context);
  await mkdir(dir, { recursive: true });
  const parsed = parseEdgeConfig({
    env: context.env,
    ...(options.config === undefined ? {} : { file: options.config }),
    flags: {
      ...daemonFlags(edgeOptions, options),
      rpcUrl: connection.client.rpcUrl,
      wsUrl: connection.wsUrl,
      programId: connection.client.programId,
      dir,
    },
  });
  const config = {
    ...parsed,
    ...(await choosePorts(parsed, ['port', 'controlPort', 'httpsPort'])),
  };
  if (options.register) await ensureRegistered(connection, wallet, options, config, context);
  const { createEdge } = await import('@media-network/edge');
  const edge = await createEdge(config, { operator: wallet }, { signal });
  const { terminal } = context;
  if (options.json === true) {
    // The host of a resource that this edge serves, for whoever wants to ask it something.
    const [resource] = await connection.client.resources({ status: RESOURCE_STATUS.active });
    const hostHeader = resource === undefined ? null : new URL(edge.urlOf(resource.address)).hostname;
    const { address, urls, controlUrl, port, httpsPort } = edge;
    terminal.json({
      edge: address,
      urls,
      controlUrl,
      httpPort: port,
      httpsPort: httpsPort ?? null,
      hostHeader,
    });
  }
  if (options.json !== true) {
    terminal.line(`edge     ${edge.address}`);
    terminal.line(`viewers  ${edge.urls.join(', ')}`);
    terminal.line(`control  ${edge.controlUrl}`);
  }
  await aborted(signal);
  await edge.close();
}
