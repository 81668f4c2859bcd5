import http from 'node:http';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { createOriginFetch } from './origin-fetch.ts';

const PIECES: Readonly<Record<string, http.OutgoingHttpHeaders>> = {
  '/plain': {},
  '/encoded': { vary: 'Accept-Encoding, Origin' },
  '/by-agent': { vary: 'User-Agent' },
  '/by-anything': { vary: '*' },
  '/cookie': { 'set-cookie': 'a=b' },
  '/private': { 'cache-control': 'private, max-age=5' },
};
const WANTED = { headers: [['Accept', '*/*']], maxBytes: 100 } as const;
const asked: string[] = [];
let origin = '';
let authorization: string | undefined;
const server = http.createServer((request, response) => {
  asked.push(`${request.headers.host} ${request.url}`);
  authorization = request.headers.authorization;
  response.writeHead(200, PIECES[request.url ?? ''] ?? {}).end('body');
});
beforeAll(async () => {
  await new Promise<void>((resolve) => {
    server.listen(0, '127.0.0.1', resolve);
  });
  const address = server.address();
  origin = `http://127.0.0.1:${typeof address === 'object' && address !== null ? address.port : 0}`;
});
afterAll(() => {
  server.closeAllConnections();
  server.close();
});

describe('an origin', () => {
  it('gives answers that can be compared only if everybody gets them', async () => {
    const fetch = createOriginFetch({ allowPrivate: true });
    const settings = { v: 1, origin, originHost: null, originHeaders: [], probe: [], domains: [] } as const;
    const same = await Promise.all(
      Object.keys(PIECES).map(async (target) => (await fetch.get(settings, target, WANTED)).same),
    );
    expect(same).toEqual([true, true, false, false, false, false]);
    await fetch.close();
  });

  it('is the only host that a target reaches', async () => {
    const fetch = createOriginFetch({ allowPrivate: true });
    const settings = { v: 1, origin, originHost: null, originHeaders: [], probe: [], domains: [] } as const;
    asked.length = 0;
    await fetch.get(settings, '//169.254.169.254/latest', WANTED);
    expect(asked).toEqual([`${new URL(origin).host} //169.254.169.254/latest`]);
    for (const target of ['http://169.254.169.254/', '@169.254.169.254/', '.example.org/'])
      await expect(fetch.get(settings, target, WANTED)).rejects.toThrow('target');
    await fetch.close();
  });

  it('is asked by the host that its rule says, and signed where it is a bucket', async () => {
    const fetch = createOriginFetch({ allowPrivate: true, nowMs: () => 0 });
    const plain = { v: 1, originHost: null, originHeaders: [], probe: [], domains: [] } as const;
    asked.length = 0;
    await fetch.get({ ...plain, origin, rules: [`origin ${origin} host=www.example.org`] }, '/plain', WANTED);
    expect(asked).toEqual(['www.example.org /plain']);
    const bucket = `${origin}/media`;
    const rules = [`origin ${bucket} s3=eu-central-1 key=AKID secret=s`];
    asked.length = 0;
    await fetch.get({ ...plain, origin: bucket, rules }, '/docs/?acl', WANTED);
    expect(asked).toEqual([`${new URL(origin).host} /media/docs/index.html`]);
    expect(authorization).toMatch(
      /^AWS4-HMAC-SHA256 Credential=AKID\/19700101\/eu-central-1\/s3\/aws4_request, SignedHeaders=host;x-amz-content-sha256;x-amz-date, /,
    );
    await fetch.close();
  });

  it('is asked as edges ask it, and its answers are kept as long as rules say', async () => {
    const fetch = createOriginFetch({ allowPrivate: true });
    const rules = ['cache-key query=not:utm_* sort', 'cache ttl=1h swr=1m', 'origin-header set="Host-Of: x"'];
    const settings = {
      v: 1,
      origin,
      originHost: null,
      originHeaders: [],
      probe: [],
      domains: [],
      rules,
    } as const;
    asked.length = 0;
    const answer = await fetch.get(settings, '/?b=1&utm_x=2&a=3', WANTED);
    expect(asked).toEqual([`${new URL(origin).host} /?a=3&b=1`]);
    expect(answer.freshMs).toBe(3_660_000);
    await fetch.close();
  });
});
