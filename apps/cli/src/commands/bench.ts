import { join } from 'node:path';
import type { BenchServer, BenchSetting, EdgeBenchRow } from '@media-network/bench';
import { examples } from '../command.ts';
import type { IdleOptions } from '../bench-idle.ts';
import type { CliContext, RegisterCommand } from '../command.ts';
import { PROJECT_ROOT } from '../root.ts';
import { table } from '../terminal/table.ts';
import { wholeBetween } from '../whole-number.ts';

interface Options {
  readonly seconds: string;
  readonly rounds: string;
  readonly workers: string;
  readonly json?: true;
}

/** A network of guards around one real `media edge` in a process of its own, which is what is measured. */
async function startRealEdge(setting: BenchSetting, workers: number): Promise<BenchServer> {
  const [{ startCommand }, { createDevnet, freePorts }] = await Promise.all([
    import('@media-network/bench'),
    import('@media-network/devnet'),
  ]);
  // A quota that no processor reaches: what is measured is the edge, not the publisher's stake.
  const devnet = await createDevnet({
    origin: setting.origin,
    edges: 0,
    periods: { quotaKbpsPerMedia: 400_000n },
  });
  try {
    const { keypair, port, controlPort } = await devnet.registerEdge(0);
    const [httpsPort = 0] = await freePorts(1);
    const server = await startCommand(setting, {
      name: 'media edge',
      command: [
        process.execPath,
        join(PROJECT_ROOT, 'apps', 'cli', 'src', 'main.ts'),
        'edge',
        '--json',
        '--no-register',
        '--url',
        devnet.rpcUrl,
        '--ws',
        devnet.wsUrl,
        '--program',
        devnet.programId,
        '--keypair',
        keypair,
        '--data',
        join(setting.dir, 'edge'),
        '--port',
        String(port),
        '--control-port',
        String(controlPort),
        '--https-port',
        String(httpsPort),
        '--tls-cert',
        setting.certFile,
        '--tls-key',
        setting.keyFile,
        '--workers',
        String(workers),
        '--allow-private-origins',
        'true',
        // What is measured is the serving, not what a publisher would pay for it.
        '--past-credit',
        'serve',
        '--log-level',
        'warn',
      ],
    });
    await served(server);
    return {
      ...server,
      stop: async () => {
        await server.stop();
        await devnet.close();
      },
    };
  } catch (error) {
    await devnet.close();
    throw error;
  }
}

/** Guards look at the chain now and then, and give their key to an edge only when they have seen it there. */
async function served(server: BenchServer): Promise<void> {
  const { createViewer } = await import('@media-network/viewer');
  const url = `http://${server.hostHeader}:${server.httpPort}/1`;
  for (const end = Date.now() + 60_000; ;) {
    const { status } = await createViewer().get(url);
    if (status === 200) return;
    if (Date.now() > end) throw new Error(`the edge answered ${status} for a minute`);
    await new Promise((resolve) => setTimeout(resolve, 200));
  }
}

async function benchTheEdge(options: Options, context: CliContext): Promise<void> {
  const { terminal } = context;
  const { benchEdge } = await import('@media-network/bench');
  const workers = wholeBetween(options.workers, '--workers', 1, 256);
  const { rows } = await benchEdge({
    start: (setting) => startRealEdge(setting, workers),
    spread: workers > 1,
    seconds: wholeBetween(options.seconds, '--seconds', 1, 600),
    rounds: wholeBetween(options.rounds, '--rounds', 1, 600),
    say: (line) => terminal.note(line),
  });
  if (options.json === true) {
    terminal.json({ rows });
    return;
  }
  const lines = table(
    rows,
    [
      { head: 'protocol', value: (row: EdgeBenchRow) => row.protocol },
      { head: 'size', value: (row: EdgeBenchRow) => row.size, align: 'right' },
      {
        head: 'us, requests/CPU s',
        value: (row: EdgeBenchRow) => row.us.toLocaleString('en'),
        align: 'right',
      },
      { head: 'peer', value: (row: EdgeBenchRow) => row.peer.toLocaleString('en'), align: 'right' },
      { head: 'ratio', value: (row: EdgeBenchRow) => row.ratio.toFixed(2), align: 'right' },
      { head: 'p99 us', value: (row: EdgeBenchRow) => `${row.p99Us} µs`, align: 'right' },
      { head: 'p99 peer', value: (row: EdgeBenchRow) => `${row.p99Peer} µs`, align: 'right' },
      { head: 'peer is', value: (row: EdgeBenchRow) => row.peerName },
    ],
    terminal.style,
  );
  for (const line of lines) terminal.line(line);
}

export const registerBench: RegisterCommand = (program, context) => {
  const bench = program
    .command('bench')
    .description(
      'Measurements side by side with what one would pick instead, in the same run on the same machine.',
    );
  examples(bench, ['media bench edge', 'media bench idle']);
  examples(
    bench
      .command('edge')
      .description(
        "Cache hits of a real edge and of Debian's nginx (proxy_cache, one worker), by requests a processor second and p99.",
      )
      .option('--seconds <n>', 'length of one measurement', '3')
      .option('--rounds <n>', 'rounds, of which the median counts', '3')
      .option(
        '--workers <n>',
        'worker processes of the edge; with more than one it has both processors, beside the load',
        '1',
      )
      .option('--json', 'print the rows as one JSON object')
      .action((options: Options) => benchTheEdge(options, context)),
    ['media bench edge', 'media bench edge --workers 2 --json'],
  );
  examples(
    bench
      .command('idle')
      .description(
        'What a network does that nobody uses: requests, processor time and chain transactions an hour, with nothing published and with one site.',
      )
      .option('--seconds <n>', 'how long each is watched', '60')
      .option('--hours <n>', "hours of the network's own clock for which transactions are counted", '3')
      .option('--json', 'print the rows as one JSON object')
      .action(async (options: IdleOptions) => {
        const { benchTheIdle } = await import('../bench-idle.ts');
        await benchTheIdle(options, context);
      }),
    ['media bench idle', 'media bench idle --json'],
  );
};
