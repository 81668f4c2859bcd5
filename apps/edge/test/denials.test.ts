import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { startTestNetwork } from './network.ts';
import type { TestNetwork } from './network.ts';
import { isHit } from './raw-http.ts';
import { script } from './scripted-origin.ts';

let dir: string;
let file: string;
let network: TestNetwork | undefined;
beforeEach(async () => {
  dir = await mkdtemp(path.join(tmpdir(), 'denials-'));
  file = path.join(dir, 'deny.txt');
  await writeFile(file, '# nothing yet\n');
});
afterEach(async () => {
  await network?.close();
  network = undefined;
  await rm(dir, { recursive: true, force: true });
});

it.each([1, 2])(
  'what its operator denies is 451 from the next look at the list on, hits of %d workers too',
  async (workers) => {
    network = await startTestNetwork({ config: { denyList: file, workers } });
    const [denied, other] = [await network.addResource(), await network.addResource()];
    script(network.origin, '/', { headers: [['Cache-Control', 'max-age=600']], body: 'x' });
    await denied.get('/');
    expect(isHit(await denied.get('/'))).toBe(true);

    const reread = async (text: string): Promise<void> => {
      await writeFile(file, text);
      await network!.edge.tasks.find(({ name }) => name === 'deny list')!.runNow();
    };
    await reread(`${denied.address} # by order\n`);
    const refused = async (): Promise<unknown> => {
      const answer = await denied.get('/');
      return [answer.status, answer.headers['media-error'], answer.headers['retry-after']];
    };
    // Workers are told within moments what they may not answer by themselves any more.
    await expect.poll(refused, { timeout: 20_000 }).toEqual([451, 'edge/denied', undefined]);
    expect((await other.get('/')).status).toBe(200);
    await reread('');
    await expect.poll(async () => (await denied.get('/')).status, { timeout: 20_000 }).toBe(200);
  },
);

it('a resource that was taken off the network is not served to the end of its hour', async () => {
  network = await startTestNetwork();
  const resource = await network.addResource();
  script(network.origin, '/', { headers: [['Cache-Control', 'max-age=600']], body: 'x' });
  expect((await resource.get('/')).status).toBe(200);
  network.chain.setStatus(resource.address, 'removed', true);
  const answer = await resource.get('/');
  expect([answer.status, answer.headers['media-error']]).toEqual([451, 'edge/removed']);
});
