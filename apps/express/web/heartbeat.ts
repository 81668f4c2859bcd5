import { BEAT_SECS, audienceWindow, viewingBeatMessage } from '@media-network/protocol/audience';
import { ask } from './api.ts';

interface Pass {
  readonly hour: number;
  readonly pass: string;
}

const HOUR_MS = 3_600_000;
const hexOf = (bytes: Uint8Array): string =>
  [...bytes].map((byte) => byte.toString(16).padStart(2, '0')).join('');

/**
 * Signs for the time that is watched, with a key that lives as long as the page: that counts a viewer without knowing who it is.
 * Nothing is sent while nothing plays.
 */
export async function startHeartbeats(channel: string, isPlaying: () => boolean): Promise<void> {
  const pair = await crypto.subtle.generateKey('Ed25519', false, ['sign', 'verify']);
  // The types know one key or two; Ed25519 always has two.
  if (!('privateKey' in pair)) return;
  const { privateKey } = pair;
  const publicKey = new Uint8Array(await crypto.subtle.exportKey('raw', pair.publicKey));
  const clientKey = hexOf(publicKey);
  let pass: Pass | undefined;
  let [window, beats] = [0, 0];

  async function beat(): Promise<void> {
    if (!isPlaying()) return;
    const nowMs = Date.now();
    if (pass === undefined || pass.hour < Math.floor(nowMs / HOUR_MS))
      pass = await ask<Pass>('POST', `/channels/${channel}/viewing`, { clientKey });
    const current = audienceWindow(nowMs);
    [window, beats] = current === window ? [window, beats + 1] : [current, 1];
    const message = viewingBeatMessage(channel, publicKey, window, beats);
    const signature = await crypto.subtle.sign('Ed25519', privateKey, new Uint8Array(message));
    await ask('POST', `/channels/${channel}/beats`, {
      window,
      viewing: { clientKey, ...pass, beats, signature: hexOf(new Uint8Array(signature)) },
    });
  }

  // One that is refused, or does not arrive, is made up for by the next: they count upwards.
  const tryBeat = (): void => void beat().catch(() => undefined);
  const begin = setInterval(() => {
    if (!isPlaying()) return;
    clearInterval(begin);
    tryBeat();
    setInterval(tryBeat, BEAT_SECS * 1_000);
  }, 500);
}
