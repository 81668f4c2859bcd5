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
  /** Reads those of many that are not known yet, with a hundredth of the requests. */
  prefetch(resources: readonly Found<'resource'>[]): Promise<void>;
}

const MAX_REMEMBERED = 20_000;
/** Accounts of one request: what nodes take. */
const BATCH = 100;

export function createSettingsReader(
  client: Pick<MediaClient, 'settings' | 'accounts'>,
  guardNo: number,
  sealKey: BoxKey,
): SettingsReader {
  const remembered = new Map<string, ReadableSettings>();

  async function decrypt(
    resource: Found<'resource'>,
    account: Found<'settings'> | null,
  ): Promise<ReadableSettings | undefined> {
    const version = resource.settingsVersion;
    if (account === null || account.status !== SETTINGS_STATUS.sealed) return undefined;
    const blob = account.tail.subarray(0, account.length);
    const key = await settingsKeyForGuard(blob, guardNo, sealKey);
    if (key === undefined) return undefined;
    const settings = await decryptSettings(blob, { resource: resource.address, version }, key);
    return settings === undefined ? undefined : { version, key, settings };
  }

  function remember(resource: Found<'resource'>, found: ReadableSettings): void {
    remembered.set(resource.address, found);
    for (const oldest of remembered.keys()) {
      if (remembered.size <= MAX_REMEMBERED) break;
      remembered.delete(oldest);
    }
  }

  return {
    async prefetch(resources) {
      const unknown = resources.filter(
        ({ address, settingsVersion }) =>
          settingsVersion > 0 && remembered.get(address)?.version !== settingsVersion,
      );
      for (let from = 0; from < unknown.length; from += BATCH) {
        const batch = unknown.slice(from, from + BATCH);
        const accounts = await client.accounts(
          'settings',
          batch.map(({ settings }) => settings),
        );
        for (const [i, resource] of batch.entries()) {
          const found = await decrypt(resource, accounts[i] ?? null);
          if (found !== undefined) remember(resource, found);
        }
      }
    },
    async read(resource) {
      if (resource.settingsVersion === 0) return undefined;
      const known = remembered.get(resource.address);
      if (known?.version === resource.settingsVersion) return known;
      const found = await decrypt(
        resource,
        await client.settings(resource.address, resource.settingsVersion),
      );
      if (found !== undefined) remember(resource, found);
      return found;
    },
  };
}
