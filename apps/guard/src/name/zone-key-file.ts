import { createPrivateKey } from 'node:crypto';
import { createZoneKey, newZoneKeyText } from '@media-network/dns';
import type { ZoneKey } from '@media-network/dns';
import { MediaError, errorMessage } from '@media-network/runtime';
import { createDurably, readIfPresent } from '@media-network/runtime/durable-file';

/**
 * The key that this guard signs the zone with: made once, readable to its owner alone. The zone's parent names it, so it must
 * not change by itself.
 *
 * @throws `guard/bad-zone-key`
 */
export async function openZoneKey(path: string): Promise<ZoneKey> {
  const found = await readIfPresent(path);
  if (found === undefined) {
    const made = newZoneKeyText();
    return (await createDurably(path, made, 0o600)) ? read(path, made) : openZoneKey(path);
  }
  return read(path, found.toString('utf8'));
}

function read(path: string, text: string): ZoneKey {
  try {
    const key = createPrivateKey(text);
    if (key.asymmetricKeyDetails?.namedCurve !== 'prime256v1') throw new Error('it is no key on P-256');
    return createZoneKey(key);
  } catch (error) {
    throw new MediaError({
      code: 'guard/bad-zone-key',
      message: `${path} is not the key of a zone: ${errorMessage(error)}. Put the right file back, or remove it to have another made, and tell the zone's parent.`,
      source: 'client',
      cause: error,
    });
  }
}
