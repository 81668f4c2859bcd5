import { readNetworkFile, writeNetworkFile } from '@media-network/devnet/folder';
import { createLog, systemClock } from '@media-network/runtime';
import { examples } from '../command.ts';
import type { CliContext, RegisterCommand } from '../command.ts';
import { dirOption, networkDir } from '../chain-options.ts';
import { parsePort } from '../ports.ts';
import { aborted } from '../signals.ts';

interface Options {
  readonly dir?: string;
  readonly host: string;
  readonly rpcPort: string;
  readonly wsPort?: string;
  readonly acceptLoss?: true;
  readonly json?: true;
}

async function run(options: Options, context: CliContext): Promise<void> {
  const signal = context.takeSignals();
  const { terminal } = context;
  const dir = networkDir(options, context);
  const rpcPort = parsePort(options.rpcPort, '--rpc-port');
  const { openEmbedded } = await import('@media-network/devnet');
  const chain = await openEmbedded(
    { clock: systemClock, log: createLog('chain', { level: 'warn' }) },
    {
      dir,
      host: options.host,
      rpcPort,
      acceptLoss: options.acceptLoss ?? false,
      ...(options.wsPort === undefined ? {} : { wsPort: parsePort(options.wsPort, '--ws-port') }),
    },
  );
  const known = await readNetworkFile(dir);
  await writeNetworkFile(dir, {
    rpcUrl: chain.rpcUrl,
    wsUrl: chain.wsUrl,
    programId: chain.programId,
    quoteMint: known?.quoteMint ?? null,
  });
  if (options.json === true)
    terminal.json({ rpcUrl: chain.rpcUrl, wsUrl: chain.wsUrl, programId: chain.programId });
  else {
    terminal.line(`chain      ${chain.rpcUrl}`);
    terminal.line(`websocket  ${chain.wsUrl}`);
    terminal.line(`program    ${chain.programId}`);
    const { invocation } = context;
    terminal.line(
      `Try: ${invocation.line('wallet new')}, then ${invocation.line('wallet airdrop 10')}. Ctrl-C stops it.`,
    );
  }
  await aborted(signal);
  await chain.localnet?.close();
}

export const registerChain: RegisterCommand = (program, context) => {
  const command = program
    .command('chain')
    .description(
      'A Solana chain on this machine, with the program loaded, kept below --dir. Any Solana client can connect.',
    )
    .option('--host <address>', 'address to listen on', '127.0.0.1')
    .option('--rpc-port <port>', 'port of the JSON-RPC', '8899')
    .option('--ws-port <port>', 'port of the websocket (default: the one after --rpc-port)')
    .option('--accept-loss', 'go on from what is whole if the folder has lost confirmed transactions')
    .option('--json', 'print the addresses as JSON')
    .action((options: Options) => run(options, context));
  examples(dirOption(command), ['media chain', 'media chain --host 0.0.0.0 --dir /var/lib/media']);
};
