import { createHash, generateKeyPairSync, sign } from 'node:crypto';
import { expect, it } from 'vitest';
import { addressOf } from './address.ts';
import {
  audienceMessage,
  audienceRoot,
  checkAudience,
  viewingBeatMessage,
  viewingPassMessage,
} from './audience.ts';
import type { AudienceEvidence, Viewing } from './audience.ts';
import { toHex } from './bytes.ts';

const sha256 = (bytes: Uint8Array): Uint8Array => createHash('sha256').update(bytes).digest();

function keyPair(): { readonly publicKey: Uint8Array; readonly sign: (message: Uint8Array) => string } {
  const { publicKey, privateKey } = generateKeyPairSync('ed25519');
  const { x = '' } = publicKey.export({ format: 'jwk' });
  return {
    publicKey: new Uint8Array(Buffer.from(x, 'base64url')),
    sign: (message) => sign(null, message, privateKey).toString('hex'),
  };
}

const WINDOW = 5_950_000;
const HOUR = Math.floor((WINDOW * 300) / 3_600);
const site = keyPair();

function viewing(beats = 10, passer = site, channel = 'garden'): Viewing {
  const own = keyPair();
  return {
    clientKey: toHex(own.publicKey),
    hour: HOUR,
    pass: passer.sign(viewingPassMessage(channel, own.publicKey, HOUR)),
    beats,
    signature: own.sign(viewingBeatMessage('garden', own.publicKey, WINDOW, beats)),
  };
}

function evidence(viewings: readonly Viewing[], attested = viewings.length): AudienceEvidence {
  const statement = {
    channel: 'garden',
    window: WINDOW,
    root: audienceRoot(viewings, sha256),
    attested,
    claimed: 1_000,
  };
  return {
    ...statement,
    site: addressOf(site.publicKey),
    signature: site.sign(audienceMessage(statement)),
    viewings,
  };
}

it('counts what viewers signed for, in any order', async () => {
  const viewings = [viewing(), viewing(1), viewing(11)];
  const found = await checkAudience(evidence(viewings), sha256);
  expect(found).toEqual({ counted: 3, watchedSecs: 22 * 30, faults: {}, differences: [] });
  expect(audienceRoot(viewings.toReversed(), sha256)).toBe(audienceRoot(viewings, sha256));
  expect((await checkAudience(evidence([]), sha256)).counted).toBe(0);
});

it('counts none that has no pass, is there twice, is of elsewhere or says more than was signed', async () => {
  const good = viewing();
  const farm = Array.from({ length: 20 }, () => viewing(10, keyPair()));
  const bad = [good, viewing(12), viewing(10, site, 'other'), { ...viewing(3), beats: 4 }];
  const found = await checkAudience(evidence([good, ...farm, ...bad]), sha256);
  expect(found).toMatchObject({
    counted: 1,
    faults: { twice: 1, malformed: 1, 'no-pass': 21, 'bad-signature': 1 },
    differences: [{ what: 'viewers', said: '25', recomputed: '1' }],
  });
});

it('shows a host that inflates, leaves out, or signs nothing', async () => {
  const viewings = [viewing(), viewing()];
  const inflated = await checkAudience(evidence(viewings, 500), sha256);
  expect(inflated.differences).toEqual([{ what: 'viewers', said: '500', recomputed: '2' }]);
  const less = await checkAudience({ ...evidence(viewings), viewings: viewings.slice(1) }, sha256);
  expect(less.differences.map(({ what }) => what)).toEqual(['viewers', 'root']);
  const unsigned = await checkAudience({ ...evidence(viewings), claimed: 2 }, sha256);
  expect(unsigned.differences.map(({ what }) => what)).toEqual(['signature of the site']);
  const malformed = await checkAudience({ ...evidence(viewings), signature: 'x', root: 'y' }, sha256);
  expect(malformed.differences.map(({ what }) => what)).toEqual(['root', 'signature of the site']);
});
