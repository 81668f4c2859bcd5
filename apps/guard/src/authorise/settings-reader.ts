import type { Found, MediaClient } from '@media-network/chain';
import { SETTINGS_STATUS } from '@media-network/chain/schema';
import { decryptSettings, settingsKeyForGuard } from '@media-network/protocol';
import type { BoxKey, Settings } from '@media-network/protocol';

/** Settings of a resource as this guard can read them. */
export interface ReadableSettings {
  readonly version: number;
  readonly key: Uint8Array;
  readonly settings: Settings;
}

export interface SettingsReader {
  /** Settings in force; undefined when there are none that this guard can decrypt. Remembered by version. */
  read(resource: Found<'resource'>): Promise<ReadableSettings | undefined>;
}

const MAX_REMEMBERED = 20_000;

export function createSettingsReader(
  client: Pick<MediaClient, 'settings'>,
  guardNo: number,
  sealKey: BoxKey,
): SettingsReader {
  const remembered = new Map<string, ReadableSettings>();

  async function decrypt(resource: Found<'resource'>): Promise<ReadableSettings | undefined> {
    const version = resource.settingsVersion;
    const account = await client.settings(resource.address, version);
    if (account === null || account.status !== SETTINGS_STATUS.sealed) return undefined;
    const blob = account.tail.subarray(0, account.length);
    const key = await settingsKeyForGuard(blob, guardNo, sealKey);
    if (key === undefined) return undefined;
    const settings = await decryptSettings(blob, { resource: resource.address, version }, key);
    return settings === undefined ? undefined : { version, key, settings };
  }

  return {
    async read(resource) {
      if (resource.settingsVersion === 0) return undefined;
      const known = remembered.get(resource.address);
      if (known?.version === resource.settingsVersion) return known;
      const found = await decrypt(resource);
      if (found === undefined) return undefined;
      remembered.set(resource.address, found);
      for (const oldest of remembered.keys()) {
        if (remembered.size <= MAX_REMEMBERED) break;
        remembered.delete(oldest);
      }
      return found;
    },
  };
}
