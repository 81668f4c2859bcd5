import { connect } from 'node:net';
import { NO_VOUCHING_KEY, encodeReceipt, tokenHeader } from '@media-network/protocol';
import type { Receipt } from '@media-network/protocol';
import { createManualClock } from '@media-network/runtime/testing';
import { address } from '@solana/kit';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { hourAt, hourEndMs } from '../src/chain/periods.ts';
import { createPublisher } from './publisher.ts';
import { startTestNetwork } from './network.ts';
import type { TestNetwork, TestResource } from './network.ts';
import { ok, parseResponse } from './raw-http.ts';
import type { RawResponse } from './raw-http.ts';

let network: TestNetwork;
let resource: TestResource;
beforeAll(async () => {
  network = await startTestNetwork();
  resource = await network.addResource();
  network.origin.on('/film', ok(Buffer.alloc(400_000, 'f'), { 'Cache-Control': 'max-age=60', ETag: '"f"' }));
  network.origin.on('/short', ok('short', { 'Cache-Control': 'max-age=60' }));
});
afterAll(() => network.close());

const hour = (): number => hourAt(network.chain.periods, network.chain.nowMs());
const post = (receipts: readonly Receipt[] | Buffer): Promise<RawResponse> =>
  resource.get('/.well-known/media-network/receipts', {
    method: 'POST',
    body: Buffer.isBuffer(receipts) ? receipts : Buffer.concat(receipts.map(encodeReceipt)),
  });
const codeOf = (response: RawResponse): string | undefined => response.headers['media-error'];

describe('tokens', () => {
  it('serves with a good token', async () => {
    const session = await network.publisher.session(resource.address, hour());
    const response = await resource.get('/short', {
      headers: { 'Media-Token': tokenHeader(session.token) },
    });
    expect(response.status).toBe(200);
    expect(response.body.toString()).toBe('short');
  });

  it('never sends the token to the origin', async () => {
    const session = await network.publisher.session(resource.address, hour());
    await resource.get('/unknown', { headers: { 'Media-Token': tokenHeader(session.token) } });
    expect(network.origin.seen.at(-1)?.target).toBe('/unknown');
    expect(network.origin.seen.at(-1)?.headers['media-token']).toBeUndefined();
  });

  it('refuses what is off with 401 and says what', async () => {
    const other = await network.addResource();
    const stranger = await createPublisher();
    network.chain.vouchKey = address(NO_VOUCHING_KEY);
    const mute = await network.addResource();
    network.chain.vouchKey = network.publisher.vouchKey;
    const refused: [string, string][] = [
      ['!!', 'token/malformed'],
      [tokenHeader((await network.publisher.session(other.address, hour())).token), 'token/wrong-resource'],
      [
        tokenHeader((await network.publisher.session(resource.address, hour() + 2)).token),
        'token/wrong-hour',
      ],
      [
        tokenHeader((await network.publisher.session(resource.address, hour() - 2)).token),
        'token/wrong-hour',
      ],
      [tokenHeader((await stranger.session(resource.address, hour())).token), 'token/bad-signature'],
      [tokenHeader((await network.publisher.session(mute.address, hour())).token), 'token/no-vouching-key'],
    ];
    for (const [token, code] of refused) {
      const response = await (code === 'token/no-vouching-key' ? mute : resource).get('/short', {
        headers: { 'Media-Token': token },
      });
      expect(response.status).toBe(401);
      expect(response.headers['media-error']).toBe(code);
      expect(response.headers['media-hour']).toBe(String(hour()));
    }
  });

  it('takes those of the neighbouring hours, since clocks lag', async () => {
    for (const of of [hour() - 1, hour() + 1]) {
      const session = await network.publisher.session(resource.address, of);
      const response = await resource.get('/short', {
        headers: { 'Media-Token': tokenHeader(session.token) },
      });
      expect([response.status, response.headers['media-served']]).toEqual([200, '0']);
      const receipt = await session.receipt(network.edge.address, response.bytes, 1);
      expect((await post([receipt])).status).toBe(204);
    }
  });

  it('refuses those of an hour that is reported, and names the hour of which it wants one', async () => {
    const mine = await startTestNetwork();
    const at = (): number => hourAt(mine.chain.periods, mine.chain.nowMs());
    const film = await mine.addResource();
    mine.origin.on('/x', ok('x', { 'Cache-Control': 'max-age=60000' }));
    const session = await mine.publisher.session(film.address, at());
    const headers = { 'Media-Token': tokenHeader(session.token) };
    const first = await film.get('/x', { headers });
    expect(first.status).toBe(200);
    mine.chain.advance(hourEndMs(mine.chain.periods, at()) + 1_000 - mine.chain.nowMs());
    // The hour is over and not reported yet: what is on its way is still taken.
    expect((await film.get('/x', { headers })).status).toBe(200);
    mine.chain.advance(65_000);
    await mine.edge.tasks.find((task) => task.name === 'reporter')?.runNow();
    const unknown = await mine.publisher.session(film.address, at() - 1);
    for (const token of [session.token, unknown.token]) {
      const late = await film.get('/x', { headers: { 'Media-Token': tokenHeader(token) } });
      expect([late.status, late.headers['media-error'], late.headers['media-hour']]).toEqual([
        401,
        'token/wrong-hour',
        String(at()),
      ]);
    }
    await mine.close();
  });

  it('says what it has counted before each response, for clients that see no heads', async () => {
    const session = await network.publisher.session(resource.address, hour());
    const headers = { 'Media-Token': tokenHeader(session.token) };
    const first = await resource.get('/short', { headers });
    const second = await resource.get('/short', { headers });
    expect(first.headers['media-served']).toBe('0');
    expect(first.headers['media-edge']).toBe(network.edge.address);
    expect(first.headers['access-control-expose-headers']).toBeUndefined();
    const elsewhere = { ...headers, Origin: 'http://player.example' };
    const third = await resource.get('/short', { headers: elsewhere });
    expect(third.headers['access-control-expose-headers']).toBe('Media-Edge, Media-Served');
    expect(second.headers['media-served']).toBe(String(first.bytes));
    expect((await resource.get('/short')).headers['media-served']).toBeUndefined();
  });

  it('pays up to the ceiling; what comes after is served as open traffic', async () => {
    const session = await network.publisher.session(resource.address, hour(), { ceiling: 1_000n });
    const headers = { 'Media-Token': tokenHeader(session.token) };
    let served = 0;
    let inSession = 0;
    for (let i = 0; i < 6; i += 1) {
      const response = await resource.get('/short', { headers });
      expect(response.status).toBe(200);
      if (response.headers['media-served'] === undefined) continue;
      expect(Number(response.headers['media-served'])).toBe(served);
      served += response.bytes;
      inSession += 1;
    }
    expect(served).toBeGreaterThanOrEqual(1_000);
    expect(inSession).toBeLessThan(6);
  });

  it('refuses another token with the number of a session', async () => {
    const session = await network.publisher.session(resource.address, hour());
    await resource.get('/short', { headers: { 'Media-Token': tokenHeader(session.token) } });
    const thief = await network.publisher.session(resource.address, hour(), {
      session: session.token.session,
    });
    const response = await resource.get('/short', {
      headers: { 'Media-Token': tokenHeader(thief.token) },
    });
    expect(response.headers['media-error']).toBe('token/session-taken');
  });
});

describe('receipts', () => {
  it('takes one for what was served and refuses every other with its code', async () => {
    const session = await network.publisher.session(resource.address, hour());
    const served = (await resource.get('/short', { headers: { 'Media-Token': tokenHeader(session.token) } }))
      .bytes;
    const edge = network.edge.address;
    const stranger = await network.publisher.session(resource.address, hour());
    const other = await network.addResource();

    expect(codeOf(await post([await stranger.receipt(edge, 1, 1)]))).toBe('receipt/unknown-session');
    expect(codeOf(await post([await session.receipt(other.address, served, 1)]))).toBe(
      'receipt/wrong-subject',
    );
    expect(codeOf(await post([await session.receipt(edge, served, 1, { resource: other.address })]))).toBe(
      'receipt/wrong-subject',
    );
    expect(
      codeOf(await post([await session.receipt(edge, served, 1, { signature: new Uint8Array(64) })])),
    ).toBe('receipt/bad-signature');
    expect(codeOf(await post([await session.receipt(edge, served + 1, 1)]))).toBe('receipt/over-limit');
    const good = await session.receipt(edge, served, 2);
    expect((await post([good])).status).toBe(204);
    expect(codeOf(await post([good]))).toBe('receipt/replayed');
    expect(codeOf(await post([await session.receipt(edge, served, 1)]))).toBe('receipt/replayed');
    expect(codeOf(await post([await session.receipt(edge, served - 1, 3)]))).toBe('receipt/decreasing');
    expect(codeOf(await post(Buffer.from('junk')))).toBe('receipt/malformed');
    expect((await post(Buffer.alloc(184 * 65))).status).toBe(413);
    // A receipt posted at another resource's host.
    const elsewhere = await other.get('/.well-known/media-network/receipts', {
      method: 'POST',
      body: Buffer.from(encodeReceipt(await session.receipt(edge, served, 9))),
    });
    expect(elsewhere.status).toBeGreaterThanOrEqual(400);
  });

  it('survives a restart: the session goes on where it was', async () => {
    const session = await network.publisher.session(resource.address, hour());
    const header = { 'Media-Token': tokenHeader(session.token) };
    const first = (await resource.get('/short', { headers: header })).bytes;
    expect((await post([await session.receipt(network.edge.address, first, 1)])).status).toBe(204);
    await network.restart();
    expect(codeOf(await post([await session.receipt(network.edge.address, first, 1)]))).toBe(
      'receipt/replayed',
    );
    const second = (await resource.get('/short', { headers: header })).bytes;
    expect(
      codeOf(await post([await session.receipt(network.edge.address, first + second + 1_065_537, 2)])),
    ).toBe('receipt/over-limit');
    expect((await post([await session.receipt(network.edge.address, first + second, 2)])).status).toBe(204);
  });
});

describe('credit', () => {
  it('pauses delivery at the window and goes on with each receipt, down to the last byte', async () => {
    const window = 50_000;
    const session = await network.publisher.session(resource.address, hour(), { creditWindow: window });
    let got = 0;
    let signed = 0;
    let sequence = 0;
    let furthestAhead = 0;
    const parts: Buffer[] = [];
    const answers: Promise<number>[] = [];
    let posting: Promise<unknown> = Promise.resolve();
    const sign = async (bytes: number, number: number, before: Promise<unknown>): Promise<number> => {
      await before;
      return (await post([await session.receipt(network.edge.address, bytes, number)])).status;
    };
    const raw = await new Promise<Buffer>((resolve) => {
      const socket = connect(network.edge.port, '127.0.0.1', () =>
        socket.write(
          `GET /film HTTP/1.1\r\nHost: ${resource.host}\r\nConnection: close\r\nMedia-Token: ${tokenHeader(session.token)}\r\n\r\n`,
        ),
      );
      socket.on('data', (part: Buffer) => {
        parts.push(part);
        got += part.length;
        furthestAhead = Math.max(furthestAhead, got - signed);
        if (got - signed < window / 2) return;
        signed = got;
        sequence += 1;
        const answer = sign(got, sequence, posting);
        answers.push(answer);
        posting = answer;
      });
      socket.on('close', () => resolve(Buffer.concat(parts)));
    });
    for (const status of await Promise.all(answers)) expect(status).toBe(204);
    const response = parseResponse(raw);
    expect(response.complete).toBe(true);
    expect(response.body.length).toBe(400_000);
    expect(sequence).toBeGreaterThan(5);
    // The head is not covered by credit.
    expect(furthestAhead).toBeLessThanOrEqual(window + 1_000);
  });

  it('stops within the window without receipts', async () => {
    const session = await network.publisher.session(resource.address, hour(), { creditWindow: 100_000 });
    let got = 0;
    const socket = connect(network.edge.port, '127.0.0.1', () =>
      socket.write(
        `GET /film HTTP/1.1\r\nHost: ${resource.host}\r\nMedia-Token: ${tokenHeader(session.token)}\r\n\r\n`,
      ),
    );
    socket.on('data', (part: Buffer) => {
      got += part.length;
    });
    await expect.poll(() => got).toBeGreaterThan(99_000);
    // A request behind it on the same connection cannot overtake, a session request beside it gets no credit either.
    expect(got).toBeLessThan(101_500);
    expect((await post([await session.receipt(network.edge.address, got, 1)])).status).toBe(204);
    await expect.poll(() => got).toBeGreaterThan(199_000);
    socket.destroy();
  });

  it('ends a response whose session owes a receipt for half a minute', async () => {
    const clock = createManualClock(Date.now());
    const mine = await startTestNetwork({ overrides: { clock } });
    const film = await mine.addResource();
    mine.origin.on('/film', ok(Buffer.alloc(400_000, 'f'), { 'Cache-Control': 'max-age=60' }));
    const session = await mine.publisher.session(
      film.address,
      hourAt(mine.chain.periods, mine.chain.nowMs()),
      {
        creditWindow: 100_000,
      },
    );
    let got = 0;
    const socket = connect(mine.edge.port, '127.0.0.1', () =>
      socket.write(
        `GET /film HTTP/1.1\r\nHost: ${film.host}\r\nMedia-Token: ${tokenHeader(session.token)}\r\n\r\n`,
      ),
    );
    socket.on('data', (part: Buffer) => {
      got += part.length;
    });
    const closed = new Promise<string>((resolve) => socket.once('close', () => resolve('closed')));
    socket.on('error', () => undefined);
    await expect.poll(() => got).toBeGreaterThan(99_000);
    clock.advance(29_000);
    expect(socket.destroyed).toBe(false);
    clock.advance(1_001);
    expect(await closed).toBe('closed');
    expect(got).toBeLessThan(101_500);
    const metrics = await (await fetch(`${mine.edge.controlUrl}/metrics`)).text();
    expect(metrics).toMatch(/refusals_total\{phase="deliver",reason="edge\/no-receipt"\} 1/);
    await mine.close();
  });
});
