import { examples } from '../command.ts';
import type { CliContext, RegisterCommand } from '../command.ts';
import { chainOptions, networkDir } from '../chain-options.ts';
import { connect } from '../connection.ts';
import type { ChainOptions } from '../chain-options.ts';
import { folder, machine, names } from '../doctor/machine.ts';
import type { Finding } from '../doctor/finding.ts';
import { good, warning } from '../doctor/finding.ts';
import { createTelling } from '../doctor/tell.ts';
import { takenPorts } from '../up/port-check.ts';
import { runningIn } from '../up/running.ts';

/** Guards and edges of `media up`. */
const NODES = 3;

/** Whether a network runs in the folder, or could: its usual ports are its own or free. */
async function running(dir: string): Promise<readonly Finding[]> {
  const found = await runningIn(dir);
  if (found !== undefined)
    return [
      good(
        'up',
        `the network of this folder ${found.at === undefined ? `is starting (process ${found.pid})` : `runs (process ${found.pid}): ${found.at.url}`}`,
      ),
    ];
  const taken = await takenPorts(NODES);
  if (taken.length === 0) return [good('ports', 'the ports that "media up" takes are free')];
  const list = taken.map(({ port, use }) => `${port} (${use})`).join(', ');
  return [
    warning(
      'ports',
      `something listens on ports that "media up" takes: ${list}`,
      'Start it on others with "media up --port 0 --rpc-port 0", or stop what listens there.',
    ),
  ];
}

async function run(options: ChainOptions, context: CliContext): Promise<void> {
  const { terminal } = context;
  const { look, tell, end } = createTelling(options, context);
  const dir = networkDir(options, context);
  await look('machine', machine);
  await look('folder', () => folder(dir));
  await look('names', names);
  await look('up', () => running(dir));
  const { chain, nodes, recording, resources, wallets } = await import('../doctor/network.ts');
  const connection = await connect(options, context);
  terminal.progress(`asking ${connection.client.rpcUrl} ...`);
  const seen = await chain(connection);
  tell(seen.findings);
  const { config } = seen;
  if (config !== undefined) {
    await look('nodes', () => nodes(connection, config));
    await look('hours', () => recording(connection, config));
    await look('resource', () => resources(connection, options, context));
    await look('wallets', () => wallets(connection));
  }
  end();
}

export const registerDoctor: RegisterCommand = (program, context) => {
  const command = program
    .command('doctor')
    .description(
      'Looks at machine, folder, keys, names, chain, clocks, guards, edges, stakes, certificates, resources and their names, and says what to do. Exit code 1 when something is wrong.',
    )
    .action((options: ChainOptions) => run(options, context));
  examples(chainOptions(command), ['media doctor', 'media doctor --json']);
};
