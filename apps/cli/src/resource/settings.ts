import type { Found } from '@media-network/chain';
import { NODE_STATUS } from '@media-network/chain/schema';
import { readOriginSettings } from '@media-network/edge/origin-settings';
import { isOrigin, isTarget } from '@media-network/protocol';
import type { Settings } from '@media-network/protocol';
import { Option } from 'commander';
import type { Command } from 'commander';
import type { Connection } from '../connection.ts';
import { bad } from './bad-resource.ts';
import { namesAfter } from './own-names.ts';
import type { OwnNameOptions } from './own-names.ts';

export interface SettingsOptions extends OwnNameOptions {
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
    .option('--password-file <file>', 'password of the settings (else MEDIA_PASSWORD, else that of --dir)');
}

/** The base URL of an origin, without a path. */
export function parseOrigin(text: string): string {
  const url = URL.parse(text);
  if (url !== null && isOrigin(text)) return url.origin;
  throw bad(
    `"${text}" is not the address of an origin: write it as http://host:port or https://host, with no path.`,
  );
}

/** Settings that name an origin and nothing else. */
export function originOnly(origin: string): Settings {
  return { v: 1, origin, originHost: null, originHeaders: [], probe: ['/'], domains: [] };
}

function parseHeaders(lines: readonly string[]): (readonly [string, string])[] {
  return lines.map((line) => {
    const [, name, value] = /^([!#$%&'*+.^_`|~0-9A-Za-z-]+):\s*(.*)$/.exec(line) ?? [];
    if (name === undefined || value === undefined)
      throw bad(`"${line}" is not a header: write it as "Name: value".`);
    return [name, value];
  });
}

/** The settings with what the options replace replaced. */
export function withOptions(before: Settings, options: SettingsOptions): Settings {
  const wrong = options.probe?.find((target) => !isTarget(target));
  if (wrong !== undefined)
    throw bad(`"${wrong}" is not a target that guards could fetch: it must begin with /.`);
  const { originLinks = before.originLinks ?? 'rewrite' } = options;
  const { originLinks: _before, ...others } = before;
  const after: Settings = {
    ...others,
    ...(originLinks === 'keep' ? { originLinks } : {}),
    ...(options.originHost === undefined ? {} : { originHost: options.originHost }),
    ...(options.header === undefined ? {} : { originHeaders: parseHeaders(options.header) }),
    ...(options.probe === undefined ? {} : { probe: options.probe }),
    domains: namesAfter(before.domains, options),
  };
  // What an edge would refuse to follow is refused before it is sealed.
  readOriginSettings(after);
  return after;
}

export async function activeGuards(connection: Connection): Promise<readonly Found<'guard'>[]> {
  const guards = (await connection.client.guards()).filter((guard) => guard.status === NODE_STATUS.active);
  if (guards.length > 0) return guards;
  throw bad(
    'This network has no guards yet that could read the settings: register one with "media guard" first.',
  );
}
