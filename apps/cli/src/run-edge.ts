import { mkdir } from 'node:fs/promises';
import { NODE_STATUS, RESOURCE_STATUS, ROLE } from '@media-network/chain/schema';
import type { MediaClient, Signer } from '@media-network/chain';
import { edgePorts } from '@media-network/edge/config';
import type { EdgeConfig } from '@media-network/edge/config';
import type { Edge, GenerationLine, Generations } from '@media-network/edge';
import { createLog, errorCode, errorMessage } from '@media-network/runtime';
import type { Log } from '@media-network/runtime';
import { requireFreePorts } from '@media-network/runtime/daemon';
import type { CliContext } from './command.ts';
import { chooseWallet, connect } from './connection.ts';
import type { Connection } from './connection.ts';
import type { DaemonOptions } from './daemon-options.ts';
import { edgeConfigOf } from './edge-config.ts';
import { choosePorts, dataFolder, endpointOf, refuseTwin } from './node-address.ts';
import { regionOf } from './node-region.ts';
import { ensureNodeStake } from './node-stake.ts';
import { aborted } from './signals.ts';
import { countWithAll, countsWithLess } from './stake/edge-worth.ts';

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
  takesOver: boolean,
): Promise<void> {
  const { client } = connection;
  const found = await client.edge(wallet.address);
  const says = {
    operator: wallet.address,
    region: regionOf(options),
    ...endpoints(options, config),
  };
  if (found !== null && found.status === NODE_STATUS.active) {
    // What answers there when a generation takes over is the one before it.
    if (!takesOver) {
      await refuseTwin('edge', found.address, found.control, await connection.named(wallet.address));
      await requireFreePorts(edgePorts(config));
    }
    const stake = await client.account('stake', found.stake);
    if (stake === null) throw new Error('an edge that is active has a stake');
    if (found.endpoint === says.endpoint && found.control === says.control) {
      if (await countsWithLess(connection, found, stake))
        await countWithAll(connection, wallet, found, stake, context);
      return;
    }
    context.terminal.note(`moving the edge to ${says.endpoint}`);
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
  const { openGenerationLine } = await import('@media-network/edge');
  const line = await openGenerationLine(context.env);
  try {
    await runGeneration(options, context, line);
  } catch (error) {
    await line?.failed(error);
    throw error;
  }
}

/** The first generation, or one that takes over from the one before it. */
async function runGeneration(
  options: DaemonOptions,
  context: CliContext,
  line: GenerationLine | undefined,
): Promise<void> {
  const asked = new EventTarget();
  const signal = context.takeSignals({ upgrade: () => void asked.dispatchEvent(new Event('upgrade')) });
  const connection = await connect(options, context, signal);
  const wallet = await chooseWallet(options, context);
  const dir = dataFolder(options, 'edge', context);
  await mkdir(dir, { recursive: true });
  const parsed = edgeConfigOf(options, connection, dir, context);
  const config = { ...parsed, ...(await openPorts(parsed, line)) };
  if (options.register)
    await ensureRegistered(connection, wallet, options, config, context, line !== undefined);
  const { createEdge, createGenerations, SUCCESSOR_VARIABLE } = await import('@media-network/edge');
  const edge = await createEdge(
    config,
    { operator: wallet },
    {
      signal,
      main: line?.main ?? process.pid,
      ...(line === undefined ? {} : { predecessor: line.predecessor }),
    },
  );
  if (line !== undefined) {
    await line.up(edge);
    await Promise.race([aborted(signal), line.ended]);
    await edge.close();
    return;
  }
  const log = createLog('edge', { level: config.logLevel });
  const generations = createGenerations({
    edge,
    start: () => context.again({ [SUCCESSOR_VARIABLE]: String(process.pid) }),
    log,
  });
  asked.addEventListener('upgrade', () => void upgradeAsAsked(generations, dir, log));
  await say(edge, connection, options, context);
  const code = await Promise.race([aborted(signal), generations.lost]);
  await generations.close();
  if (code !== undefined) context.setExitCode(code);
}

/** Ports that were left open: those of the generation before, or any. */
async function openPorts(
  config: EdgeConfig,
  line: GenerationLine | undefined,
): Promise<Partial<Record<'port' | 'controlPort' | 'httpsPort', number>>> {
  if (line === undefined) return choosePorts(config, ['port', 'controlPort', 'httpsPort']);
  const { places, control } = line.predecessor;
  const of = (listener: 'http' | 'https'): number =>
    places.find((place) => place.listener === listener)?.port ?? 0;
  return {
    ...(config.port === 0 ? { port: of('http') } : {}),
    ...(config.httpsPort === 0 ? { httpsPort: of('https') } : {}),
    ...(config.controlPort === 0 ? { controlPort: control.port } : {}),
  };
}

/** Takes over from itself, and notes what became of it for whoever asked. Never rejects. */
async function upgradeAsAsked(generations: Generations, dir: string, log: Log): Promise<void> {
  const { readUpgradeNote, writeUpgradeNote } = await import('@media-network/edge');
  if (generations.upgrading) {
    log.warn({}, 'a generation is taking over already: asked for once more, that is done once');
    return;
  }
  const note = { no: ((await readUpgradeNote(dir))?.no ?? 0) + 1, main: process.pid };
  try {
    await writeUpgradeNote(dir, { ...note, state: 'under-way' });
    const outcome = await generations.upgrade();
    if (outcome.kind === 'done') {
      log.info({ pid: outcome.pid }, 'a new generation has taken over');
      await writeUpgradeNote(dir, { ...note, state: 'done', pid: outcome.pid });
    } else {
      const { code, why } = outcome;
      log.error({ code, why }, 'no new generation could take over: the one before goes on');
      await writeUpgradeNote(dir, { ...note, state: 'failed', code, why });
    }
  } catch (error) {
    const [code, why] = [errorCode(error), errorMessage(error)];
    log.error({ code, why }, 'an upgrade was refused');
    await writeUpgradeNote(dir, { ...note, state: 'failed', code, why }).catch(() => undefined);
  }
}

/** Where it is reached, once. */
async function say(
  edge: Edge,
  connection: Connection,
  options: DaemonOptions,
  context: CliContext,
): Promise<void> {
  const { terminal } = context;
  const { address, urls, controlUrl, port, httpsPort } = edge;
  if (options.json !== true) {
    terminal.line(`edge     ${address}`);
    terminal.line(`viewers  ${urls.join(', ')}`);
    terminal.line(`control  ${controlUrl}`);
    return;
  }
  // The host of a resource that this edge serves, for whoever wants to ask it something.
  const [resource] = await connection.client.resources({ status: RESOURCE_STATUS.active });
  const hostHeader = resource === undefined ? null : new URL(edge.urlOf(resource.address)).hostname;
  terminal.json({
    edge: address,
    urls,
    controlUrl,
    httpPort: port,
    httpsPort: httpsPort ?? null,
    hostHeader,
  });
}
