import { createManualClock } from '@media-network/runtime/testing';
import { afterEach, expect, it } from 'vitest';
import { startTestNetwork } from './network.ts';
import type { TestNetwork } from './network.ts';
import { isHit } from './raw-http.ts';
import { script } from './scripted-origin.ts';

let network: TestNetwork | undefined;
afterEach(async () => {
  await network?.close();
  network = undefined;
});

const FOR_LONG = ['Cache-Control', 'max-age=600'] as const;

async function info(at: TestNetwork): Promise<unknown> {
  return (await fetch(`${at.edge.controlUrl}/v1/info`)).json();
}

const bytesNow = async (at: TestNetwork): Promise<number> => {
  const said = (await info(at)) as { readonly caps: { readonly monthBytes: number } };
  return said.caps.monthBytes;
};

it('serves nobody outside of its hours, says when it will, and tells guards', async () => {
  // The edge's own clock is its operator's; the chain's is not asked.
  const noon = new Date();
  noon.setHours(12, 0, 0, 0);
  const clock = createManualClock(noon.getTime());
  network = await startTestNetwork({ config: { hours: '22-06' }, overrides: { clock } });
  const resource = await network.addResource();
  script(network.origin, '/', { headers: [FOR_LONG], body: 'x' });
  const refused = await resource.get('/');
  expect([refused.status, refused.headers['media-error'], refused.headers['retry-after']]).toEqual([
    503,
    'edge/off-hours',
    '36000',
  ]);
  expect(network.edge.readiness()).toMatchObject({ ready: false, problems: ['edge/off-hours'] });
  expect(await info(network)).toMatchObject({
    region: 'eu-west',
    caps: { maxMbit: null, serves: false, code: 'edge/off-hours', retryAfterSeconds: 36_000 },
  });
  clock.advance(10 * 3_600_000);
  expect((await resource.get('/')).status).toBe(200);
  expect(await info(network)).toMatchObject({ caps: { serves: true, code: null } });
});

it.each([1, 2])('lets no more leave than it is told, with %d workers, hits among it', async (workers) => {
  // A million bytes a second, and what a second lets through at once.
  network = await startTestNetwork({ config: { maxMbit: 8, workers } });
  const resource = await network.addResource();
  const body = Buffer.alloc(250_000, 'x');
  script(network.origin, '/', { headers: [FOR_LONG], body });
  await resource.get('/');
  const began = performance.now();
  const answers = await Promise.all(Array.from({ length: 14 }, () => resource.get('/')));
  const seconds = (performance.now() - began) / 1_000;
  expect(answers.every((answer) => answer.status === 200 && answer.body.equals(body))).toBe(true);
  expect(answers.every(isHit)).toBe(true);
  // A slow machine takes longer; a cap that does not hold takes less.
  expect(seconds).toBeGreaterThan(2);
});

it('counts the month by its books: after a restart, too', async () => {
  network = await startTestNetwork({ config: { maxGbMonth: 1 } });
  const resource = await network.addResource();
  script(network.origin, '/', { headers: [FOR_LONG], body: 'x'.repeat(5_000) });
  const served = (await resource.get('/')).bytes;
  const here = network;
  await expect.poll(() => bytesNow(here)).toBe(served);
  await network.restart();
  expect(await bytesNow(network)).toBe(served);
});
