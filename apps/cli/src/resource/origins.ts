import { readOriginSettings } from '@media-network/edge/origin-settings';
import type { Settings } from '@media-network/protocol';

/** One of the origins of a resource, the settings' own first. */
export interface Origin {
  readonly url: string;
  readonly weight: number;
  readonly backup: boolean;
}

/** All origins that edges ask, as they read them; the settings' own alone where they would follow none of it. */
export function originsOf(settings: Settings): readonly Origin[] {
  try {
    return readOriginSettings(settings).places.map(({ origin, prefix, weight, backup }) => ({
      url: origin + prefix,
      weight,
      backup,
    }));
  } catch {
    return [{ url: settings.origin, weight: 1, backup: false }];
  }
}
