import { createHash, generateKeyPairSync, sign } from 'node:crypto';
import {
  AUDIENCE_WINDOW_SECS,
  audienceWindow,
  checkAudience,
  viewingBeatMessage,
} from '@media-network/protocol/audience';
import type { AudienceEvidence } from '@media-network/protocol/audience';
import { createManualClock } from '@media-network/runtime/testing';
import { expect, it, vi } from 'vitest';
import { setup, streamer, visitor } from './harness.ts';

const sha256 = (bytes: Uint8Array): Uint8Array => createHash('sha256').update(bytes).digest();
/** The bar is 500; by `MEDIA_VIEWERS=500`, as each takes four signatures and two requests. */
const VIEWERS = Number(process.env['MEDIA_VIEWERS'] ?? '20');
const WINDOW_MS = AUDIENCE_WINDOW_SECS * 1_000;

function player(channel: string) {
  const { publicKey, privateKey } = generateKeyPairSync('ed25519');
  const raw = Buffer.from(publicKey.export({ format: 'jwk' }).x ?? '', 'base64url');
  const clientKey = raw.toString('hex');
  return {
    clientKey,
    viewing: (window: number, beats: number, pass: object) => ({
      window,
      viewing: {
        clientKey,
        ...pass,
        beats,
        signature: sign(null, viewingBeatMessage(channel, raw, window, beats), privateKey).toString('hex'),
      },
    }),
  };
}

it('counts viewers by what they signed, publishes it, and counts no farm, replay or forgery', async () => {
  // As a window begins.
  const clock = createManualClock((audienceWindow(Date.now()) + 1) * WINDOW_MS);
  const { site } = await setup({ viewersPerAddress: String(VIEWERS + 10) }, { clock });
  await streamer(site, 'garden');
  const someone = visitor(site);
  const path = '/api/channels/garden';
  const beat = async (body: object): Promise<string> =>
    (await someone.ask('POST', `${path}/beats`, body)).body.error?.code ?? 'taken';
  const window = audienceWindow(clock.nowMs());
  for (let i = 0; i < VIEWERS; i += 1) {
    const own = player('garden');
    const pass = await someone.ask('POST', `${path}/viewing`, { clientKey: own.clientKey });
    expect(pass.status).toBe(200);
    expect(await beat(own.viewing(window, 1, pass.body))).toBe('taken');
    // Said again, it is one viewer.
    expect(await beat(own.viewing(window, 1, pass.body))).toBe('taken');
    if (i > 0) {
      clock.advance(100);
      continue;
    }
    expect(await beat(own.viewing(window, 9, pass.body))).toBe('express/bad-beat');
    expect(await beat(own.viewing(window + 1, 1, pass.body))).toBe('express/bad-beat');
    expect(await beat(own.viewing(window - 2, 1, pass.body))).toBe('express/bad-beat');
    const taken = own.viewing(window, 2, pass.body);
    expect(await beat({ ...taken, viewing: { ...taken.viewing, beats: 1 } })).toBe('express/bad-beat');
    // Somebody else's pass is for somebody else's key.
    expect(await beat(player('garden').viewing(window, 1, pass.body))).toBe('express/bad-beat');
  }
  // A farm of players that the site let in none of.
  for (let i = 0; i < 20; i += 1)
    expect(await beat(player('garden').viewing(window, 1, { hour: 1, pass: '0'.repeat(128) }))).toBe(
      'express/bad-beat',
    );
  expect((await someone.ask('GET', path)).body).toMatchObject({ card: { live: false } });
  expect((await someone.ask('GET', `${path}/audience`)).body).toMatchObject({
    attested: VIEWERS,
    claimed: 0,
    windows: [],
  });

  const published = await vi.waitFor(async () => {
    clock.advance(WINDOW_MS);
    const { body } = await someone.ask('GET', `${path}/audience/${window}`);
    expect(body.error).toBeUndefined();
    return body as unknown as AudienceEvidence;
  }, 60_000);
  expect(published.attested).toBe(VIEWERS);
  expect(await checkAudience(published, sha256)).toMatchObject({
    counted: VIEWERS,
    differences: [],
    faults: {},
  });
  const { body } = await someone.ask('GET', `${path}/audience`);
  expect(body).toMatchObject({ attested: 0, windows: [{ window, attested: VIEWERS, root: published.root }] });
  expect(JSON.stringify(published)).not.toMatch(/127\.0\.0\.1/);
});
