import { Option } from 'commander';
import { mkdir, readdir, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { readNetworkFile, writeNetworkFile } from '@media-network/devnet/folder';
import type { KeptPorts } from '@media-network/devnet/folder';
import type { Devnet, DevnetPorts } from '@media-network/devnet';
import { MediaError, createLog, logFile, systemClock } from '@media-network/runtime';
import { examples } from '../command.ts';
import type { CliContext, RegisterCommand } from '../command.ts';
import { dirOption, networkDir } from '../chain-options.ts';
import { describeFailure } from '../failure.ts';
import { parsePort } from '../ports.ts';
import { USUAL, checkPorts, planPorts, portsOf } from '../up/port-check.ts';
import { announce, runningIn, stopRunning, withdraw } from '../up/running.ts';
import { createTicker } from '../terminal/ticker.ts';
import { devnetSights } from '../up/devnet-sights.ts';
import { readTotals, writeTotals } from '../view/kept-totals.ts';
import { showLive } from '../view/live.ts';
import { createPainter } from '../view/picture.ts';
import type { Picture } from '../view/picture.ts';
import type { SiteTraffic } from '../view/traffic-source.ts';
import { formatMs } from '../amounts.ts';
import { greet, plainUrl } from '../up/greeting.ts';
import { edgesToAsk, untilServed } from '../up/until-served.ts';

interface Options {
  readonly dir?: string;
  readonly port?: string;
  readonly rpcPort?: string;
  readonly origin?: string;
  readonly live?: true;
  /** The live channel that the origin has; set by `--live`. */
  readonly channel?: string;
  readonly fast?: true;
  readonly reset?: true;
  readonly stop?: true;
  readonly json?: true;
  readonly debug?: true;
}

const NODES = 3;
/** Of a media server: its playlists are not kept for long, and viewers may carry its streams. */
const LIVE_RULES = ['live /live/*', 'peerpool script'];
/** A kill loses what was counted since. */
const KEEP_MS = 10_000;

/** Removes the network of a folder and nothing else: wallets and keys stay, for they may hold more than this network. */
async function reset(dir: string, context: CliContext): Promise<void> {
  const network = await readNetworkFile(dir).catch(() => undefined);
  if (network !== undefined && (await answers(network.rpcUrl))) {
    throw new MediaError({
      code: 'cli/network-running',
      message: `A chain answers at ${network.rpcUrl}, so the network in ${dir} may be running: stop it, then reset.`,
      source: 'client',
    });
  }
  const entries = await readdir(dir).catch(() => []);
  for (const name of entries) {
    if (/^(chain|network\.json|traffic\.json|edge-\d+|guard-\d+)$/.test(name))
      await rm(join(dir, name), { recursive: true, force: true });
  }
  context.terminal.note(`forgot the network in ${dir}; its wallets are kept`);
}

async function keepPorts(dir: string, ports: KeptPorts): Promise<void> {
  const network = await readNetworkFile(dir);
  if (network !== undefined) await writeNetworkFile(dir, { ...network, ports });
}

async function answers(rpcUrl: string): Promise<boolean> {
  try {
    await fetch(rpcUrl, {
      method: 'POST',
      body: '{"jsonrpc":"2.0","id":1,"method":"getHealth"}',
      signal: AbortSignal.timeout(1_000),
    });
    return true;
  } catch {
    return false;
  }
}

/** Shows the network until the signal comes, and keeps what was counted for the next run. */
async function watch(
  devnet: Devnet,
  dir: string,
  signal: AbortSignal,
  options: Options,
  context: CliContext,
): Promise<void> {
  const { invocation } = context;
  const started = Date.now();
  const { createMoneyReader } = await import('../view/money.ts');
  const money = createMoneyReader(devnet.client);
  const paint = createPainter(() => Date.now(), await readTotals(dir));
  let keptAt = started;
  let last: SiteTraffic | undefined;
  let unkept: string | undefined;
  // The figures are to look at: a disk that does not take them ends neither the view nor the network.
  const keep = async (sites: SiteTraffic): Promise<void> => {
    keptAt = Date.now();
    unkept = await writeTotals(dir, sites).then(
      () => undefined,
      (error: unknown) => `the figures are not kept: ${describeFailure(error).message}`,
    );
  };
  const read = async (): Promise<Picture> => {
    const figures = await money();
    const picture = paint({
      title: `${devnet.url}  up ${formatMs(Math.round((Date.now() - started) / 1000) * 1000)}`,
      notes: [
        `${plainUrl(devnet)}  ${devnet.published.kind === 'own' ? `serves ${devnet.published.url}` : 'serves the sample site'}`,
        ...(unkept === undefined ? [] : [unkept]),
      ],
      sights: devnetSights(devnet),
      money: figures,
    });
    last = picture.sites;
    if (Date.now() - keptAt >= KEEP_MS) await keep(picture.sites);
    return picture;
  };
  try {
    await showLive(
      read,
      signal,
      {
        footer: `Ctrl-C stops everything; elsewhere: ${invocation.line('status')}`,
        ...(options.json === true ? { json: true as const } : {}),
      },
      context,
    );
  } finally {
    if (last !== undefined) await keep(last);
    if (unkept !== undefined) context.terminal.note(unkept);
  }
}

/** Refuses to start what runs already, and says where it is. */
async function refuseSecond(dir: string): Promise<void> {
  const running = await runningIn(dir);
  if (running === undefined) return;
  const { pid, startedAt, at } = running;
  const since = `since ${new Date(startedAt).toISOString().slice(0, 19).replace('T', ' ')} UTC (process ${pid})`;
  throw new MediaError({
    code: 'cli/already-running',
    message:
      at === undefined
        ? `The network in ${dir} is starting, ${since}.`
        : `The network in ${dir} is running already, ${since}: ${at.url} with its chain at ${at.rpcUrl}.`,
    hint: 'Stop it with "media up --stop", or start another one with --dir, --port and --rpc-port of its own.',
    source: 'client',
    context: { pid, startedAt, ...at },
  });
}

async function stop(dir: string, options: Options, context: CliContext): Promise<void> {
  const { pid, at } = await stopRunning(dir);
  if (options.json === true) context.terminal.json({ stopped: true, pid, url: at?.url ?? null, dir });
  else
    context.terminal.line(
      `Stopped the network in ${dir}; "${context.invocation.line('up')}" goes on from there.`,
    );
}

async function run(options: Options, context: CliContext): Promise<void> {
  const dir = networkDir(options, context);
  if (options.stop === true) return stop(dir, options, context);
  if (options.live !== true) return start(dir, options, context);
  await refuseSecond(dir);
  const { withLive } = await import('../up/live.ts');
  return withLive(dir, options, context, (origin, channel) =>
    start(dir, { ...options, origin, channel }, context),
  );
}

async function start(dir: string, options: Options, context: CliContext): Promise<void> {
  const signal = context.takeSignals();
  // A network goes on where it was, also one that was killed: its URLs are in use elsewhere.
  const known = await readNetworkFile(dir).catch(() => undefined);
  const wanted = {
    edge: options.port === undefined ? (known?.ports?.edge ?? USUAL.edge) : parsePort(options.port, '--port'),
    rpc:
      options.rpcPort === undefined
        ? (known?.ports?.rpc ?? USUAL.rpc)
        : parsePort(options.rpcPort, '--rpc-port'),
  };
  // Loaded when a network starts: help need not know how settings are written.
  const { originOnly, parseOrigin } = await import('../resource/origin-only.ts');
  const origin =
    options.origin === undefined || options.origin === 'sample'
      ? options.origin
      : parseOrigin(options.origin);
  await refuseSecond(dir);
  if (origin !== undefined && origin !== 'sample')
    await (await import('../resource/origin-check.ts')).warnOfOrigin(originOnly(origin), context);
  const ports = await planPorts(wanted, NODES);
  // Whether the sample runs is known later; its port is taken by it or by nobody.
  await checkPorts(portsOf(ports, NODES, NODES, origin === undefined || origin === 'sample'));
  if (options.reset === true) await reset(dir, context);
  await mkdir(dir, { recursive: true });
  const startedAt = Date.now();
  await announce(dir, { startedAt, at: undefined });
  try {
    await runHere({ dir, ports, origin, startedAt, signal }, options, context);
  } finally {
    await withdraw(dir);
  }
}

interface Start {
  readonly dir: string;
  readonly ports: DevnetPorts;
  /** A URL, or `sample`. */
  readonly origin: string | undefined;
  readonly startedAt: number;
  readonly signal: AbortSignal;
}

/** The network of the folder, from its start to its end. */
async function runHere(
  { dir, ports, origin, startedAt, signal }: Start,
  options: Options,
  context: CliContext,
): Promise<void> {
  const { terminal, invocation } = context;
  const started = performance.now();
  const ticker = createTicker(terminal);
  const onStep = (text: string): void => {
    const line = `${terminal.style.dim('·')} ${invocation.rewrite(text)}`;
    if (options.json === true) terminal.note(line);
    else terminal.line(line);
    ticker.step(text);
  };
  onStep('load the program and the daemons');
  const { createDevnet } = await import('@media-network/devnet');
  const logPath = join(dir, 'log', 'up.jsonl');
  const devnet = await createDevnet({
    dir,
    ports,
    periods: options.fast === true ? 'fast' : 'real',
    // A site that is not up yet is served when it is; what is wrong is said meanwhile.
    originMayWait: true,
    https: true,
    dns: true,
    guards: NODES,
    edges: NODES,
    ...(origin === undefined ? {} : { origin }),
    ...(options.channel === undefined ? {} : { originRules: LIVE_RULES }),
    signal,
    // For "media logs"; each request is a line there, and none on the terminal.
    log: createLog('media', {
      level: 'info',
      ...(options.debug === true ? { file: logPath } : { destination: logFile(logPath) }),
    }),
    edgeFlags: () => ({ accessLog: options.debug !== true }),
    onStep,
  }).catch((error: unknown) => {
    ticker.stop();
    if (!signal.aborted) throw error;
  });
  if (devnet === undefined) {
    if (options.json !== true)
      terminal.line(`stopped before it was up; "${invocation.line('up')}" goes on from here`);
    return;
  }
  try {
    await keepPorts(dir, { edge: ports.edge, rpc: ports.rpc });
    await announce(dir, { startedAt, at: { url: devnet.url, rpcUrl: devnet.rpcUrl } });
    const config = await devnet.client.config();
    if (options.fast === true && config.sampleSecs !== 1) {
      terminal.note(
        `This network was made with its real periods and keeps them: "${invocation.line('up --fast --reset')}" makes a fast one.`,
      );
    }
    const late = await untilServed(await edgesToAsk(devnet), { clock: systemClock, onStep, signal });
    for (const { name, why } of late)
      terminal.note(
        `Warning: ${name} does not serve the site yet: ${why}. It asks the guards again by itself.`,
      );
    ticker.stop();
    const ms = performance.now() - started;
    if (options.json === true) {
      const { url, secure, host, rpcUrl, wsUrl, programId, resource, published, signerUrl } = devnet;
      terminal.json({
        url,
        plainUrl: plainUrl(devnet),
        httpsUrl: secure?.url ?? null,
        rootCertificate: secure?.rootFile ?? null,
        host,
        rpcUrl,
        wsUrl,
        programId,
        resource,
        origin: published.url,
        signer: signerUrl,
        nameServers: devnet.guards.map(({ dns }) => dns ?? null),
        dir,
        edges: devnet.edges.map((edge) => edge.urls[0]),
        ms: Math.round(ms),
      });
    } else {
      greet(devnet, ms, options.channel, context);
    }
    await watch(devnet, dir, signal, options, context);
    terminal.settle();
    if (options.json !== true) terminal.line('stopping ...');
  } finally {
    ticker.stop();
    await devnet.close();
  }
  if (options.json !== true) terminal.line(`stopped; "${invocation.line('up')}" goes on from here`);
}

export const registerUp: RegisterCommand = (program, context) => {
  const command = program
    .command('up')
    .description(
      'Starts a chain, three guards, three edges and a sample origin, makes and funds wallets, publishes the origin and shows the network at work. Started again, it goes on where it stopped.',
    )
    .option('--origin <url>', 'publish this site of yours, or "sample"; remembered (default: what it had)')
    .option(
      '--port <port>',
      `port of the first edge; others follow, up to 3002 above; 0 takes free ones; remembered (default: what it had, ${USUAL.edge} at first)`,
    )
    .option(
      '--rpc-port <port>',
      `port of the chain's JSON-RPC; its websocket is the next; remembered (default: what it had, ${USUAL.rpc} at first)`,
    )
    .addOption(
      new Option(
        '--live',
        'publish a media server with a test picture in it; needs ffmpeg (your own stream: media server)',
      ).conflicts(['origin', 'stop']),
    )
    .option('--fast', 'short periods: a sample a second, a report every 12 s, a week in two minutes')
    .option('--reset', 'start anew; wallets are kept')
    .addOption(
      new Option('--stop', 'stop the network that runs in --dir').conflicts(['origin', 'reset', 'fast']),
    )
    .option('--json', 'print the addresses, then what goes on, as lines of JSON')
    .action((options: Options) => run(options, context));
  examples(dirOption(command), [
    'media up',
    'media up --fast',
    'media up --origin http://127.0.0.1:3000',
    'media up --live',
    'media up --stop',
  ]);
};
