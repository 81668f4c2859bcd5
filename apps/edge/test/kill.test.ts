import { spawn } from 'node:child_process';
import { mkdtemp, rm } from 'node:fs/promises';
import { connect } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { expect, it } from 'vitest';

const ROUNDS = 12;
const CHILD = fileURLToPath(new URL('kill-child.ts', import.meta.url));

interface Life {
  readonly found: number;
  readonly acknowledged: number;
  readonly received: number;
}

/** One life of the process: viewers load it until it is killed at a moment of the round's own. */
async function live(dir: string, acksBeforeKill: number): Promise<Life> {
  const child = spawn(process.execPath, [CHILD, dir], { stdio: ['ignore', 'pipe', 'inherit'] });
  const gone = new Promise<void>((resolve) => child.once('close', () => resolve()));
  let found = -1;
  let acknowledged = 0;
  let received = 0;
  let acks = 0;
  const viewers: Promise<void>[] = [];

  function view(port: number): Promise<void> {
    return new Promise((resolve) => {
      const ask = (): boolean => socket.write('GET /70000 HTTP/1.1\r\nHost: x\r\n\r\n'.repeat(3));
      const socket = connect(port, '127.0.0.1', ask);
      let since = 0;
      socket.on('data', (part: Buffer) => {
        received += part.length;
        since += part.length;
        if (since < 200_000) return;
        since = 0;
        ask();
      });
      socket.on('error', () => undefined);
      socket.on('close', () => resolve());
    });
  }

  for await (const line of createInterface({ input: child.stdout })) {
    const [word, value] = line.split(' ');
    if (word === 'start') found = Number(value);
    if (word === 'port') viewers.push(view(Number(value)), view(Number(value)), view(Number(value)));
    if (word !== 'ack') continue;
    acknowledged = Number(value);
    if (acknowledged > found) acks += 1;
    if (acks === acksBeforeKill) child.kill('SIGKILL');
  }
  await gone;
  await Promise.all(viewers);
  return { found, acknowledged, received };
}

it(
  'kill -9 in a loop: nothing acknowledged is lost, nothing is counted that was not written',
  { timeout: 240_000 },
  async () => {
    const dir = await mkdtemp(join(tmpdir(), 'media-kill-'));
    try {
      let received = 0;
      let acknowledged = 0;
      for (let round = 0; round < ROUNDS; round += 1) {
        const life = await live(dir, 1 + ((round * 7) % 11));
        // What was on disk: at least what had been acknowledged before, at most what viewers had got.
        expect(life.found).toBeGreaterThanOrEqual(acknowledged);
        expect(life.found).toBeLessThanOrEqual(received);
        received += life.received;
        acknowledged = life.acknowledged;
        expect(acknowledged).toBeGreaterThan(life.found);
      }
    } finally {
      await rm(dir, { recursive: true, force: true });
    }
  },
);
