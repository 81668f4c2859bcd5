import type { PurgeSelector } from '@media-network/http-cache';
import type { PurgeWhat } from '@media-network/protocol';
import { askedTarget } from '@media-network/rules';
import type { OriginSettings } from '../origin/origin-settings.ts';

/**
 * What a purge means in the cache. Rules of a resource may keep an object under another query than a viewer asks with
 * (`cache-key`): it is meant all the same. As long as the settings are not known, so is everything of the path.
 */
export function meantBy(
  what: readonly PurgeWhat[],
  settings: Pick<OriginSettings, 'rules'> | undefined,
): readonly PurgeSelector[] {
  return what.flatMap((each): readonly PurgeSelector[] => {
    if (each.kind === 'target') {
      if (settings !== undefined)
        return [each, { kind: 'target', target: askedTarget(settings.rules, each.target) }];
      const path = pathOf(each.target);
      return [each, { kind: 'target', target: path }, { kind: 'prefix', prefix: `${path}?` }];
    }
    const mayBeOther = settings === undefined || settings.rules.cacheKey.length > 0;
    return each.kind === 'prefix' && mayBeOther && each.prefix.includes('?')
      ? [{ kind: 'prefix', prefix: pathOf(each.prefix) }]
      : [each];
  });
}

function pathOf(target: string): string {
  return target.split('?', 1)[0] ?? '';
}
