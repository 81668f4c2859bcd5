import { examples } from '../command.ts';
import type { CliContext, RegisterCommand } from '../command.ts';
import { chainOptions, networkDir } from '../chain-options.ts';
import { connect } from '../connection.ts';
import type { ChainOptions } from '../chain-options.ts';
import { folder, machine, names } from '../doctor/machine.ts';
import type { Finding } from '../doctor/finding.ts';
import { bad, good, warning } from '../doctor/finding.ts';
import { describeFailure } from '../failure.ts';
import { takenPorts } from '../up/port-check.ts';
import { runningIn } from '../up/running.ts';

/** Guards and edges of `media up`. */
const NODES = 3;

/** A look that itself fails is a finding too, and no reason to look no further. */
async function look(about: string, at: () => Promise<readonly Finding[]>): Promise<readonly Finding[]> {
  try {
    return await at();
  } catch (error) {
    const { message, hint } = describeFailure(error);
    return [bad(about, message, hint)];
  }
}

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
  const { terminal, invocation } = context;
  const { style } = terminal;
  const all: Finding[] = [];
  const tell = (findings: readonly Finding[]): void => {
    for (const given of findings) {
      const finding = {
        ...given,
        text: invocation.rewrite(given.text),
        hint: invocation.rewrite(given.hint),
      };
      all.push(finding);
      if (options.json === true) continue;
      const mark =
        finding.state === 'good'
          ? style.green('✓')
          : finding.state === 'warning'
            ? style.yellow('!')
            : style.red('✗');
      terminal.line(`${mark} ${finding.about.padEnd(11)} ${finding.text}`);
      if (finding.hint !== '') terminal.line(`  ${' '.repeat(11)} ${style.dim('→')} ${finding.hint}`);
    }
  };
  const dir = networkDir(options, context);
  tell(await look('machine', machine));
  tell(await look('folder', () => folder(dir)));
  tell(await look('names', names));
  tell(await look('up', () => running(dir)));
  const { chain, nodes, recording, resources, wallets } = await import('../doctor/network.ts');
  const connection = await connect(options, context);
  terminal.progress(`asking ${connection.client.rpcUrl} ...`);
  const seen = await chain(connection);
  tell(seen.findings);
  const { config } = seen;
  if (config !== undefined) {
    tell(await look('nodes', () => nodes(connection, config)));
    tell(await look('hours', () => recording(connection, config)));
    tell(await look('resource', () => resources(connection, options, context)));
    tell(await look('wallets', () => wallets(connection)));
  }
  const wrong = all.filter(({ state }) => state === 'bad').length;
  const warnings = all.filter(({ state }) => state === 'warning').length;
  if (wrong > 0) context.setExitCode(1);
  if (options.json === true) {
    terminal.json({ ok: wrong === 0, wrong, warnings, findings: all });
    return;
  }
  terminal.line();
  terminal.line(
    wrong === 0
      ? style.green(`Nothing is wrong${warnings === 0 ? '' : `; ${warnings} to look at`}.`)
      : style.red(
          `${wrong} ${wrong === 1 ? 'thing is' : 'things are'} wrong: do what stands behind the arrow.`,
        ),
  );
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
