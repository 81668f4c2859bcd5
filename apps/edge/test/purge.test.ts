import { randomBytes } from 'node:crypto';
import { encodePurge, signPurge, signerOf } from '@media-network/protocol';
import type { PurgeBody, PurgeWhat } from '@media-network/protocol';
import { generateKeyPairSigner } from '@solana/kit';
import type { KeyPairSigner } from '@solana/kit';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { randomAddress } from './fake-chain.ts';
import { startTestNetwork } from './network.ts';
import type { TestNetwork, TestResource } from './network.ts';
import { gate, script } from './scripted-origin.ts';

const FOR_LONG = ['Cache-Control', 'max-age=600'] as const;

interface Posted {
  readonly status: number;
  readonly code?: string;
  readonly known?: boolean;
  readonly objects?: number;
}

let network: TestNetwork;
let wallet: KeyPairSigner;
let resource: TestResource;
beforeAll(async () => {
  wallet = await generateKeyPairSigner();
  network = await startTestNetwork();
  network.chain.publisher = wallet.address;
  resource = await network.addResource();
});
afterAll(() => network.close());

async function signed(
  what: readonly PurgeWhat[],
  over: Partial<PurgeBody> = {},
  by: KeyPairSigner = wallet,
): Promise<Uint8Array> {
  const body = {
    resource: resource.address,
    what,
    soft: false,
    unixMs: BigInt(Math.floor(network.chain.nowMs())),
    nonce: randomBytes(16),
    ...over,
  };
  return encodePurge(await signPurge(body, signerOf(by.keyPair.privateKey)));
}

async function post(bytes: Uint8Array): Promise<Posted> {
  const response = await fetch(`${network.edge.controlUrl}/v1/purge`, {
    method: 'POST',
    body: new Uint8Array(bytes),
  });
  // What the edge says, looked at field by field.
  return { ...((await response.json()) as object), status: response.status };
}

const purge = async (...what: readonly PurgeWhat[]): Promise<Posted> => post(await signed(what));
const url = (target: string): PurgeWhat => ({ kind: 'target', target });

/** An object whose body says how often the origin was asked. */
const counting = (target: string, ...headers: (readonly [string, string])[]): void =>
  script(network.origin, target, (seen, count) => ({
    headers: [FOR_LONG, ...headers],
    body: `${seen.target} ${count}`,
  }));
const body = async (target: string, headers: Record<string, string> = {}): Promise<string> =>
  (await resource.get(target, { headers })).body.toString();

describe('a purge', () => {
  it('by URL means that object, with its query, all its variants and no other', async () => {
    counting('/a', ['Vary', 'Accept-Language']);
    counting('/b');
    expect(await body('/a', { 'Accept-Language': 'en' })).toBe('/a 1');
    expect(await body('/a', { 'Accept-Language': 'de' })).toBe('/a 2');
    expect(await body('/a?x=1')).toBe('/a?x=1 3');
    expect(await body('/b')).toBe('/b 1');
    // Once more, so that they are hot wherever hot copies are held.
    for (let i = 0; i < 3; i += 1) await body('/a', { 'Accept-Language': 'en' });
    expect(await purge(url('/a'))).toMatchObject({ status: 200, known: false, objects: 2 });
    expect(await body('/a', { 'Accept-Language': 'en' })).toBe('/a 4');
    expect(await body('/a', { 'Accept-Language': 'de' })).toBe('/a 5');
    expect(await body('/a?x=1')).toBe('/a?x=1 3');
    expect(await body('/b')).toBe('/b 1');
  });

  it('by URL finds what is kept under a rule of its query', async () => {
    counting('/ruled', ['No-Vary-Search', 'params=("utm")']);
    expect(await body('/ruled?id=1&utm=a')).toBe('/ruled?id=1&utm=a 1');
    expect(await body('/ruled?id=1&utm=b')).toBe('/ruled?id=1&utm=a 1');
    await purge(url('/ruled?id=1&utm=c'));
    expect(await body('/ruled?id=1&utm=b')).toBe('/ruled?id=1&utm=b 2');
  });

  it('by tag, by prefix and of everything, of one resource', async () => {
    const other = await network.addResource();
    counting('/t/1', ['Cache-Tag', 'news, front page']);
    counting('/t/2', ['Surrogate-Key', 'sport front']);
    counting('/u/3');
    const all = ['/t/1', '/t/2', '/u/3'];
    const now = async (): Promise<string[]> => Promise.all(all.map((target) => body(target)));
    expect(await now()).toEqual(['/t/1 1', '/t/2 1', '/u/3 1']);
    expect((await other.get('/u/3')).body.toString()).toBe('/u/3 2');
    expect(await purge({ kind: 'tag', tag: 'front page' })).toMatchObject({ objects: 1 });
    expect(await now()).toEqual(['/t/1 2', '/t/2 1', '/u/3 1']);
    expect(await purge({ kind: 'prefix', prefix: '/t/' })).toMatchObject({ objects: 2 });
    expect(await now()).toEqual(['/t/1 3', '/t/2 2', '/u/3 1']);
    expect((await purge({ kind: 'all' })).objects).toBeGreaterThanOrEqual(3);
    expect(await now()).toEqual(['/t/1 4', '/t/2 3', '/u/3 3']);
    expect((await other.get('/u/3')).body.toString()).toBe('/u/3 2');
  });

  it('that is soft has it asked about, and served where the origin fails', async () => {
    script(
      network.origin,
      '/soft',
      {
        headers: [
          ['Cache-Control', 'max-age=600, stale-if-error=600'],
          ['ETag', '"1"'],
        ],
        body: 'kept',
      },
      { status: 503 },
      {
        status: 304,
        headers: [
          ['Cache-Control', 'max-age=600'],
          ['ETag', '"1"'],
        ],
      },
    );
    // The second waits until it is stored.
    for (let i = 0; i < 2; i += 1) expect(await body('/soft')).toBe('kept');
    expect(await post(await signed([url('/soft')], { soft: true }))).toMatchObject({ objects: 1 });
    const stale = await resource.get('/soft');
    expect([stale.status, stale.body.toString()]).toEqual([200, 'kept']);
    expect(network.origin.seen.filter(({ target }) => target === '/soft')).toHaveLength(2);
  });

  it('beats what is on its way, and an answer of before it that would renew what it made stale', async () => {
    const door = gate(network.origin, '/arriving');
    const first = resource.get('/arriving');
    await expect.poll(door.waiting).toBe(1);
    expect(await purge(url('/arriving'))).toMatchObject({ status: 200 });
    door.open({ headers: [FOR_LONG], body: 'old' });
    expect((await first).body.toString()).toBe('old');
    script(network.origin, '/arriving', { headers: [FOR_LONG], body: 'new' });
    expect(await body('/arriving')).toBe('new');

    script(network.origin, '/renewed', {
      headers: [
        ['Cache-Control', 'max-age=0'],
        ['ETag', '"1"'],
      ],
      body: 'first',
    });
    expect(await body('/renewed')).toBe('first');
    const held = gate(network.origin, '/renewed');
    const asking = resource.get('/renewed');
    await expect.poll(held.waiting).toBe(1);
    await post(await signed([url('/renewed')], { soft: true }));
    held.open({ status: 304, headers: [FOR_LONG, ['ETag', '"1"']] });
    expect((await asking).body.toString()).toBe('first');
    script(network.origin, '/renewed', { headers: [FOR_LONG], body: 'second' });
    expect(await body('/renewed')).toBe('second');
  });

  it('takes from an origin that fails what it would have been replaced with', async () => {
    script(network.origin, '/gone', {
      headers: [
        ['Cache-Control', 'max-age=0, stale-if-error=600'],
        ['ETag', '"1"'],
      ],
      body: 'void',
    });
    expect(await body('/gone')).toBe('void');
    const held = gate(network.origin, '/gone');
    const asking = resource.get('/gone');
    await expect.poll(held.waiting).toBe(1);
    await purge(url('/gone'));
    held.open({ status: 503 });
    expect((await asking).status).toBe(503);
  });
});

describe('a purge is refused', () => {
  const ALL: PurgeWhat = { kind: 'all' };

  it('where it is none, too long, of no resource, at no time, or not by its publisher; and changes nothing', async () => {
    counting('/stays');
    await body('/stays');
    const stranger = await generateKeyPairSigner();
    network.chain.publisher = stranger.address;
    const theirs = await network.addResource();
    network.chain.publisher = wallet.address;
    const now = network.chain.nowMs();
    const at = (ms: number): Partial<PurgeBody> => ({ unixMs: BigInt(Math.floor(now + ms)) });
    const good = await signed([ALL]);
    const forged = good.with(good.length - 1, (good.at(-1) ?? 0) ^ 1);
    const softened = good.with(1, 1);
    const cases: (readonly [Uint8Array, number, string])[] = [
      [good.subarray(0, -1), 400, 'purge/malformed'],
      [new Uint8Array(0), 400, 'purge/malformed'],
      [new Uint8Array(16_384), 400, 'purge/malformed'],
      [new Uint8Array(16_385), 413, 'purge/too-large'],
      [await signed([ALL], { resource: randomAddress() }), 404, 'purge/unknown-resource'],
      [await signed([ALL], at(-61_000)), 403, 'purge/bad-time'],
      [await signed([ALL], at(75_000)), 403, 'purge/bad-time'],
      [await signed([ALL], {}, stranger), 403, 'purge/bad-signature'],
      [await signed([ALL], { resource: theirs.address }), 403, 'purge/bad-signature'],
      [forged, 403, 'purge/bad-signature'],
      [softened, 403, 'purge/bad-signature'],
    ];
    for (const [bytes, status, code] of cases) expect(await post(bytes)).toMatchObject({ status, code });
    expect((await fetch(`${network.edge.controlUrl}/v1/purge`)).status).toBe(405);
    expect(await body('/stays')).toBe('/stays 1');
  });

  it('never a second time: what it meant is done, and what came since stays', async () => {
    counting('/replayed');
    await body('/replayed');
    const once = await signed([url('/replayed')]);
    expect(await post(once)).toMatchObject({ status: 200, known: false, objects: 1 });
    expect(await body('/replayed')).toBe('/replayed 2');
    expect(await post(once)).toMatchObject({ status: 200, known: true, objects: 0 });
    expect(await body('/replayed')).toBe('/replayed 2');
    const metrics = await (await fetch(`${network.edge.controlUrl}/metrics`)).text();
    expect(metrics).toMatch(/^media_edge_purges_total\{outcome="known"\} 1$/m);
    expect(metrics).toMatch(/^media_edge_purges_total\{outcome="purge\/bad-signature"\} \d+$/m);
    // An earlier one that comes later is as good as any.
    const early = await signed([url('/replayed')], {
      unixMs: BigInt(Math.floor(network.chain.nowMs() - 30_000)),
    });
    expect(await post(early)).toMatchObject({ status: 200, known: false, objects: 1 });
  });

  it('where there are too many of one resource, and others go on', async () => {
    const own = await generateKeyPairSigner();
    network.chain.publisher = own.address;
    const flooded = await network.addResource();
    network.chain.publisher = wallet.address;
    const seen = new Map<string, number>();
    for (let i = 0; i < 200; i += 1) {
      const { status, code } = await post(await signed([url(`/${i}`)], { resource: flooded.address }, own));
      const said = `${status} ${code ?? ''}`.trim();
      seen.set(said, (seen.get(said) ?? 0) + 1);
    }
    expect([...seen.keys()].sort()).toEqual(['200', '429 purge/too-many']);
  });
});

describe('a purge holds', () => {
  it('after a restart, and once: what was stored since stays', async () => {
    counting('/kept');
    counting('/purged');
    await body('/kept');
    await body('/purged');
    await purge(url('/purged'));
    expect(await body('/purged')).toBe('/purged 2');
    // Within a minute of it a power cut could bring back what was deleted: then it is done once more.
    network.chain.advance(61_000);
    await network.restart();
    expect(await body('/kept')).toBe('/kept 1');
    expect(await body('/purged')).toBe('/purged 2');
  });

  it('where it was made while the edge was down: guards tell of it before anything is served', async () => {
    counting('/down/1');
    counting('/down/2');
    counting('/down/3');
    for (const target of ['/down/1', '/down/2', '/down/3']) await body(target);
    await network.edge.close();
    const stranger = await generateKeyPairSigner();
    network.guard.purges = [
      await signed([url('/down/1')]),
      // Neither a guard's own words nor anybody else's.
      await signed([url('/down/2')], {}, stranger),
      new Uint8Array(200),
    ];
    await network.restart();
    expect(await body('/down/1')).toBe('/down/1 2');
    expect(await body('/down/2')).toBe('/down/2 1');
    expect(await body('/down/3')).toBe('/down/3 1');
  });

  it('where no guard says what was purged: nothing is served until one does', async () => {
    counting('/unsure');
    await body('/unsure');
    network.guard.purges = undefined;
    await network.restart();
    const refused = await resource.get('/unsure');
    expect([refused.status, refused.headers['media-error']]).toEqual([503, 'edge/no-settings']);
    network.guard.purges = [await signed([url('/unsure')])];
    await expect.poll(async () => (await resource.get('/unsure')).status, { interval: 500 }).toBe(200);
    expect(await body('/unsure')).toBe('/unsure 2');
  });

  it('where guards do not tell of all: what was asked for before that is asked for again', async () => {
    counting('/before');
    await body('/before');
    network.guard.missingMs = BigInt(Math.floor(network.chain.nowMs()));
    await network.restart();
    expect(await body('/before')).toBe('/before 2');
    network.guard.missingMs = 0n;
  });

  it('where it reached guards only: an edge that runs asks them', async () => {
    counting('/polled');
    await body('/polled');
    const task = network.edge.tasks.find(({ name }) => name === 'purges');
    await task?.runNow();
    network.guard.purges = [...(network.guard.purges ?? []), await signed([url('/polled')])];
    expect(await body('/polled')).toBe('/polled 1');
    await task?.runNow();
    expect(await body('/polled')).toBe('/polled 2');
  });
});
