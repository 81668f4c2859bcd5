import { mkdir, readdir, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { readNetworkFile } from '@media-network/devnet/folder';
import type { Devnet, DevnetPorts } from '@media-network/devnet';
import { MediaError, createLog, errorMessage, silentLog, systemClock } from '@media-network/runtime';
import { formatMs } from '../amounts.ts';
import { examples } from '../command.ts';
import type { CliContext, RegisterCommand } from '../command.ts';
import { dirOption, networkDir } from '../connection.ts';
import { parsePort } from '../ports.ts';
import { createViewReader, renderView, viewLine } from '../up/network-view.ts';
import { checkPorts, portsOf } from '../up/port-check.ts';
import { parseOrigin } from '../resource/settings.ts';

interface Options {
  readonly dir?: string;
  readonly port: string;
  readonly rpcPort: string;
  readonly origin?: string;
  readonly fast?: true;
  readonly reset?: true;
  readonly json?: true;
  readonly debug?: true;
}

const NODES = 3;
const REDRAW_MS = 1_000;
const LINE_MS = 10_000;

/**
 * Edges on `port`, their control planes 1000 above, guards 2001 above, the sample origin 3000 above. Not 2000: 10080 is one of
 * the ports that `fetch` refuses (Fetch standard, bad port).
 */
function portPlan(options: Options): DevnetPorts {
  const edge = parsePort(options.port, '--port');
  const rpc = parsePort(options.rpcPort, '--rpc-port');
  return { rpc, ws: rpc + 1, edge, control: edge + 1_000, guard: edge + 2_001, origin: edge + 3_000 };
}

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
    if (/^(chain|network\.json|edge-\d+|guard-\d+)$/.test(name))
      await rm(join(dir, name), { recursive: true, force: true });
  }
  context.terminal.note(`forgot the network in ${dir}; its wallets are kept`);
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

function greet(devnet: Devnet, options: Options, ms: number, context: CliContext): void {
  const { terminal } = context;
  const { style } = terminal;
  const { url } = devnet;
  const at = options.dir === undefined ? '' : ` --dir ${options.dir}`;
  const hint = (what: string, command: string): void => {
    terminal.line(`  ${style.dim(what)}`);
    terminal.line(`    ${command}`);
  };
  terminal.line();
  terminal.line(`${style.bold('Your network is up')} ${style.dim(`after ${formatMs(ms)}`)}`);
  terminal.line();
  terminal.line(`  ${style.cyan(url)}`);
  terminal.line();
  terminal.line(`  chain      ${devnet.rpcUrl}`);
  terminal.line(`  websocket  ${devnet.wsUrl}`);
  terminal.line(`  program    ${devnet.programId}`);
  terminal.line(`  folder     ${devnet.dir}`);
  terminal.line();
  terminal.line(style.bold('Try next'));
  hint('a miss first, then a hit with its Age:', `curl -sD- -o /dev/null ${url}`);
  if (devnet.origin !== undefined) {
    hint('a download of 50 MB:', `curl -o /dev/null ${url}download/50mb.bin`);
    hint('a stream, in a browser:', `${url}watch.html`);
  }
  hint('the network at a glance:', `./media status${at}`);
  terminal.line();
  terminal.line(style.dim('Ctrl-C stops everything; the same command goes on from there.'));
  terminal.line();
}

/** Shows the network until the signal comes: redrawn in place on a terminal, a line now and then otherwise. */
async function watch(devnet: Devnet, signal: AbortSignal, context: CliContext): Promise<void> {
  const { terminal } = context;
  const read = createViewReader(devnet);
  let last = '';
  while (!signal.aborted) {
    try {
      const view = await read();
      if (terminal.interactive) terminal.draw(renderView(view, terminal.style));
      else if (viewLine(view) !== last) terminal.line(viewLine(view));
      last = viewLine(view);
    } catch (error) {
      // The view is a guest: what it cannot read now it reads the next time.
      if (!signal.aborted && !terminal.interactive)
        terminal.note(`cannot look at the network: ${errorMessage(error)}`);
    }
    await systemClock.sleep(terminal.interactive ? REDRAW_MS : LINE_MS, signal);
  }
}

async function run(options: Options, context: CliContext): Promise<void> {
  const signal = context.takeSignals();
  const started = performance.now();
  const { terminal } = context;
  const dir = networkDir(options, context);
  const ports = portPlan(options);
  const origin = options.origin === undefined ? undefined : parseOrigin(options.origin);
  await checkPorts(portsOf(ports, NODES, NODES, origin === undefined));
  if (options.reset === true) await reset(dir, context);
  await mkdir(dir, { recursive: true });

  const { createDevnet } = await import('@media-network/devnet');
  const devnet = await createDevnet({
    dir,
    ports,
    periods: options.fast === true ? 'fast' : 'real',
    guards: NODES,
    edges: NODES,
    ...(origin === undefined ? {} : { origin }),
    log: options.debug === true ? createLog('media', { level: 'info' }) : silentLog,
    onStep: (text) => {
      if (options.json !== true) terminal.line(`${terminal.style.dim('·')} ${text}`);
    },
  });
  try {
    const config = await devnet.client.config();
    if (options.fast === true && config.sampleSecs !== 1) {
      terminal.note(
        'This network was made with its real periods and keeps them: "media up --fast --reset" makes a fast one.',
      );
    }
    const ms = performance.now() - started;
    if (options.json === true) {
      const { url, host, rpcUrl, wsUrl, programId, resource } = devnet;
      terminal.json({
        url,
        host,
        rpcUrl,
        wsUrl,
        programId,
        resource,
        dir,
        edges: devnet.edges.map((edge) => edge.urls[0]),
        ms: Math.round(ms),
      });
    } else {
      greet(devnet, options, ms, context);
    }
    await watch(devnet, signal, context);
    terminal.settle();
    if (options.json !== true) terminal.line('stopping ...');
  } finally {
    await devnet.close();
  }
  if (options.json !== true) terminal.line('stopped; "media up" goes on from here');
}

export const registerUp: RegisterCommand = (program, context) => {
  const command = program
    .command('up')
    .description(
      'Starts a chain, three guards, three edges and a sample origin, makes and funds wallets, publishes the origin and shows the network at work. Started again, it goes on where it stopped.',
    )
    .option('--origin <url>', 'publish this origin instead of the sample, such as http://127.0.0.1:3000')
    .option(
      '--port <port>',
      'port of the first edge; the others follow, control planes 1000, guards 2001, the origin 3000 above',
      '8080',
    )
    .option('--rpc-port <port>', "port of the chain's JSON-RPC; its websocket is the next", '8899')
    .option('--fast', 'short periods: a sample a second, a report every 12 s, a week in two minutes')
    .option('--reset', 'start anew; wallets are kept')
    .option('--json', 'print the addresses as one JSON object, then a line now and then')
    .action((options: Options) => run(options, context));
  examples(dirOption(command), [
    'media up',
    'media up --fast',
    'media up --origin http://127.0.0.1:3000 --port 9000',
  ]);
};
