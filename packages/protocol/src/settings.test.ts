import { createHash, generateKeyPairSync, scryptSync } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import { addressOf } from './address.ts';
import { toHex, utf8 } from './bytes.ts';
import { boxKeyOf, generateBoxKey, openSealed, seal } from './sealed-box.ts';
import { parseSettings, settingsText } from './settings-text.ts';
import type { Settings } from './settings-text.ts';
import {
  decryptSettings,
  encryptSettings,
  settingsGuards,
  settingsKeyByPassword,
  settingsKeyForGuard,
} from './settings.ts';
import type { Scrypt } from './settings.ts';

const scrypt: Scrypt = async (password, salt, { N, r, p }) =>
  scryptSync(password, salt, 32, { N, r, p, maxmem: 256 * N * r });
const subject = { resource: addressOf(createHash('sha256').update('r').digest()), version: 3 };
const settings: Settings = {
  v: 1,
  origin: 'https://origin.example:8443',
  originHost: 'www.example',
  originHeaders: [['a', 'b']],
  probe: ['/', '/x?y=1'],
  domains: ['d.example'],
};

describe('sealed box', () => {
  it('opens for its key alone, and only unchanged', async () => {
    const [own, other] = [await generateBoxKey(), await generateBoxKey()];
    const box = await seal(utf8('key'), own.publicKey);
    expect(await openSealed(box, own)).toEqual(utf8('key'));
    expect(await openSealed(box, other)).toBeUndefined();
    for (const at of [0, 33, box.length - 1]) {
      const changed = box.slice();
      changed[at] = (changed[at] ?? 0) ^ 1;
      expect(await openSealed(changed, own)).toBeUndefined();
    }
    expect(await openSealed(box.subarray(0, 40), own)).toBeUndefined();
  });

  it('derives the public key that another implementation does', async () => {
    const { publicKey, privateKey } = generateKeyPairSync('x25519');
    const raw = privateKey.export({ format: 'der', type: 'pkcs8' }).subarray(-32);
    expect(toHex((await boxKeyOf(raw)).publicKey)).toBe(
      publicKey.export({ format: 'der', type: 'spki' }).subarray(-32).toString('hex'),
    );
  });
});

describe('settings', () => {
  it('can be read by each guard and by password, for their subject alone', async () => {
    const [one, two, stranger] = [await generateBoxKey(), await generateBoxKey(), await generateBoxKey()];
    const blob = await encryptSettings(settings, subject, {
      guards: [
        { no: 1, sealKey: one.publicKey },
        { no: 9, sealKey: two.publicKey },
      ],
      password: utf8('pw'),
      scrypt,
      cost: { log2N: 10, r: 8, p: 1 },
    });
    expect(settingsGuards(blob)).toEqual([1, 9]);
    for (const [no, key] of [
      [1, one],
      [9, two],
    ] as const) {
      const settingsKey = await settingsKeyForGuard(blob, no, key);
      expect(await decryptSettings(blob, subject, settingsKey ?? new Uint8Array(32))).toEqual(settings);
    }
    expect(await settingsKeyForGuard(blob, 1, two)).toBeUndefined();
    expect(await settingsKeyForGuard(blob, 2, stranger)).toBeUndefined();
    const byPassword = await settingsKeyByPassword(blob, utf8('pw'), scrypt);
    expect(await decryptSettings(blob, subject, byPassword ?? new Uint8Array(32))).toEqual(settings);
    expect(await settingsKeyByPassword(blob, utf8('pW'), scrypt)).toBeUndefined();
    expect(
      await decryptSettings(blob, { ...subject, version: 4 }, byPassword ?? new Uint8Array(32)),
    ).toBeUndefined();
    const changed = blob.slice();
    changed[changed.length - 1] = (changed.at(-1) ?? 0) ^ 1;
    expect(await decryptSettings(changed, subject, byPassword ?? new Uint8Array(32))).toBeUndefined();
  });

  it('refuse blobs that are cut, or ask for a cost that would eat the reader', async () => {
    const blob = await encryptSettings(settings, subject, {
      guards: [],
      password: utf8('pw'),
      scrypt,
      cost: { log2N: 10, r: 8, p: 1 },
    });
    expect(settingsGuards(blob.subarray(0, 60))).toBeUndefined();
    const costly = blob.slice();
    costly[6] = 30;
    expect(settingsGuards(costly)).toBeUndefined();
    expect(settingsGuards(new Uint8Array(200))).toBeUndefined();
  });

  it('have one spelling', () => {
    const text = settingsText(settings);
    expect(text).toBe(
      '{"v":1,"origin":"https://origin.example:8443","originHost":"www.example","originHeaders":[["a","b"]],"probe":["/","/x?y=1"],"domains":["d.example"]}',
    );
    expect(parseSettings(text)).toEqual(settings);
    const keeping = { ...settings, originLinks: 'keep' } as const;
    expect(settingsText(keeping)).toBe(`${text.slice(0, -1)},"originLinks":"keep"}`);
    expect(parseSettings(settingsText(keeping))).toEqual(keeping);
  });

  it('refuse what an edge could be tricked with', () => {
    const bad: object[] = [
      { v: 2 },
      { origin: 'ftp://x' },
      { origin: 'http://user:pw@x' },
      { origin: 'http://x/a/../b' },
      { origin: 'http://x/a//b' },
      { origin: 'http://x/a/%2e%2e/b' },
      { origin: 'http://x/a?' },
      { origin: 'http:\\\\x\\b' },
      { origin: 'http://x\\b' },
      { origin: 'http://x/?q' },
      { origin: 5 },
      { originHost: 'a b' },
      { originHeaders: [['a\r\nb', 'c']] },
      { originHeaders: [['a', 'b\nc: d']] },
      { originHeaders: [['a']] },
      { probe: ['x'] },
      { probe: ['/ x'] },
      { probe: 'x' },
      { domains: [1] },
      { originLinks: 'rewrite' },
      { originLinks: true },
    ];
    for (const change of bad)
      expect([change, parseSettings(JSON.stringify({ ...settings, ...change }))]).toEqual([
        change,
        undefined,
      ]);
    expect(parseSettings('[]')).toBeUndefined();
    expect(parseSettings('{')).toBeUndefined();
    expect(parseSettings('null')).toBeUndefined();
  });
});
