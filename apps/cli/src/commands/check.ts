import { resolve } from 'node:path';
import { FAST_PARAMS, readKeypairFile } from '@media-network/devnet/folder';
import type { ClusterOptions, Devnet, NetworkParams } from '@media-network/devnet';
import { createLog, silentLog } from '@media-network/runtime';
import { formatMs } from '../amounts.ts';
import { processorShare, sampleSecsFor } from '../check/processor-share.ts';
import { createStory } from '../check/story.ts';
import { examples } from '../command.ts';
import type { CliContext, RegisterCommand } from '../command.ts';

interface Options {
  readonly url?: string;
  readonly ws?: string;
  readonly keypair?: string;
  readonly json?: true;
  readonly debug?: true;
}

/**
 * A week of five hours of twelve seconds: a minute; a month of two hours. Everything takes longer on a machine that is busy with other things,
 * and on a real cluster, which is slower to confirm.
 */
function periodsOf(sampleSecs: number): NetworkParams {
  const { unbondSecs } = FAST_PARAMS;
  return {
    ...FAST_PARAMS,
    sampleSecs,
    unbondSecs: sampleSecs * unbondSecs,
    hoursPerWeek: 5,
    // So that a month is final before the story ends; hours are decided within one of them.
    finalHours: 4,
    monthSlots: 24,
    lateHours: 12,
    // Guards vote within seconds; an election is to end within the story.
    votingSecs: 20 * sampleSecs,
    timelockSecs: 15 * sampleSecs,
  };
}
const CLUSTER_SAMPLE_SECS = 2;

async function cluster(options: Options, context: CliContext): Promise<ClusterOptions | undefined> {
  if (options.url === undefined) return undefined;
  return {
    rpcUrl: options.url,
    ...(options.ws === undefined ? {} : { wsUrl: options.ws }),
    ...(options.keypair === undefined
      ? {}
      : { payer: await readKeypairFile(resolve(context.cwd, options.keypair)) }),
  };
}

async function run(options: Options, context: CliContext): Promise<void> {
  const signal = context.takeSignals();
  const { terminal } = context;
  const story = createStory(terminal, false);
  const { createDevnet } = await import('@media-network/devnet');
  const [{ emptyFigures, tellStory }, { tellAttacks }] = await Promise.all([
    import('../check/network-check.ts'),
    import('../check/attacks.ts'),
  ]);
  const figures = emptyFigures();
  const started = performance.now();
  let devnet: Devnet | undefined;
  let attacks: readonly unknown[] = [];
  let ok = false;
  try {
    await story.step('boot', async () => {
      const other = await cluster(options, context);
      const share = processorShare();
      const sampleSecs = Math.max(sampleSecsFor(share), other === undefined ? 1 : CLUSTER_SAMPLE_SECS);
      if (sampleSecs > 1 && other === undefined)
        terminal.note(
          `This machine is busy: of one processor the check gets ${Math.round(share * 100)} %. So an hour of the network takes ${12 * sampleSecs} s instead of 12, and the check some minutes longer.`,
        );
      devnet = await createDevnet({
        periods: periodsOf(sampleSecs),
        ...(other === undefined ? {} : { cluster: other }),
        signal,
        log: options.debug === true ? createLog('media', { level: 'info' }) : silentLog,
        onStep: (text) => terminal.line(terminal.style.dim(`  ${text}`)),
      });
      return `chain ${devnet.rpcUrl}, program ${devnet.programId}, ${devnet.guards.length} guards, ${devnet.edges.length} edges`;
    });
    if (devnet !== undefined) await raced(tellStory(devnet, story, figures), signal);
    await devnet?.close();
    devnet = undefined;
    attacks = await tellAttacks(story, signal);
    ok = true;
  } catch (error) {
    if (options.debug === true)
      terminal.note(error instanceof Error ? (error.stack ?? error.message) : String(error));
    if (signal.aborted) terminal.note('interrupted');
  }
  try {
    await devnet?.close();
  } catch (error) {
    ok = false;
    terminal.note(
      `the network did not stop cleanly: ${error instanceof Error ? error.message : String(error)}`,
    );
  }
  if (!ok) context.setExitCode(1);
  const summary = `${story.steps.filter((step) => step.ok).length} steps hold in ${formatMs(performance.now() - started)}`;
  if (options.json === true) terminal.json({ ok, steps: story.steps, ...figures, attacks });
  else
    terminal.line(
      ok
        ? terminal.style.green(`Everything works: ${summary}.`)
        : terminal.style.red(`It does not all work: ${summary}, then one does not.`),
    );
}

/** The story, or the end of it when somebody presses Ctrl-C. */
async function raced(story: Promise<void>, signal: AbortSignal): Promise<void> {
  const interrupted = new Promise<never>((_resolve, reject) => {
    signal.addEventListener('abort', () => reject(new Error('interrupted')), { once: true });
  });
  await Promise.race([story, interrupted]);
}

export const registerCheck: RegisterCommand = (program, context) => {
  const command = program
    .command('check')
    .description(
      'Boots a network on free ports in a folder of its own, tells its whole story once with short periods, plays three attacks on it, cleans up. Exit code 0 when everything holds.',
    )
    .option('--url <url>', 'tell the story on another Solana chain: the program is deployed under a fresh id')
    .option('--ws <url>', 'websocket of that chain (default: the port after that of --url)')
    .option('--keypair <file>', 'wallet with SOL on that chain (default: a new one, funded by airdrop)')
    .option('--json', 'print one JSON object as the last line')
    .action((options: Options) => run(options, context));
  examples(command, ['media check', 'media check --json', 'media check --url http://127.0.0.1:8899']);
};
