import { createHash } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import type { Signer } from '@media-network/chain';
import {
  LOCAL_PROGRAM_ID,
  PROGRAM_PATH,
  readKeypairFile,
  readNetworkFile,
} from '@media-network/devnet/folder';
import { MediaError, silentLog, systemClock } from '@media-network/runtime';
import { formatBytes, formatSol } from '../amounts.ts';
import { runChild } from '../child.ts';
import { examples } from '../command.ts';
import type { CliContext, RegisterCommand } from '../command.ts';
import { chainOptions, keypairOption, networkDir } from '../chain-options.ts';
import { connect } from '../connection.ts';
import { readNamedFile } from '../named-file.ts';
import type { Connection } from '../connection.ts';
import type { ChainOptions } from '../chain-options.ts';
import { PROJECT_ROOT } from '../root.ts';
import { table } from '../terminal/table.ts';

interface BuildOptions {
  readonly verify?: true;
  readonly json?: true;
}

async function build(options: BuildOptions, context: CliContext): Promise<void> {
  const { terminal } = context;
  const script = join(PROJECT_ROOT, 'programs', 'media', 'build.sh');
  terminal.note(
    options.verify === true
      ? 'building into a temporary folder to compare ...'
      : 'building programs/media ...',
  );
  const { code, stdout, stderr } = await runChild(
    'sh',
    [script, ...(options.verify === true ? ['--verify'] : [])],
    {
      cwd: PROJECT_ROOT,
      env: context.env,
      onOutput: (text) => terminal.progress(text.trim().split('\n').at(-1) ?? ''),
    },
  );
  if (code !== 0) {
    terminal.note(`${stdout}${stderr}`.trim().split('\n').slice(-20).join('\n'));
    throw new MediaError({
      code: options.verify === true ? 'cli/program-differs' : 'cli/build-failed',
      message:
        options.verify === true
          ? 'The build does not give the media.so that is checked in: see the lines above.'
          : 'The program did not build: see the lines above.',
      source: 'client',
    });
  }
  const bytes = await readFile(PROGRAM_PATH);
  const sha256 = createHash('sha256').update(bytes).digest('hex');
  if (options.json === true)
    terminal.json({
      ok: true,
      path: PROGRAM_PATH,
      bytes: bytes.length,
      sha256,
      verified: options.verify === true,
    });
  else
    terminal.line(
      `${sha256}  media.so, ${formatBytes(bytes.length)}${options.verify === true ? ', as built from this source' : ''}`,
    );
}

interface DeployOptions extends ChainOptions {
  readonly file?: string;
  readonly programKeypair?: string;
  readonly finalise?: true;
}

/**
 * The keypair whose address is the program's id; made where there was none, never where one was expected: it would
 * deploy a second program, under another id, and pay for it.
 *
 * @throws `cli/no-program-key`
 */
async function ownProgram(
  connection: Connection,
  options: DeployOptions,
  context: CliContext,
): Promise<Signer> {
  const kept = await connection.wallets.load('program');
  if (kept !== undefined) return kept;
  const network = await readNetworkFile(networkDir(options, context));
  if (
    network !== undefined &&
    network.rpcUrl === connection.client.rpcUrl &&
    network.programId !== LOCAL_PROGRAM_ID
  ) {
    throw new MediaError({
      code: 'cli/no-program-key',
      message: `The network of this folder has the program ${network.programId}, and the keypair of that, ${connection.wallets.path('program')}, is gone.`,
      hint: 'Put the file back. To deploy another program, under an id of its own, name its keypair with --program-keypair.',
      source: 'client',
    });
  }
  return connection.wallets.ensure('program');
}

async function deploy(options: DeployOptions, context: CliContext): Promise<void> {
  const connection = await connect(options, context);
  const { terminal } = context;
  const bytes = new Uint8Array(await readNamedFile(options.file ?? PROGRAM_PATH, context));
  const programKeypair =
    options.programKeypair === undefined
      ? await ownProgram(connection, options, context)
      : await readKeypairFile(resolve(context.cwd, options.programKeypair));
  const payer = await connection.wallet();
  const before = await connection.client.lamports(payer.address);
  const { rpcUrl } = connection.client;
  const { createMediaClient, deployProgram } = await import('@media-network/chain');
  const client = createMediaClient({
    rpcUrl,
    wsUrl: connection.wsUrl,
    programId: programKeypair.address,
    clock: systemClock,
    log: silentLog,
  });
  const { programId, programData } = await deployProgram({
    client,
    payer,
    programKeypair,
    bytes,
    ...(options.finalise === true ? { finalise: true } : {}),
    onProgress: (written, total) =>
      terminal.progress(`deploying ${programKeypair.address}: ${Math.floor((written * 100) / total)} %`),
  });
  const cost = before - (await client.lamports(payer.address));
  if (options.json === true) terminal.json({ programId, programData, bytes: bytes.length, lamports: cost });
  else
    terminal.line(
      `${programId}\nDeployed ${formatBytes(bytes.length)} for ${formatSol(cost)}; use it with --program ${programId}.`,
    );
}

interface CuOptions {
  readonly json?: true;
}

/** Every instruction in a story told to the program in the Solana VM, with the most that each took. */
async function cu(options: CuOptions, context: CliContext): Promise<void> {
  context.terminal.progress('running every instruction ...');
  const { computeUnits } = await import('@media-network/chain/program-world');
  const units = await computeUnits();
  if (options.json === true) {
    context.terminal.json({ units });
    return;
  }
  const columns = [
    { head: 'instruction', value: ([name]: [string, number]) => name },
    {
      head: 'compute units',
      value: ([, most]: [string, number]) => most.toLocaleString('en'),
      align: 'right' as const,
    },
  ];
  for (const line of table(Object.entries(units), columns, context.terminal.style))
    context.terminal.line(line);
}

export const registerProgram: RegisterCommand = (program, context) => {
  const command = program.command('program').description('The on-chain program, programs/media.');
  examples(command, ['media program verify', 'media program cu']);
  examples(
    command
      .command('build')
      .option('--verify', 'compare with the media.so that is checked in instead of replacing it')
      .option('--json', 'print the result as JSON')
      .description(
        'Build the program, the same bytes on every machine. Installs its toolchain by apt and cargo if need be.',
      )
      .action((options: BuildOptions) => build(options, context)),
    ['media program build', 'media program build --verify'],
  );
  examples(
    command
      .command('verify')
      .option('--json', 'print the result as JSON')
      .description('Rebuild the program and compare: the same as build --verify.')
      .action((options: BuildOptions) => build({ ...options, verify: true }, context)),
    ['media program verify'],
  );
  examples(
    keypairOption(
      chainOptions(
        command.command('deploy').description('Deploy the program through the upgradeable loader.'),
      ),
      'wallet that pays and may upgrade it later',
    )
      .option('--file <so>', 'another program than the one that is checked in')
      .option(
        '--program-keypair <file>',
        'keypair whose address is the program\'s id (default: the wallet "program")',
      )
      .option('--finalise', 'give up the right to upgrade it')
      .action((options: DeployOptions) => deploy(options, context)),
    [
      'media program deploy --keypair treasury',
      'media program deploy --url http://127.0.0.1:8899 --program-keypair id.json',
    ],
  );
  examples(
    command
      .command('cu')
      .option('--json', 'print the table as JSON')
      .description('Measure the compute units of every instruction.')
      .action((options: CuOptions) => cu(options, context)),
    ['media program cu', 'media program cu --json'],
  );
};
