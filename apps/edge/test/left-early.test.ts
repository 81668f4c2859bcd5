import { once } from 'node:events';
import { readdirSync, readlinkSync } from 'node:fs';
import { connect } from 'node:net';
import { tokenHeader } from '@media-network/protocol';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { hourAt } from '../src/chain/periods.ts';
import { startTestNetwork } from './network.ts';
import type { TestNetwork, TestResource } from './network.ts';
import { isHit } from './raw-http.ts';
import { gate } from './scripted-origin.ts';

let network: TestNetwork;
let resource: TestResource;
beforeAll(async () => {
  network = await startTestNetwork();
  resource = await network.addResource();
});
afterAll(() => network.close());

/** Files of the cache that this process holds open. */
function openFiles(): string[] {
  return readdirSync('/proc/self/fd').flatMap((fd) => {
    try {
      const path = readlinkSync(`/proc/self/fd/${fd}`);
      return path.startsWith(`${network.dir}/cache/`) ? [path] : [];
    } catch {
      return [];
    }
  });
}

const BODY = 'x'.repeat(500_000);
const WHOLE = {
  'of known length': `Content-Length: ${BODY.length}\r\n\r\n${BODY}`,
  'in chunks': `Transfer-Encoding: chunked\r\n\r\n${BODY.length.toString(16)}\r\n${BODY}\r\n0\r\n\r\n`,
};

it.each([
  ['of known length', false],
  ['of known length', true],
  ['in chunks', false],
  ['in chunks', true],
] as const)(
  'a viewer who has left when an answer %s comes leaves nothing behind (in a session: %s)',
  async (framing, inSession) => {
    const target = `/${framing.replaceAll(' ', '-')}-${inSession}`;
    const door = gate(network.origin, target);
    const session = await network.publisher.session(
      resource.address,
      hourAt(network.chain.periods, network.chain.nowMs()),
    );
    const token = inSession ? `Media-Token: ${tokenHeader(session.token)}\r\n` : '';
    const viewer = connect(network.edge.port, '127.0.0.1');
    viewer.on('error', () => undefined);
    await once(viewer, 'connect');
    viewer.write(`GET ${target} HTTP/1.1\r\nHost: ${resource.host}\r\n${token}\r\n`);
    await expect.poll(() => door.waiting()).toBe(1);
    viewer.resetAndDestroy();
    // The edge has seen it once it answers somebody who came later.
    await resource.get('/unknown');
    door.open({ raw: `HTTP/1.1 200 OK\r\nCache-Control: max-age=60\r\n${WHOLE[framing]}` });
    const next = await resource.get(target);
    expect([next.status, next.body.length, next.complete]).toEqual([200, BODY.length, true]);
    await expect.poll(async () => isHit(await resource.get(target))).toBe(true);
    await expect.poll(openFiles).toEqual([]);
  },
);
