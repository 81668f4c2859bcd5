import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { startTestNetwork } from './network.ts';
import type { TestNetwork, TestResource } from './network.ts';
import { isHit } from './raw-http.ts';
import { gate, script } from './scripted-origin.ts';

let network: TestNetwork;
let resource: TestResource;
beforeAll(async () => {
  network = await startTestNetwork();
  resource = await network.addResource();
});
afterAll(() => network.close());

const FOR_LONG = ['Cache-Control', 'max-age=600'] as const;

const grouped = (target: string, groups: string): void =>
  script(network.origin, target, (_seen, count) => ({
    headers: [FOR_LONG, ['Cache-Groups', groups]],
    body: `${target} ${count}`,
  }));
const voids = (target: string, groups: string, status = 200): void =>
  script(network.origin, target, { status, headers: [['Cache-Group-Invalidation', groups]], body: 'done' });

describe('cache groups (RFC 9875)', () => {
  it('a change voids the groups that it names, and nothing else', async () => {
    grouped('/a', '"news", "front"');
    grouped('/b', '"front"');
    grouped('/c', '"sport"');
    const other = await network.addResource();
    for (const target of ['/a', '/b', '/c']) await resource.get(target);
    await other.get('/b');
    voids('/change', '"front"');
    await resource.get('/change', { method: 'POST', body: 'x' });
    expect(isHit(await resource.get('/c'))).toBe(true);
    expect(isHit(await other.get('/b'))).toBe(true);
    expect((await resource.get('/a')).body.toString()).toBe('/a 2');
    expect((await resource.get('/b')).body.toString()).toBe('/b 3');
  });

  it.each([
    ['GET', 200],
    ['HEAD', 200],
    ['OPTIONS', 200],
    ['POST', 400],
    ['DELETE', 500],
  ])('not by the answer to a %s, or with status %d', async (method, status) => {
    const target = `/kept-${method}-${status}`;
    grouped(target, '"kept"');
    await resource.get(target);
    voids('/no-change', '"kept"', status);
    await resource.get('/no-change', { method });
    expect(isHit(await resource.get(target))).toBe(true);
  });

  it('beats what is on its way', async () => {
    const door = gate(network.origin, '/arriving');
    const first = resource.get('/arriving');
    await expect.poll(door.waiting).toBe(1);
    voids('/change-2', '"late"');
    await resource.get('/change-2', { method: 'PUT', body: 'x' });
    door.open({ headers: [FOR_LONG, ['Cache-Groups', '"late"']], body: 'old' });
    expect((await first).body.toString()).toBe('old');
    script(network.origin, '/arriving', { headers: [FOR_LONG], body: 'new' });
    expect((await resource.get('/arriving')).body.toString()).toBe('new');
  });

  it('outlives a restart', async () => {
    grouped('/disk', '"disk"');
    await resource.get('/disk');
    await network.restart();
    expect(isHit(await resource.get('/disk'))).toBe(true);
    voids('/change-3', '"disk"');
    await resource.get('/change-3', { method: 'POST', body: 'x' });
    expect((await resource.get('/disk')).body.toString()).toBe('/disk 2');
  });
});

const searched = (path: string, rule: string): void =>
  script(network.origin, path, (seen) => ({
    headers: [FOR_LONG, ['No-Vary-Search', rule]],
    body: seen.target,
  }));

describe('No-Vary-Search', () => {
  it('one object for all queries that mean the same, in both lanes', async () => {
    searched('/page', 'params=("utm_source" "utm_medium")');
    expect((await resource.get('/page?id=1&utm_source=a')).body.toString()).toBe('/page?id=1&utm_source=a');
    for (const query of ['?id=1', '?utm_medium=x&id=1&utm_source=b', '?%69d=1']) {
      const answer = await resource.get(`/page${query}`);
      expect([query, isHit(answer), answer.body.toString()]).toEqual([
        query,
        true,
        '/page?id=1&utm_source=a',
      ]);
      const slow = await resource.get(`/page${query}`, { headers: { Range: 'bytes=0-4' } });
      expect([query, isHit(slow), slow.status]).toEqual([query, true, 206]);
    }
    expect((await resource.get('/page?id=2')).body.toString()).toBe('/page?id=2');
    expect(isHit(await resource.get('/page?id=2&utm_source=z'))).toBe(true);
    expect(isHit(await resource.get('/page2?id=1'))).toBe(false);
  });

  it('a change forgets the object under every query that means it', async () => {
    searched('/changed', 'key-order, params, except=("id")');
    await resource.get('/changed?id=1&x=2');
    expect(isHit(await resource.get('/changed?x=5&id=1'))).toBe(true);
    await resource.get('/changed?id=1&x=9', { method: 'POST', body: 'x' });
    expect(isHit(await resource.get('/changed?id=1&x=2'))).toBe(false);
  });

  it('what was kept before the rule was known is not taken for an answer by it', async () => {
    script(network.origin, '/before', (seen) => ({ headers: [FOR_LONG], body: seen.target }));
    await resource.get('/before');
    searched('/before', 'params');
    expect((await resource.get('/before?a=1')).body.toString()).toBe('/before?a=1');
    expect((await resource.get('/before?b=1')).body.toString()).toBe('/before?a=1');
  });

  it('ends with an answer that has no rule', async () => {
    searched('/ends', 'params=("x")');
    await resource.get('/ends?x=1');
    script(network.origin, '/ends', (seen) => ({ headers: [FOR_LONG], body: seen.target }));
    expect((await resource.get('/ends?y=1')).body.toString()).toBe('/ends?y=1');
    expect((await resource.get('/ends?x=2')).body.toString()).toBe('/ends?x=2');
  });

  it('collapses those who mean the same, once that is known', async () => {
    searched('/herd', 'params=("x")');
    await resource.get('/herd?y=0');
    const door = gate(network.origin, '/herd');
    const all = Array.from({ length: 10 }, (_, i) => resource.get(`/herd?y=1&x=${i}`));
    await expect.poll(door.waiting).toBe(1);
    await expect.poll(() => network.edge.stats().openConnections).toBeGreaterThanOrEqual(10);
    door.open({ headers: [FOR_LONG, ['No-Vary-Search', 'params=("x")']], body: 'one' });
    for (const answer of await Promise.all(all)) expect(answer.body.toString()).toBe('one');
  });
});
