import { open } from 'node:fs/promises';
import { connect } from 'node:net';
import { fileURLToPath } from 'node:url';
import { MediaError, errorCode, silentLog } from '@media-network/runtime';
import { createManualClock } from '@media-network/runtime/testing';
import { afterEach, describe, expect, it } from 'vitest';
import { createActionRunner } from './actions.ts';
import { parseGuardConfig, guardOptions } from './config.ts';
import { jsonAnswer, listenHttp } from './http.ts';
import type { Handler, HttpServer } from './http.ts';
import { createRateLimit } from './rate-limit.ts';

let server: HttpServer | undefined;
afterEach(async () => {
  await server?.close();
  server = undefined;
});
async function serve(handler: Handler): Promise<string> {
  server = await listenHttp({ host: '127.0.0.1', port: 0 }, handler, silentLog);
  return server.url;
}

describe('http', () => {
  it('hands path, query and body to the handler', async () => {
    const url = await serve(async ({ method, path, query, body }) =>
      jsonAnswer(200, [method, path, query.get('hour'), body.toString()]),
    );
    const answer = await fetch(`${url}/v1/x?hour=3`, { method: 'POST', body: 'b' });
    expect(await answer.json()).toEqual(['POST', '/v1/x', '3', 'b']);
    expect(answer.headers.get('cache-control')).toBe('no-store');
  });

  it('knows who asks on this machine from whom a proxy on it asks for', async () => {
    const url = await serve(async ({ local }) => jsonAnswer(200, local));
    const asked = async (headers: Readonly<Record<string, string>>): Promise<unknown> =>
      (await fetch(url, { headers })).json();
    expect(await asked({})).toBe(true);
    for (const name of ['X-Forwarded-For', 'Forwarded', 'Via'])
      expect(await asked({ [name]: 'for=198.51.100.7' })).toBe(false);
  });

  it('refuses bodies that are too large', async () => {
    const url = await serve(async () => jsonAnswer(200, {}));
    const answer = await fetch(url, { method: 'POST', body: 'x'.repeat(5_000) });
    expect(answer.status).toBe(413);
    expect(await answer.json()).toMatchObject({ code: 'guard/too-large' });
  });

  it('answers 503 when the chain does not, 500 when it is the guard', async () => {
    const failures = [
      new MediaError({ code: 'chain/unreachable', message: 'gone', source: 'chain' }),
      new Error('bug'),
    ];
    const url = await serve(async () => {
      throw failures.shift() ?? new Error('no more');
    });
    const first = await fetch(url);
    expect([first.status, first.headers.get('retry-after'), (await first.text()).includes('gone')]).toEqual([
      503,
      '1',
      false,
    ]);
    const second = await fetch(url);
    expect([second.status, (await second.text()).includes('bug')]).toEqual([500, false]);
  });

  it.each(['GET', 'HEAD'])(
    'closes what it was to send to a client that has gone, or wants none (%s)',
    async (method) => {
      const gone = Promise.withResolvers<void>();
      const file = await open(fileURLToPath(import.meta.url));
      const asked = Promise.withResolvers<void>();
      const url = await serve(async ({ path }) => {
        if (path === '/other') return jsonAnswer(200, {});
        asked.resolve();
        if (method === 'GET') await gone.promise;
        return {
          status: 200,
          type: 'text/plain',
          body: { size: 10, stream: file.createReadStream({ end: 9 }) },
        };
      });
      if (method === 'HEAD') await fetch(url, { method });
      else {
        const socket = connect(Number(new URL(url).port), '127.0.0.1');
        socket.write('GET / HTTP/1.1\r\nHost: x\r\n\r\n');
        await asked.promise;
        socket.destroy();
        // What came before a later request has been seen when that is answered.
        await (await fetch(`${url}/other`)).text();
        gone.resolve();
      }
      // A handle that is closed has no descriptor.
      await expect.poll(() => file.fd).toBe(-1);
    },
  );

  it('says so when the port is taken', async () => {
    const url = await serve(async () => jsonAnswer(200, {}));
    const port = Number(new URL(url).port);
    const failure = await listenHttp(
      { host: '127.0.0.1', port },
      async () => jsonAnswer(200, {}),
      silentLog,
    ).catch((error: unknown) => error);
    expect(errorCode(failure)).toBe('guard/port-in-use');
  });
});

it('limits each client by itself, and lets it go on with time', () => {
  const clock = createManualClock();
  const limit = createRateLimit(clock, 2);
  expect([limit.take('a'), limit.take('a'), limit.take('a'), limit.take('b')]).toEqual([
    true,
    true,
    false,
    true,
  ]);
  clock.advance(30_000);
  expect([limit.take('a'), limit.take('a')]).toEqual([true, false]);
});

it('takes a host for one client, however many IPv6 addresses it has', () => {
  const limit = createRateLimit(createManualClock(), 2);
  const hosts = ['2001:db8:0:1::1', '2001:db8:0:1::2', '2001:db8:0:1:9::3', '2001:db8:0:2::1'];
  expect(hosts.map((host) => limit.take(host))).toEqual([true, true, false, true]);
});

const chainError = (code: string) => async (): Promise<boolean> => {
  throw new MediaError({ code, message: code, source: 'chain' });
};

it('pauses an action that failed, longer each time, and takes being overtaken for no failure', async () => {
  const clock = createManualClock();
  let failures = 0;
  const runner = createActionRunner({ clock, log: silentLog, onFailure: () => (failures += 1) });
  expect(await runner.run('a', chainError('chain/timeout'))).toBe('failed');
  expect(await runner.run('a', async () => true)).toBe('skipped');
  expect(await runner.run('b', async () => true)).toBe('done');
  clock.advance(500);
  expect(await runner.run('a', chainError('chain/timeout'))).toBe('failed');
  clock.advance(999);
  expect(await runner.run('a', async () => true)).toBe('skipped');
  clock.advance(1);
  expect(await runner.run('a', async () => true)).toBe('done');
  expect(await runner.run('c', chainError('chain/already-decided'))).toBe('overtaken');
  expect(await runner.run('d', async () => false)).toBe('nothing');
  // A capped week is tried ever more rarely, and is no failure either.
  for (const pause of [500, 1_000, 2_000]) {
    expect(await runner.run('e', chainError('chain/payout-capped'))).toBe('overtaken');
    clock.advance(pause - 1);
    expect(await runner.run('e', async () => true)).toBe('skipped');
    clock.advance(1);
  }
  expect(failures).toBe(2);
});

describe('config', () => {
  it('takes flags over environment over file over defaults', () => {
    const config = parseGuardConfig({
      flags: { port: '8081' },
      env: { MEDIA_GUARD_PORT: '8082', MEDIA_GUARD_DIR: 'd', MEDIA_GUARD_CLAIM: 'false' },
    });
    expect([config.port, config.dir, config.claim, config.zone]).toEqual([
      8081,
      'd',
      false,
      'medianet.localhost',
    ]);
  });

  it('names each wrong option', () => {
    expect(() =>
      parseGuardConfig({ flags: { port: 70_000 }, env: { MEDIA_GUARD_RPC_URL: 'ftp://x' } }),
    ).toThrow(/--port .*MEDIA_GUARD_PORT|--rpc-url .*/);
    expect(() => parseGuardConfig({ file: '/does/not/exist.json' })).toThrow(/Cannot read/);
  });

  it('has help for every option', () => {
    for (const option of guardOptions) expect(option.help.length).toBeGreaterThan(10);
    expect(guardOptions.find(({ name }) => name === 'chargeEveryHours')).toMatchObject({
      flag: 'charge-every-hours',
      env: 'MEDIA_GUARD_CHARGE_EVERY_HOURS',
    });
  });
});
