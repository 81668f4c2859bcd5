import { Option } from 'commander';
import type { Command } from 'commander';
import type { OwnNameOptions } from './own-names.ts';
import type { RuleOptions } from './rules.ts';

export interface SettingsOptions extends OwnNameOptions, RuleOptions {
  /** Lines of the file that `rules` names. */
  readonly ruleList?: readonly string[];
  readonly originHost?: string;
  readonly header?: string[];
  readonly probe?: string[];
  readonly passwordFile?: string;
  readonly originLinks?: 'rewrite' | 'keep';
}

export function settingsOptions(command: Command): Command {
  return command
    .option('--origin-host <name>', 'Host header to send to the origin')
    .option('--header <line...>', 'headers to send to the origin, as "Name: value"')
    .addOption(
      new Option(
        '--origin-links <what>',
        'Location, Content-Location, Refresh and Link that point at the origin: point them at the resource, or keep them',
      )
        .choices(['rewrite', 'keep'])
        .hideHelp(),
    )
    .option('--probe <target...>', 'targets that guards may fetch to compare')
    .option('--domain <name...>', 'names of your own, served once DNS says so')
    .option('--rule <line...>', 'rules for edges: "media resource rules" shows all')
    .addOption(
      new Option(
        '--rules <file>',
        'all rules, one a line, from a file or - (in place of those it has)',
      ).hideHelp(),
    )
    .option('--password-file <file>', 'password of the settings (else MEDIA_PASSWORD, else that of --dir)');
}
