import type { Command } from 'commander';
import { rareOption } from './command.ts';
import type { ChainOptions } from './chain-options.ts';
import { actingOptions } from './chain-options.ts';

/** An option as a daemon describes it; both daemons have the same shape. */
export interface DaemonOption {
  readonly name: string;
  readonly flag: string;
  readonly env: string;
  readonly default: string | number | boolean | undefined;
  readonly help: string;
  readonly boolean: boolean;
}

export interface DaemonOptions extends ChainOptions {
  readonly config?: string;
  readonly data?: string;
  readonly region: string;
  readonly lp?: string;
  readonly quote?: string;
  readonly register: boolean;
  readonly endpoint?: string;
  readonly control?: string;
  readonly [option: string]: unknown;
}

/** What the CLI says in its own words: the chain by --url and --ws, the folder by --data. */
const OWN: ReadonlySet<string> = new Set(['rpcUrl', 'wsUrl', 'programId', 'dir']);

/** What most operators set; the rest is behind --help-all. */
const COMMON: ReadonlySet<string> = new Set([
  'host',
  'port',
  'controlPort',
  'tlsCert',
  'tlsKey',
  'httpsPort',
  'acme',
  'workers',
  'diskBytes',
]);

/** A flag for each option of a schema but the CLI's own; those that are not `common` are behind --help-all. */
export function addSchemaOptions(
  command: Command,
  options: readonly DaemonOption[],
  common: ReadonlySet<string>,
): void {
  for (const option of options) {
    if (OWN.has(option.name)) continue;
    const shown = option.default === undefined ? '' : ` (default: ${String(option.default)})`;
    const flag = option.boolean ? `--${option.flag} [true|false]` : `--${option.flag} <value>`;
    const added = command.createOption(flag, `${option.help}${shown}`);
    command.addOption(common.has(option.name) ? added : added.hideHelp());
  }
}

/** Flags for everything a daemon can be told, with its own help. Commander's defaults are left out, so that files and environment keep their place. */
export function addDaemonOptions(command: Command, options: readonly DaemonOption[]): Command {
  actingOptions(command, 'wallet of the node: owner and operator');
  command.option('--region <name>', 'where it is, at most 8 letters', 'local');
  addSchemaOptions(command, options, COMMON);
  rareOption(command, '--data <folder>', 'folder of the daemon (default: one below --dir)');
  rareOption(command, '--lp <lp>', 'LP to stake to register (default: the least, plus a fifth)');
  rareOption(command, '--quote <mint>', 'quote token of the pool, where there are several');
  rareOption(command, '--no-register', 'never send a registration; fail if there is none');
  rareOption(command, '--config <file>', 'JSON file with options by name');
  return command;
}

/** The flags that were given, by the daemon's names. */
export function daemonFlags(
  options: readonly DaemonOption[],
  given: Readonly<Record<string, unknown>>,
): Record<string, unknown> {
  const flags: Record<string, unknown> = {};
  for (const option of options)
    if (given[option.name] !== undefined && !OWN.has(option.name)) flags[option.name] = given[option.name];
  return flags;
}
