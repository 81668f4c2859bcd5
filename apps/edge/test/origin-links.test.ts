import { afterAll, beforeAll, expect, it } from 'vitest';
import { startTestNetwork } from './network.ts';
import type { TestNetwork, TestResource } from './network.ts';
import { isHit, request } from './raw-http.ts';
import { script } from './scripted-origin.ts';

let network: TestNetwork;
let resource: TestResource;
beforeAll(async () => {
  network = await startTestNetwork();
  resource = await network.addResource();
});
afterAll(() => network.close());

const FOR_LONG = ['Cache-Control', 'max-age=600'] as const;

it('a redirect of the origin to itself leads to the resource by the port that each viewer came by', async () => {
  script(network.origin, '/sub', {
    status: 301,
    headers: [FOR_LONG, ['Location', `${network.origin.url}/sub/`], ['Alt-Svc', 'h3=":443"']],
  });
  for (const kind of ['miss', 'hit'])
    for (const port of [undefined, network.edge.port, 81]) {
      const host = port === undefined ? resource.host : `${resource.host}:${port}`;
      const answer = await request(network.edge.port, host, '/sub');
      expect([kind, answer.status, answer.headers['location']]).toEqual([kind, 301, `http://${host}/sub/`]);
      expect(answer.headers['alt-svc']).toBeUndefined();
      if (kind === 'hit') expect(isHit(answer)).toBe(true);
    }
  expect(network.origin.count('/sub')).toBe(1);
});

it('also what passes through, and what comes early', async () => {
  network.origin.on('/form', (socket) =>
    socket.write(
      `HTTP/1.1 103 Early\r\nLink: <${network.origin.url}/a.css>; rel=preload\r\n\r\n` +
        `HTTP/1.1 303 See Other\r\nLocation: ${network.origin.url}/done\r\nContent-Length: 0\r\n\r\n`,
    ),
  );
  const answer = await request(network.edge.port, resource.host, '/form', { method: 'POST', body: 'x' });
  expect(answer.headers['link']).toBe(`<http://${resource.host}/a.css>; rel=preload`);
  expect(answer.body.toString()).toContain(`Location: http://${resource.host}/done`);
});

it('what a change names by the origin’s own address is forgotten, too', async () => {
  script(network.origin, '/list', (_seen, count) => ({ headers: [FOR_LONG], body: `${count}` }));
  script(network.origin, '/add', { status: 201, headers: [['Location', `${network.origin.url}/list`]] });
  await resource.get('/list');
  await resource.get('/add', { method: 'POST', body: 'x' });
  expect((await resource.get('/list')).body.toString()).toBe('2');
});

it('is kept where the settings say so', async () => {
  const mine = await network.addResource({ originLinks: 'keep' });
  script(network.origin, '/kept', { status: 301, headers: [['Location', `${network.origin.url}/x`]] });
  expect((await mine.get('/kept')).headers['location']).toBe(`${network.origin.url}/x`);
});
