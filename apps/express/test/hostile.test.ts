import { once } from 'node:events';
import { createManualClock } from '@media-network/runtime/testing';
import { describe, expect, it } from 'vitest';
import { WebSocket } from 'ws';
import { chat, encoder, person, setup, streamer, testWallet, visitor } from './harness.ts';

interface Begun {
  readonly nonce: string;
  readonly message: string;
}

const begin = async (site: string, address: string): Promise<Begun> =>
  (await visitor(site).ask('POST', '/api/sign-in/begin', { address })).body as unknown as Begun;

describe('signing in', () => {
  it('takes a nonce once, by the wallet that it was for, for the message that it was given with', async () => {
    const { site } = await setup();
    const [own, other] = [testWallet(), testWallet()];
    const complete = async (nonce: string, signature: string): Promise<string | undefined> =>
      (await visitor(site).ask('POST', '/api/sign-in/complete', { nonce, signature })).body.error?.code;

    const first = await begin(site, own.address);
    expect(first.message).toContain(`${new URL(site).host} wants you to sign in`);
    expect(first.message).toContain(own.address);
    expect(await complete(first.nonce, own.sign(first.message))).toBeUndefined();
    expect(await complete(first.nonce, own.sign(first.message))).toBe('express/bad-challenge');

    const second = await begin(site, own.address);
    expect(await complete(second.nonce, other.sign(second.message))).toBe('express/bad-signature');
    // It was used up by that.
    expect(await complete(second.nonce, own.sign(second.message))).toBe('express/bad-challenge');

    const third = await begin(site, own.address);
    const elsewhere = third.message.replaceAll(new URL(site).host, 'evil.example');
    expect(await complete(third.nonce, own.sign(elsewhere))).toBe('express/bad-signature');
    // The signature of one nonce is none for another.
    const [fourth, fifth] = [await begin(site, own.address), await begin(site, own.address)];
    expect(await complete(fourth.nonce, own.sign(fifth.message))).toBe('express/bad-signature');
    expect(await complete('0'.repeat(32), own.sign(''))).toBe('express/bad-challenge');
    const bad = await visitor(site).ask('POST', '/api/sign-in/begin', { address: 'nobody' });
    expect(bad.status).toBe(400);
  });

  it('of two that come with one nonce at once lets one in', async () => {
    const { site } = await setup();
    const own = testWallet();
    const { nonce, message } = await begin(site, own.address);
    const body = { nonce, signature: own.sign(message) };
    const replies = await Promise.all(
      Array.from({ length: 8 }, () => visitor(site).ask('POST', '/api/sign-in/complete', body)),
    );
    expect(replies.filter(({ status }) => status === 200)).toHaveLength(1);
    expect(replies.filter(({ status }) => status === 401)).toHaveLength(7);
  });

  it('ends: challenges after minutes, sessions after a week, and at once by signing out', async () => {
    const clock = createManualClock(Date.now());
    const { site } = await setup({}, { clock });
    const own = testWallet();
    const late = await begin(site, own.address);
    clock.advance(6 * 60_000);
    const reply = await visitor(site).ask('POST', '/api/sign-in/complete', {
      nonce: late.nonce,
      signature: own.sign(late.message),
    });
    expect(reply.body.error?.code).toBe('express/bad-challenge');

    const someone = await person(site, own);
    expect(
      (await someone.ask('POST', '/api/channels', { name: 'mine', title: 'Mine', category: 'talk' })).status,
    ).toBe(200);
    const talking = await chat(someone, 'mine');
    clock.advance(8 * 24 * 3_600_000);
    expect((await someone.ask('GET', '/api/me')).body).toMatchObject({ account: null });
    expect((await someone.ask('POST', '/api/channels/mine/key')).body.error?.code).toBe(
      'express/not-signed-in',
    );
    // A chat that was open before is no way around it.
    expect(await talking.say('still here')).toMatchObject({ code: 'express/not-signed-in' });

    const again = await person(site, own);
    const { cookie } = again;
    await again.ask('POST', '/api/sign-out');
    again.cookie = cookie;
    expect((await again.ask('GET', '/api/me')).body).toMatchObject({ account: null });
  });

  it('has a cookie that no script reads and no other site sends', async () => {
    const { site } = await setup();
    const own = testWallet();
    const { nonce, message } = await begin(site, own.address);
    const reply = await visitor(site).ask('POST', '/api/sign-in/complete', {
      nonce,
      signature: own.sign(message),
    });
    expect(reply.headers.get('set-cookie')).toMatch(
      /^media-session=[\w-]{43}; Path=\/; HttpOnly; SameSite=Strict; Expires=/,
    );
    const secure = await setup({ site: 'https://live.example.org' });
    const at = visitor(secure.express.ownUrl);
    const origin = { origin: 'https://live.example.org' };
    const begun = (await at.ask('POST', '/api/sign-in/begin', { address: own.address }, origin))
      .body as unknown as Begun;
    expect(begun.message).toMatch(/^live\.example\.org wants/);
    const done = await at.ask(
      'POST',
      '/api/sign-in/complete',
      { nonce: begun.nonce, signature: own.sign(begun.message) },
      origin,
    );
    expect(done.headers.get('set-cookie')).toMatch(
      /^__Host-media-session=[\w-]{43}; Path=\/; HttpOnly; SameSite=Strict; Expires=.*; Secure$/,
    );
  });
});

describe('strangers', () => {
  it('get nowhere with the channel, the key or the session of somebody else', async () => {
    const { express, site } = await setup();
    const owner = await streamer(site, 'hers');
    const stranger = await person(site);
    for (const [method, path, body] of [
      ['POST', '/key', undefined],
      ['DELETE', '/key', undefined],
      ['PUT', '', { title: 'Mine now' }],
      ['PUT', '/words', { words: ['hers'] }],
      ['PUT', '/moderators', { address: stranger.wallet.address, moderates: true }],
      ['PUT', '/sanctions', { address: owner.wallet.address, seconds: null }],
      ['GET', '/moderation', undefined],
    ] as const) {
      const reply = await stranger.ask(method, `/api/channels/hers${path}`, body);
      expect([path, reply.body.error?.code]).toEqual([path, 'express/not-yours']);
    }
    expect(
      (await stranger.ask('PUT', '/api/admin/channels/hers', { takenDown: 'because' })).body.error?.code,
    ).toBe('express/not-yours');
    expect(
      (await stranger.ask('POST', '/api/channels', { name: 'hers', title: 'Mine', category: 'talk' })).body
        .error?.code,
    ).toBe('express/channel-taken');
    // Nothing of it is in what anybody may read.
    const shown = JSON.stringify((await visitor(site).ask('GET', '/api/channels/hers')).body);
    expect(shown).not.toContain(owner.key);
    expect(shown).not.toMatch(/127\.0\.0\.1|key_hash/);

    stranger.cookie = 'media-session=' + 'A'.repeat(43);
    expect((await stranger.ask('POST', '/api/channels/hers/key')).body.error?.code).toBe(
      'express/not-signed-in',
    );
    const made = encoder(`${express.rtmpUrl}/${owner.key.slice(0, -1)}x`);
    const [code] = (await once(made, 'close')) as [number];
    expect(code).not.toBe(0);
    expect((await fetch(`${site}/live/hers/index.m3u8`)).status).toBe(404);
  });

  it('get nowhere from pages of other sites', async () => {
    const { site } = await setup();
    const owner = await streamer(site, 'mine');
    for (const headers of [
      { origin: 'https://evil.example' },
      { origin: 'null' },
      { origin: site.replace('http:', 'https:') },
      { origin: site, 'content-type': 'text/plain' },
    ]) {
      const reply = await owner.ask('PUT', '/api/channels/mine', { title: 'Taken' }, headers);
      expect(reply.body.error?.code).toMatch(/^express\/(cross-origin|not-json)$/);
    }
    const socket = new WebSocket(`${site.replace('http', 'ws')}/api/channels/mine/chat`, {
      headers: { origin: 'https://evil.example', cookie: owner.cookie ?? '' },
    });
    const [error] = (await once(socket, 'error')) as [Error];
    expect(error.message).toContain('403');
    expect((await owner.ask('GET', '/api/channels/mine')).body).toMatchObject({
      channel: { title: 'Of mine' },
    });
  });
});

describe('input', () => {
  it('that is too large, malformed or of another kind is refused, and takes nothing down', async () => {
    const { site } = await setup();
    const owner = await streamer(site, 'room');
    const large = await owner.ask('PUT', '/api/channels/room', { title: 'x'.repeat(100_000) });
    expect(large.body.error?.code).toBe('express/too-large');
    for (const body of [
      { title: 7 },
      { title: '' },
      { title: '\u200B\u202E' },
      { slowSeconds: -1 },
      { slowSeconds: 1.5 },
      { category: 'none' },
      { owner: 'me' },
      { title: 'x'.repeat(101) },
      [],
    ])
      expect((await owner.ask('PUT', '/api/channels/room', body)).body.error?.code).toBe(
        'express/bad-request',
      );
    for (const name of ['', 'Up', '../x', '-a', 'a'.repeat(33), 'api', '<b>', "a'b"])
      expect(
        (await owner.ask('POST', '/api/channels', { name, title: 'x', category: 'talk' })).body.error?.code,
      ).toBe('express/bad-request');
    for (const path of [
      '/api/none',
      '/api/channels/none',
      '/api/channels/%2e%2e',
      "/api/channels/a'--",
      '/live/room/../../x',
    ])
      expect([404, 400]).toContain((await fetch(`${site}${path}`)).status);
    expect((await owner.ask('PUT', '/api/channels')).body.error?.code).toBe('express/bad-method');

    const writing = await chat(owner, 'room');
    expect(await writing.say('')).toMatchObject({ code: 'express/bad-request' });
    expect(await writing.say('é'.repeat(501))).toMatchObject({ code: 'express/bad-request' });
    expect(await writing.say('🎉'.repeat(500))).toMatchObject({ kind: 'accepted' });
    expect(await writing.say('a\u202Eb\u0000c\nd')).toMatchObject({ kind: 'accepted' });
    await writing.next(({ text }) => text === 'a b c d');
    writing.socket.send('{"say":');
    await writing.next(({ kind, ref }) => kind === 'refused' && ref === 0);
    writing.socket.send('x'.repeat(10_000));
    const [code] = (await once(writing.socket, 'close')) as [number];
    expect(code).toBe(1009);
    // Everybody else is still there.
    expect(await (await chat(owner, 'room')).say('and on')).toMatchObject({ kind: 'accepted' });
  });

  it('that comes without end is slowed down', async () => {
    const { site } = await setup();
    await streamer(site, 'busy');
    const viewer = await person(site);
    const writing = await chat(viewer, 'busy');
    const said = await Promise.all(Array.from({ length: 20 }, (_, i) => writing.say(`${i}`)));
    expect(said.filter(({ kind }) => kind === 'accepted').length).toBeLessThan(15);
    expect(said.some(({ code }) => code === 'express/too-fast')).toBe(true);
    let refused = 0;
    for (let i = 0; i < 120; i += 1) {
      const { status } = await viewer.ask('PUT', '/api/me', { name: `n${i}` });
      if (status === 429) refused += 1;
    }
    expect(refused).toBeGreaterThan(0);
  });
});

describe('what is taken down', () => {
  it('is shown to nobody, taken from no encoder, and can be shown again', async () => {
    const admin = testWallet();
    const { express, site } = await setup({ admins: admin.address });
    const owner = await streamer(site, 'bad');
    const judge = await person(site, admin);
    expect((await judge.ask('PUT', '/api/admin/channels/bad', { takenDown: 'Not here.' })).status).toBe(200);
    expect((await visitor(site).ask('GET', '/api/channels/bad')).status).toBe(451);
    expect((await visitor(site).ask('GET', '/api/channels')).body).toMatchObject({ live: [], channels: [] });
    const made = encoder(`${express.rtmpUrl}/${owner.key}`);
    expect(((await once(made, 'close')) as [number])[0]).not.toBe(0);
    await judge.ask('PUT', '/api/admin/channels/bad', { takenDown: null });
    expect((await visitor(site).ask('GET', '/api/channels/bad')).status).toBe(200);
  });
});
