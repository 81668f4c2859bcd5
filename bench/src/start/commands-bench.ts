import { spawnSync } from 'node:child_process';
import { MediaError } from '@media-network/runtime';
import { rounded, spreadOf } from '../edge/spread.ts';
import type { Spread } from '../edge/spread.ts';
import { thisMachine } from '../machine/machine.ts';
import type { Machine } from '../machine/machine.ts';

/** A command line that is run to its end. */
export interface ShortCommand {
  /** As it is shown. */
  readonly name: string;
  readonly words: readonly string[];
}

/** What a command takes from its start to its end, everything that it runs included. */
export interface CommandRow {
  readonly name: string;
  readonly wallMs: Spread;
  readonly processorMs: Spread;
  /** Processor time by that of `beside` in the same round. */
  readonly ratio: Spread;
}

export interface CommandsBenchResult {
  readonly machine: Machine;
  /** `beside` first. */
  readonly rows: readonly CommandRow[];
}

/** Times of one run, in milliseconds. */
export interface RunTimes {
  readonly wallMs: number;
  readonly processorMs: number;
}

export interface CommandsBenchOptions {
  readonly commands: readonly ShortCommand[];
  /** What the commands are compared with: the least that a program of this runtime takes. */
  readonly beside: ShortCommand;
  readonly rounds: number;
  /** Runs of a command in a round, of which the mean counts: shells count processor time in hundredths of a second. */
  readonly runs: number;
  /** Where they run. */
  readonly cwd: string;
  readonly say?: (line: string) => void;
  /** Runs a command so often and returns its mean times; a shell does it where nothing else is given. */
  readonly run?: (command: ShortCommand, runs: number, cwd: string) => RunTimes;
}

/**
 * Medians of what short commands take, beside an empty program of the same runtime. Commands take turns round by
 * round, every other round backwards. The first round fills caches (compiled code, the disk's) and does not count.
 *
 * @throws `bench/command-failed`
 */
export function benchCommands(options: CommandsBenchOptions): CommandsBenchResult {
  const { beside, rounds, runs, cwd, run = runInShell, say = () => undefined } = options;
  const machine = thisMachine();
  const all = [beside, ...options.commands];
  const taken = new Map(all.map((each) => [each, [] as RunTimes[]]));
  for (let round = 0; round <= rounds; round += 1) {
    if (round > 0) say(`round ${round} of ${rounds}`);
    for (const each of round % 2 === 1 ? all.toReversed() : all) {
      const times = run(each, round === 0 ? 1 : runs, cwd);
      if (round > 0) taken.get(each)?.push(times);
    }
  }
  const least = taken.get(beside) ?? [];
  return {
    machine,
    rows: [...taken].map(([{ name }, times]) => ({
      name,
      wallMs: spread(times.map(({ wallMs }) => wallMs)),
      processorMs: spread(times.map(({ processorMs }) => processorMs)),
      ratio: spread(times.map(({ processorMs }, i) => processorMs / (least[i]?.processorMs ?? Number.NaN))),
    })),
  };
}

function spread(values: readonly number[]): Spread {
  const found = spreadOf(values);
  if (found === undefined) throw new Error('no round was measured');
  return rounded(found);
}

/** `times` says last what the shell's ended children took: user, then system. */
const SCRIPT = `runs=$1; shift
while [ "$runs" -gt 0 ]; do "$@" >/dev/null || exit; runs=$((runs - 1)); done
times`;

function runInShell({ name, words }: ShortCommand, runs: number, cwd: string): RunTimes {
  const begun = performance.now();
  const { status, stdout, stderr } = spawnSync('/bin/sh', ['-c', SCRIPT, 'sh', String(runs), ...words], {
    cwd,
    encoding: 'utf8',
  });
  const wallMs = (performance.now() - begun) / runs;
  const seconds = shellSeconds(stdout);
  if (status === 0 && seconds !== undefined) return { wallMs, processorMs: (seconds * 1_000) / runs };
  throw new MediaError({
    code: 'bench/command-failed',
    message:
      `${name} did not run: it ended with ${status ?? 'a signal'}. ${stderr.trim().slice(-500)}`.trim(),
    source: 'client',
  });
}

/** Seconds in the last line of what `times` prints: `0m0.12s 0m0.05s`. */
export function shellSeconds(stdout: string): number | undefined {
  const [, ...parts] = /(\d+)m([\d.]+)s (\d+)m([\d.]+)s\s*$/.exec(stdout) ?? [];
  const [userMinutes, user, systemMinutes, system] = parts.map(Number);
  if (userMinutes === undefined || user === undefined || systemMinutes === undefined || system === undefined)
    return undefined;
  return 60 * (userMinutes + systemMinutes) + user + system;
}
