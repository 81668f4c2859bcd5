import { randomBytes } from 'node:crypto';
import { createServer } from 'node:http';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import {
  decodeTierAsk,
  encodePurge,
  encodeTierAnswer,
  encodeTierAsk,
  signPurge,
  signerOf,
} from '@media-network/protocol';
import type { PurgeWhat } from '@media-network/protocol';
import { VERBS } from '@media-network/rules';
import { silentLog } from '@media-network/runtime';
import { createManualClock } from '@media-network/runtime/testing';
import { generateKeyPairSigner } from '@solana/kit';
import type { Address } from '@solana/kit';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { createEdge, parseEdgeConfig } from '../src/index.ts';
import type { Edge, EdgeView } from '../src/index.ts';
import { readOriginSettings } from '../src/origin/origin-settings.ts';
import { createFakeChain, randomAddress } from './fake-chain.ts';
import type { FakeChain } from './fake-chain.ts';
import { startTestNetwork } from './network.ts';
import type { TestNetwork } from './network.ts';
import { isHit, request } from './raw-http.ts';
import type { GetOptions, RawResponse } from './raw-http.ts';
import { gate, script } from './scripted-origin.ts';

const clock = createManualClock(Date.now());
/** What decides whether an answer is checked: 0 always, just below 1 never. */
let chance = 0.999;
let network: TestNetwork;
let edges: Edge[];
let chains: FakeChain[];
let views: EdgeView[];
let dir: string;
let nextPath = 0;
const fresh = (): string => `/tier-${(nextPath += 1)}`;

beforeAll(async () => {
  dir = await mkdtemp(join(tmpdir(), 'media-tier-'));
  network = await startTestNetwork({ overrides: { clock, random: () => chance } });
  const { operator, guard } = network;
  chains = [network.chain];
  edges = [network.edge];
  for (const i of [1, 2]) {
    const chain = createFakeChain(operator.address, operator.address, {}, randomAddress());
    chain.guardList = [{ no: 7, operator: guard.operator, endpoint: guard.url }];
    chains.push(chain);
    const config = parseEdgeConfig({
      flags: {
        port: 0,
        controlPort: 0,
        httpsPort: 0,
        dir: join(dir, String(i)),
        ramBytes: '32M',
        diskBytes: '64M',
        originTimeoutMs: 1_000,
        drainMs: 200,
        zone: network.edge.urlOf(randomAddress()).split('.').slice(1).join('.').split(':')[0],
      },
    });
    edges.push(
      await createEdge(config, { operator }, { chain, log: silentLog, clock, random: () => chance }),
    );
  }
  views = edges.map((edge, i) => ({
    address: chains[i]?.edge ?? randomAddress(),
    endpoint: `http://127.0.0.1:${edge.port}`,
    operator: operator.address,
    control: edge.controlUrl,
    region: '',
  }));
});
afterAll(async () => {
  await Promise.all(edges.slice(1).map((edge) => edge.close()));
  await network.close();
  await rm(dir, { recursive: true, force: true });
});
beforeEach(async () => {
  chance = 0.999;
  for (const chain of chains) chain.edgeList = views;
  clock.advance(90_000_000);
});

interface Site {
  readonly shape: Uint8Array;
  readonly address: Address;
  readonly host: string;
  readonly at: (edge: number, target: string, options?: GetOptions) => Promise<RawResponse>;
}

/** A resource that all edges serve, and that each of them was asked for. */
async function site(...rules: readonly string[]): Promise<Site> {
  const address = randomAddress();
  const blob = await network.guard.encrypt({ origin: network.origin.url, rules }, address);
  network.guard.know(address, blob);
  for (const chain of chains) chain.addResource(blob, { address });
  const host = new URL(network.edge.urlOf(address)).hostname;
  const at = (edge: number, target: string, options?: GetOptions): Promise<RawResponse> =>
    request(edges[edge]?.port ?? 0, host, target, options);
  await warm(at);
  const { cacheShape } = readOriginSettings({
    origin: network.origin.url,
    originHost: null,
    originHeaders: [],
    probe: ['/'],
    domains: [],
    rules,
  });
  return { address, host, at, shape: new Uint8Array(Buffer.from(cacheShape, 'hex')) };
}

/** The list of edges is read beside a question: this is it. */
async function warm(at: Site['at']): Promise<void> {
  clock.advance(61_000);
  for (const edge of edges.keys()) await at(edge, `/warm${fresh()}`);
}

const KEPT = [['Cache-Control', 'max-age=600'] as const, ['ETag', '"v1"'] as const];
const tally = async (edge: number, name: string): Promise<number> => {
  const text = await (await fetch(`${edges[edge]?.controlUrl}/metrics`)).text();
  const line = text.split('\n').find((each) => each.startsWith(`media_edge_${name} `));
  return line === undefined ? 0 : Number(line.split(' ').at(-1));
};
const sum = async (name: string): Promise<number> => {
  const all = await Promise.all([...edges.keys()].map((edge) => tally(edge, name)));
  return all.reduce((total, each) => total + each, 0);
};
/** A rule as the docs show it. */
const example = (line: string): string => {
  expect(VERBS.flatMap(({ examples }) => examples)).toContain(line);
  return line;
};

/** Says what a field of the request was, and varies by it. */
const echoed = (name: string) => (seen: { readonly headers: Readonly<Record<string, string>> }) => ({
  body: seen.headers[name] ?? 'none',
  headers: [...KEPT, ['Vary', name] as const],
});

const ask = async (
  to: number,
  over: Partial<Parameters<typeof encodeTierAsk>[0]> & {
    readonly by?: Parameters<typeof encodeTierAsk>[1];
  },
  resource: Site,
  target = '/warm',
): Promise<Response> => {
  const { by, ...body } = over;
  const bytes = await encodeTierAsk(
    {
      asker: views[1]?.address ?? '',
      asked: views[to]?.address ?? '',
      resource: resource.address,
      shape: resource.shape,
      unixSecs: BigInt(Math.floor((chains[to]?.nowMs() ?? 0) / 1_000)),
      nonce: randomBytes(16),
      question: { scheme: 'http', host: resource.host, target, fields: [] },
      ...body,
    },
    by ?? signerOf(network.operator.keyPair.privateKey),
  );
  return fetch(`${edges[to]?.controlUrl}/v1/tier`, { method: 'POST', body: new Uint8Array(bytes) });
};

/** Answers as edge 1, under its key, whatever it is asked. */
const lying = async (
  says: (target: string) => { readonly fields: readonly string[]; readonly body: string },
) => {
  const sign = signerOf(network.operator.keyPair.privateKey);
  const server = createServer((incoming, response) => {
    void (async () => {
      const parts: Buffer[] = [];
      for await (const part of incoming as AsyncIterable<Buffer>) parts.push(part);
      const bytes = Buffer.concat(parts);
      const { fields, body } = says(decodeTierAsk(bytes)?.question.target ?? '');
      response.end(await encodeTierAnswer(bytes, { status: 200, fields }, Buffer.from(body), sign));
    })();
  });
  await new Promise<void>((resolve) => {
    server.listen(0, '127.0.0.1', resolve);
  });
  const at = server.address();
  const liar: EdgeView = {
    address: randomAddress(),
    endpoint: '',
    operator: network.operator.address,
    control: `http://127.0.0.1:${typeof at === 'object' && at !== null ? at.port : 0}`,
    region: '',
  };
  const chain = network.chain;
  chain.edgeList = [...views.slice(0, 1), liar];
  return { close: () => new Promise((resolve) => server.close(resolve)) };
};

describe('with three edges', () => {
  it('an origin sees one fetch, not three', async () => {
    const { at } = await site(example('tier on'));
    for (let i = 0; i < 12; i += 1) {
      const path = fresh();
      script(network.origin, path, { body: `body of ${path}`, headers: KEPT });
      for (const edge of edges.keys()) {
        const answer = await at(edge, path);
        expect([answer.status, String(answer.body)]).toEqual([200, `body of ${path}`]);
      }
      expect(network.origin.count(path)).toBe(1);
      for (const edge of edges.keys()) expect(isHit(await at(edge, path))).toBe(true);
    }
    expect(await sum('tier_asked_total{outcome="answered"}')).toBe(24);
  });

  it('that ask at once it sees one, too', async () => {
    const { at } = await site('tier on');
    const path = fresh();
    const held = gate(network.origin, path);
    const asked = [...edges.keys()].map((edge) => at(edge, path));
    await expect.poll(() => held.waiting()).toBe(1);
    held.open({ body: 'once', headers: KEPT });
    expect((await Promise.all(asked)).map(({ body }) => String(body))).toEqual(['once', 'once', 'once']);
    expect(network.origin.count(path)).toBe(1);
  });

  it('for the paths of the rule, and no others', async () => {
    const { at } = await site(example('tier on /media/*'));
    const [inside, outside] = [`/media${fresh()}`, fresh()];
    for (const path of [inside, outside]) {
      script(network.origin, path, { body: 'x', headers: KEPT });
      for (const edge of edges.keys()) await at(edge, path);
    }
    expect([network.origin.count(inside), network.origin.count(outside)]).toEqual([1, 3]);
  });

  it('is not asked twice for ever for what cannot be shared', async () => {
    const { at } = await site('tier on');
    const never = { body: 'now', headers: [['Cache-Control', 'no-store'] as const] };
    const asked = async (): Promise<number> => {
      const path = fresh();
      script(network.origin, path, never);
      await at(0, path);
      return network.origin.count(path);
    };
    const counts: number[] = [];
    for (let i = 0; i < 160; i += 1) counts.push(await asked());
    expect(counts).toContain(2);
    expect(counts.slice(-20)).toEqual(Array.from({ length: 20 }, () => 1));
  });

  it('and without the rule it sees three', async () => {
    const { at } = await site();
    const path = fresh();
    script(network.origin, path, { body: 'each', headers: KEPT });
    for (const edge of edges.keys()) await at(edge, path);
    expect(network.origin.count(path)).toBe(3);
  });

  it('freshness goes on from where it was, and nobody is billed for what went between', async () => {
    const { at } = await site('tier on');
    const path = fresh();
    script(network.origin, path, {
      body: 'x'.repeat(5_000),
      headers: [
        ['Cache-Control', 'max-age=60'],
        ['Age', '40'],
      ],
    });
    const billed = (): number => edges.reduce((total, edge) => total + edge.stats().bytes, 0);
    const before = billed();
    const answers = await Promise.all([...edges.keys()].map((edge) => at(edge, path)));
    await expect.poll(billed).toBe(before + answers.reduce((total, { bytes }) => total + bytes, 0));
    for (const { headers } of answers) expect(Number(headers['age'] ?? 40)).toBeGreaterThanOrEqual(40);
    clock.advance(19_000);
    expect(isHit(await at(2, path))).toBe(true);
    clock.advance(2_000);
    expect(isHit(await at(2, path))).toBe(false);
  });
});

describe('what is not for everybody', () => {
  it.each<readonly [string, Readonly<Record<string, string>>]>([
    ['a cookie', { Cookie: 'a=1' }],
    ['an authorization', { Authorization: 'Bearer x' }],
  ])('with %s goes to the origin alone', async (_name, headers) => {
    const { at } = await site('tier on');
    const path = fresh();
    script(network.origin, path, { body: 'mine', headers: [['Cache-Control', 'private']] });
    for (const edge of edges.keys()) await at(edge, path, { headers });
    expect(network.origin.count(path)).toBe(3);
    expect(
      network.origin.seen.filter(({ target }) => target === path).map(({ headers: seen }) => seen['cookie']),
    ).toEqual(Array.from({ length: 3 }, () => headers['Cookie']));
  });

  it('variants are told apart by what the viewer of each edge said, and what a sibling is not told is asked of the origin', async () => {
    const { at } = await site('tier on');
    const [language, odd] = [fresh(), fresh()];
    script(network.origin, language, echoed('accept-language'));
    script(network.origin, odd, echoed('x-odd'));
    for (const [edge, value] of ['de', 'fr', 'de'].entries()) {
      const headers = { 'Accept-Language': value, 'X-Odd': value };
      expect(String((await at(edge, language, { headers })).body)).toBe(value);
      expect(String((await at(edge, odd, { headers })).body)).toBe(value);
    }
    expect(network.origin.count(language)).toBe(2);
  });

  it('errors and what is not kept are asked of the origin by whoever wants them', async () => {
    const { at } = await site('tier on');
    const [gone, never] = [fresh(), fresh()];
    script(network.origin, gone, { status: 404, body: 'none' });
    script(network.origin, never, { body: 'now', headers: [['Cache-Control', 'no-store']] });
    for (const edge of edges.keys()) {
      expect((await at(edge, gone)).status).toBe(404);
      expect(String((await at(edge, never)).body)).toBe('now');
    }
  });
});

it('a sibling that is gone costs a moment once, and then is not asked', async () => {
  const { at } = await site('tier on');
  const dead: EdgeView = {
    address: randomAddress(),
    endpoint: '',
    operator: network.operator.address,
    control: 'http://127.0.0.1:1',
    region: '',
  };
  for (const chain of chains) chain.edgeList = [...views.slice(0, 1), dead];
  await warm(at);
  const before = await tally(0, 'tier_asked_total{outcome="failed"}');
  for (let i = 0; i < 12; i += 1) {
    const path = fresh();
    script(network.origin, path, { body: 'there', headers: KEPT });
    expect(String((await at(0, path)).body)).toBe('there');
  }
  expect(await tally(0, 'tier_asked_total{outcome="failed"}')).toBe(before + 1);
});

it('edges of one region share among themselves, and one that is alone with all', async () => {
  const { at } = await site('tier on');
  const regions = ['eu', 'eu', 'us'];
  for (const chain of chains)
    chain.edgeList = views.map((view, i) => ({ ...view, region: regions[i] ?? '' }));
  await warm(at);
  for (let i = 0; i < 8; i += 1) {
    const path = fresh();
    script(network.origin, path, { body: 'x', headers: KEPT });
    await at(0, path);
    await at(1, path);
    expect(network.origin.count(path)).toBe(1);
  }
  const asked = await tally(2, 'tier_asked_total{outcome="answered"}');
  for (let i = 0; i < 12; i += 1) {
    const path = fresh();
    script(network.origin, path, { body: 'x', headers: KEPT });
    await at(2, path);
  }
  expect(await tally(2, 'tier_asked_total{outcome="answered"}')).toBeGreaterThan(asked);
});

it('only edges that the publisher has picked are asked, and answer', async () => {
  const { at } = await site('tier on', `edges ${views[0]?.address},${views[1]?.address}`);
  for (let i = 0; i < 12; i += 1) {
    const path = fresh();
    script(network.origin, path, { body: 'x', headers: KEPT });
    const heard = await tally(2, 'tier_heard_total{outcome="answered"}');
    expect([(await at(0, path)).status, (await at(1, path)).status, (await at(2, path)).status]).toEqual([
      200, 200, 421,
    ]);
    expect(network.origin.count(path)).toBe(1);
    expect(await tally(2, 'tier_heard_total{outcome="answered"}')).toBe(heard);
  }
});

it('what this edge has changed is not had from one that does not know of it', async () => {
  const { at } = await site('tier on');
  const path = fresh();
  let version = 1;
  script(network.origin, path, ({ method }) =>
    method === 'POST' ? { status: 204 } : { body: `v${version}`, headers: KEPT.slice(0, 1) },
  );
  for (const edge of edges.keys()) await at(edge, path);
  version = 2;
  for (const edge of edges.keys()) {
    await at(edge, path, { method: 'POST' });
    expect(String((await at(edge, path)).body)).toBe('v2');
  }
});

it('what was purged here is not had from one that has not heard of it', async () => {
  const wallet = await generateKeyPairSigner();
  for (const chain of chains) chain.publisher = wallet.address;
  const { at, address } = await site('tier on');
  // Each of them has another that is asked first.
  const paths = Array.from({ length: 6 }, fresh);
  let version = 1;
  for (const path of paths)
    script(network.origin, path, () => ({
      body: `v${version}`,
      headers: [...KEPT, ['Cache-Tag', 'news'] as const],
    }));
  for (const edge of edges.keys()) for (const path of paths) await at(edge, path);
  version = 2;
  const said = async (edge: number, what: PurgeWhat): Promise<number> => {
    const body = {
      resource: address,
      what: [what],
      soft: false,
      unixMs: BigInt(Math.floor(chains[edge]?.nowMs() ?? 0)),
      nonce: randomBytes(16),
    };
    const bytes = encodePurge(await signPurge(body, signerOf(wallet.keyPair.privateKey)));
    const url = `${edges[edge]?.controlUrl}/v1/purge`;
    return (await fetch(url, { method: 'POST', body: new Uint8Array(bytes) })).status;
  };
  for (const edge of edges.keys()) {
    // By a tag, which has come along from whichever edge the copy came from.
    expect(await said(edge, { kind: 'tag', tag: 'news' })).toBe(200);
    for (const path of paths) expect([edge, String((await at(edge, path)).body)]).toEqual([edge, 'v2']);
  }
});

describe('who asks', () => {
  it('must be an active edge, and ask this one, now', async () => {
    const resource = await site('tier on');
    const path = fresh();
    script(network.origin, path, { body: 'x', headers: KEPT });
    expect((await ask(0, {}, resource, path)).status).toBe(200);
    const stranger = await generateKeyPairSigner();
    const refusals = [
      await ask(0, { by: signerOf(stranger.keyPair.privateKey) }, resource, path),
      await ask(0, { asker: randomAddress() }, resource, path),
      await ask(0, { asker: views[0]?.address ?? '' }, resource, path),
      await ask(0, { asked: views[2]?.address ?? '' }, resource, path),
      await ask(0, { unixSecs: 1_000n }, resource, path),
    ];
    expect(refusals.map(({ status }) => status)).toEqual([403, 403, 403, 403, 403]);
    const nothing = [
      await ask(0, { shape: new Uint8Array(8) }, resource, path),
      await ask(0, {}, await site(), path),
      await ask(
        0,
        { question: { scheme: 'http', host: 'other.example', target: path, fields: [] } },
        resource,
      ),
      await ask(0, { resource: randomAddress() }, resource, path),
    ];
    expect(nothing.map(({ status }) => status)).toEqual([404, 404, 404, 404]);
    expect(network.origin.count(path)).toBe(1);
    const garbage = await fetch(`${network.edge.controlUrl}/v1/tier`, {
      method: 'POST',
      body: 'x'.repeat(300),
    });
    expect(garbage.status).toBe(400);
    expect((await fetch(`${network.edge.controlUrl}/v1/tier`)).status).toBe(405);
  });

  it('gets no more than its share', async () => {
    const resource = await site('tier on');
    const path = fresh();
    script(network.origin, path, { body: 'x', headers: KEPT });
    const statuses: number[] = [];
    for (let i = 0; i < 410; i += 1) statuses.push((await ask(0, {}, resource, path)).status);
    expect(statuses).toContain(429);
    expect(statuses.filter((status) => status === 200).length).toBeLessThanOrEqual(400);
  });

  it('is answered by the sibling itself, which asks no further', async () => {
    const resource = await site('tier on');
    const before = await sum('tier_heard_total{outcome="answered"}');
    for (let i = 0; i < 6; i += 1) {
      const path = fresh();
      script(network.origin, path, { body: 'x', headers: KEPT });
      expect((await ask(2, { asker: views[1]?.address ?? '' }, resource, path)).status).toBe(200);
    }
    expect(await sum('tier_heard_total{outcome="answered"}')).toBe(before + 6);
  });
});

describe('a sibling that lies', () => {
  it('is found out by what is checked, is asked no more, and what came of it is thrown away', async () => {
    const liar = await lying(() => ({
      fields: ['Cache-Control', 'max-age=600', 'ETag', '"v1"'],
      body: 'poison',
    }));
    const { at } = await site(example('tier on check=50%'));
    await warm(at);
    const paths = Array.from({ length: 16 }, fresh);
    for (const path of paths) script(network.origin, path, { body: 'right', headers: KEPT });
    const bodies: string[] = [];
    for (const path of paths) bodies.push(String((await at(0, path)).body));
    expect(bodies).toContain('poison');
    chance = 0.2;
    // Checked: whoever asks for it gets the origin's.
    const before = await tally(0, 'tier_asked_total{outcome="lied"}');
    await expect
      .poll(async () => {
        const path = fresh();
        script(network.origin, path, { body: 'right', headers: KEPT });
        expect(String((await at(0, path)).body)).toBe('right');
        return tally(0, 'tier_asked_total{outcome="lied"}');
      })
      .toBe(before + 1);
    for (const path of paths) expect(String((await at(0, path)).body)).toBe('right');
    await liar.close();
  });

  it('of the kind that always says something changed is doubted, and then asked no more', async () => {
    let count = 0;
    const liar = await lying(() => ({
      fields: ['Cache-Control', 'max-age=600', 'ETag', `"${(count += 1)}"`],
      body: 'poison',
    }));
    const { at } = await site('tier on');
    await warm(at);
    chance = 0;
    const before = await tally(0, 'tier_asked_total{outcome="doubted"}');
    for (let i = 0; i < 24; i += 1) {
      const path = fresh();
      script(network.origin, path, { body: 'right', headers: KEPT });
      expect(String((await at(0, path)).body)).toBe('right');
    }
    // One more may have been under way when the third was judged.
    const doubted = await tally(0, 'tier_asked_total{outcome="doubted"}');
    expect([before + 3, before + 4]).toContain(doubted);
    for (let i = 0; i < 12; i += 1) {
      const path = fresh();
      script(network.origin, path, { body: 'right', headers: KEPT });
      expect(String((await at(0, path)).body)).toBe('right');
    }
    expect(await tally(0, 'tier_asked_total{outcome="doubted"}')).toBe(doubted);
    await liar.close();
  });

  it('says nothing that sets a cookie, varies by what it was not told, or is not to be kept', async () => {
    const said = new Map([
      ['/c', ['Cache-Control', 'max-age=600', 'Set-Cookie', 'a=1']],
      ['/v', ['Cache-Control', 'max-age=600', 'Vary', '*']],
      ['/n', ['Cache-Control', 'no-store']],
    ]);
    const liar = await lying((target) => ({ fields: said.get(target.slice(0, 2)) ?? [], body: 'poison' }));
    const { at } = await site('tier on');
    await warm(at);
    for (const begin of said.keys())
      for (let i = 0; i < 6; i += 1) {
        const path = `${begin}${fresh()}`;
        script(network.origin, path, { body: 'right', headers: KEPT });
        const { body, headers } = await at(0, path);
        expect([String(body), headers['set-cookie']]).toEqual(['right', undefined]);
      }
    await liar.close();
  });
});
