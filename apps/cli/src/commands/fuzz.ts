import type { Command } from 'commander';
import { MediaError, errorMessage } from '@media-network/runtime';
import type { FuzzTarget } from '@media-network/runtime/testing';
import { formatMs } from '../amounts.ts';
import { examples } from '../command.ts';
import type { CliContext, RegisterCommand } from '../command.ts';
import { PROJECT_ROOT } from '../root.ts';

interface Options {
  readonly inputs: string;
  readonly seed: string;
  readonly from: string;
  readonly only?: string[];
  readonly json?: true;
}

/** Inputs between two looks at the clock and at Ctrl-C. */
const STEP = 2_000;

interface Row {
  readonly target: string;
  readonly inputs: number;
  readonly ms: number;
  readonly kinds: number;
  readonly failure?: { readonly input: number; readonly message: string };
}

function natural(text: string, name: string, least: number): number {
  const value = Number(text);
  if (/^\d{1,12}$/.test(text) && value >= least) return value;
  throw new MediaError({
    code: 'cli/bad-number',
    message: `${name} must be a whole number from ${least}, not "${text}".`,
    source: 'client',
  });
}

function chosen(targets: readonly FuzzTarget[], only: readonly string[] | undefined): readonly FuzzTarget[] {
  const unknown = only?.find((name) => !targets.some((target) => target.name === name));
  if (unknown !== undefined)
    throw new MediaError({
      code: 'cli/unknown-target',
      message: `There is no target "${unknown}": choose from ${targets.map(({ name }) => name).join(', ')}.`,
      source: 'client',
    });
  return targets.filter((target) => only?.includes(target.name) ?? true);
}

/** What is fed, and the word behind `media fuzz` that feeds it. */
interface Fed {
  readonly word: string;
  targets(): Promise<readonly FuzzTarget[]>;
}

const EDGE: Fed = {
  word: 'edge',
  targets: async () => (await import('../fuzz/edge-targets.ts')).edgeTargets(),
};
const DNS: Fed = { word: 'dns', targets: async () => (await import('@media-network/dns/fuzz')).FUZZ_TARGETS };
const RTMP: Fed = {
  word: 'rtmp',
  targets: async () => (await import('@media-network/rtmp/fuzz')).FUZZ_TARGETS,
};

async function fuzzTargets(fed: Fed, options: Options, context: CliContext): Promise<void> {
  const { terminal } = context;
  const inputs = natural(options.inputs, '--inputs', 1);
  const seed = natural(options.seed, '--seed', 0);
  const from = natural(options.from, '--from', 0);
  const [targets, { fuzz }] = await Promise.all([fed.targets(), import('@media-network/runtime/testing')]);
  const signal = context.takeSignals();
  const rows: Row[] = [];
  for (const target of chosen(targets, options.only)) {
    const started = performance.now();
    const kinds = new Set<string>();
    let done = 0;
    let failure: Row['failure'];
    while (done < inputs && failure === undefined && !signal.aborted) {
      const result = fuzz(target, { seed, inputs: Math.min(STEP, inputs - done), from: from + done });
      for (const kind of Object.keys(result.kinds)) kinds.add(kind);
      done += result.inputs;
      if (result.failure !== undefined)
        failure = { input: result.failure.input, message: errorMessage(result.failure.error) };
      terminal.progress(`${target.name}: ${done.toLocaleString('en')} of ${inputs.toLocaleString('en')} ...`);
      // Lets a signal in.
      await new Promise((resolve) => setImmediate(resolve));
    }
    const ms = Math.round(performance.now() - started);
    const row = {
      target: target.name,
      inputs: done,
      ms,
      kinds: kinds.size,
      ...(failure === undefined ? {} : { failure }),
    };
    rows.push(row);
    if (options.json !== true) terminal.line(describe(row, fed.word, seed, context));
    if (signal.aborted) break;
  }
  const failed = rows.filter((row) => row.failure !== undefined).length;
  if (failed > 0) context.setExitCode(1);
  if (options.json === true) terminal.json({ ok: failed === 0, seed, targets: rows });
}

function describe(row: Row, word: string, seed: number, { terminal }: CliContext): string {
  const { style } = terminal;
  const counts = `${row.inputs.toLocaleString('en').padStart(9)} inputs of ${row.kinds} kinds`;
  if (row.failure === undefined)
    return `${style.green('✓')} ${row.target.padEnd(15)} ${counts}  ${style.dim(formatMs(row.ms))}`;
  const again = `media fuzz ${word} --only ${row.target} --seed ${seed} --from ${row.failure.input} --inputs 1`;
  return `${style.red('✗')} ${row.target.padEnd(15)} ${row.failure.message}\n  once more: ${again}`;
}

interface ProgramOptions {
  readonly steps: string;
  readonly seed: string;
  readonly json?: true;
}

async function fuzzTheProgram(options: ProgramOptions, context: CliContext): Promise<void> {
  const { terminal } = context;
  const { style } = terminal;
  const steps = natural(options.steps, '--steps', 1);
  const seed = natural(options.seed, '--seed', 0);
  const { fuzzProgram } = await import('@media-network/chain/fuzz');
  const started = performance.now();
  const { failure, counts, ...rest } = await fuzzProgram({
    steps,
    seed,
    signal: context.takeSignals(),
    onProgress(done) {
      const ms = performance.now() - started;
      const speed = Math.round((done / ms) * 1_000);
      terminal.progress(
        `${done.toLocaleString('en')} of ${steps.toLocaleString('en')} steps, ${speed} a second, ${formatMs(ms)} ...`,
      );
    },
  });
  const ms = Math.round(performance.now() - started);
  const again =
    failure === undefined ? undefined : `media fuzz program --seed ${failure.seed} --steps ${failure.steps}`;
  if (failure !== undefined) context.setExitCode(1);
  if (options.json === true) {
    const broke = failure === undefined ? {} : { failure: { ...failure, again } };
    return terminal.json({ ok: failure === undefined, seed, ms, ...rest, instructions: counts, ...broke });
  }
  if (failure !== undefined) terminal.line(`${style.red('✗')} ${failure.message}\n  once more: ${again}`);
  terminal.line(
    `${rest.steps.toLocaleString('en')} steps without a difference, ${rest.succeeded.toLocaleString('en')} of them successes, ${rest.errors} different refusals, in ${formatMs(ms)}.`,
  );
  if (rest.missing.length > 0) terminal.line(`Never succeeded: ${rest.missing.join(', ')}.`);
}

interface MutantsOptions {
  readonly only?: readonly string[];
  readonly json?: true;
}

async function fuzzTheRules(options: MutantsOptions, context: CliContext): Promise<void> {
  const { terminal } = context;
  const { style } = terminal;
  const { chooseMutants, runMutants } = await import('@media-network/lab/mutants');
  const chosen = chooseMutants(options.only);
  if (chosen.length === 0)
    throw new MediaError({
      code: 'cli/unknown-target',
      message: `No mutation's name contains "${options.only?.join('" or "')}".`,
      source: 'client',
    });
  const started = performance.now();
  let done = 0;
  const progress = (): boolean =>
    terminal.progress(`${done} of ${chosen.length} mutations, ${formatMs(performance.now() - started)} ...`);
  progress();
  const { tried, of, survived } = await runMutants({
    root: PROJECT_ROOT,
    ...(options.only === undefined ? {} : { only: options.only }),
    signal: context.takeSignals(),
    onFate({ name }, fate, by) {
      done += 1;
      const mark = fate === 'killed' ? style.green('✓') : style.red('✗');
      terminal.line(
        `${mark} ${name}  ${style.dim(fate === 'killed' ? `noticed by ${by}` : 'nothing noticed it')}`,
      );
      progress();
    },
  });
  if (survived.length > 0) context.setExitCode(1);
  if (options.json === true) terminal.json({ tried, of, survived });
  else
    terminal.line(
      `${tried - survived.length} of ${tried} mutations noticed${tried < of ? `, ${of - tried} not tried` : ''}, in ${formatMs(performance.now() - started)}.`,
    );
}

export const registerFuzz: RegisterCommand = (program, context) => {
  const group = program
    .command('fuzz')
    .description('Feeds what reads the words of strangers with inputs that nobody wrote.');
  examples(group, [
    'media fuzz edge --inputs 10000',
    'media fuzz program --steps 10000',
    'media fuzz mutants --json',
  ]);
  const options = (command: Command, fed: Fed): Command =>
    command
      .option('--inputs <n>', 'inputs for each target', '1000000')
      .option('--seed <n>', 'what the inputs are made from', '1')
      .option('--from <n>', 'number of the first input', '0')
      .option('--only <target...>', 'these targets only')
      .option('--json', 'print the result as one JSON object')
      .action((given: Options) => fuzzTargets(fed, given, context));
  examples(
    options(
      group
        .command('edge')
        .description(
          'The edge: requests, chunks, HTTP/2 frames, Cache-Control, Vary, Range and the index on disk. Each input is checked against a second reader or a rule that must hold.',
        ),
      EDGE,
    ),
    ['media fuzz edge', 'media fuzz edge --only range --seed 7'],
  );
  examples(
    options(
      group
        .command('dns')
        .description(
          "The guards' name servers: queries, harmed ones among them. Each answer is read by another reader and held against its bounds.",
        ),
      DNS,
    ),
    ['media fuzz dns', 'media fuzz dns --inputs 10000 --seed 7'],
  );
  examples(
    options(
      group
        .command('rtmp')
        .description(
          'The media server: what encoders send, harmed ones among them. No media comes out before a key was accepted, and nothing grows without bound.',
        ),
      RTMP,
    ),
    ['media fuzz rtmp', 'media fuzz rtmp --only rtmp-chunks --seed 7'],
  );
  examples(
    group
      .command('program')
      .description(
        'The on-chain program: random instructions through it in the Solana VM and through the reference model. After each, both must have succeeded or failed with the same error, every byte of its accounts must be equal, and the invariants must hold.',
      )
      .option('--steps <n>', 'instructions in all; each 20,000 begin with a new network', '200000')
      .option(
        '--seed <n>',
        'what the first 20,000 are made from; the next are made from the next number',
        '1',
      )
      .option('--json', 'print the result as one JSON object')
      .action((given: ProgramOptions) => fuzzTheProgram(given, context)),
    ['media fuzz program', 'media fuzz program --seed 7 --steps 20000 --json'],
  );
  examples(
    group
      .command('mutants')
      .description(
        "The program's tests: turns one rule of the on-chain program wrong at a time, in a copy, and says which of these the tests do not notice. Needs the Rust toolchain; takes an hour where nothing else runs.",
      )
      .option('--only <text...>', 'mutations whose name contains one of these')
      .option('--json', 'print the result as one JSON object as the last line')
      .action((options: MutantsOptions) => fuzzTheRules(options, context)),
    ['media fuzz mutants --json', 'media fuzz mutants --only genesis'],
  );
};
