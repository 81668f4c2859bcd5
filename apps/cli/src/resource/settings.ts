import type { Found } from '@media-network/chain';
import { NODE_STATUS } from '@media-network/chain/schema';
import { readOriginSettings } from '@media-network/edge/origin-settings';
import { isTarget } from '@media-network/protocol';
import type { Settings } from '@media-network/protocol';
import type { Connection } from '../connection.ts';
import { bad } from './bad-resource.ts';
import { namesAfter } from './own-names.ts';
import { rulesAfter } from './rules.ts';
import type { SettingsOptions } from './settings-options.ts';

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
  const { originLinks: _before, rules: rulesBefore = [], ...others } = before;
  const rules = rulesAfter(rulesBefore, options);
  const after: Settings = {
    ...others,
    ...(originLinks === 'keep' ? { originLinks } : {}),
    ...(options.originHost === undefined ? {} : { originHost: options.originHost }),
    ...(options.header === undefined ? {} : { originHeaders: parseHeaders(options.header) }),
    ...(options.probe === undefined ? {} : { probe: options.probe }),
    domains: namesAfter(before.domains, options),
    ...(rules.length === 0 ? {} : { rules }),
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
