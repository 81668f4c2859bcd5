import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { expect, it } from 'vitest';
import { testDatabase } from './databases.ts';
import { atEnd, chat, person, streamer, testWallet, visitor } from './harness.ts';
import type { Person } from './harness.ts';

/** Twenty by `MEDIA_KILL_ROUNDS=20`. */
const ROUNDS = Number(process.env['MEDIA_KILL_ROUNDS'] ?? '2');
const MAIN = fileURLToPath(new URL('../src/main.ts', import.meta.url));

interface Running {
  readonly site: string;
  /** With no time to say goodbye. */
  kill(): Promise<void>;
}

/** A platform in a process of its own, on what is kept in `dir`. */
async function start(dir: string, database: string | undefined): Promise<Running> {
  const child = spawn(
    process.execPath,
    [
      MAIN,
      '--dir',
      dir,
      '--port',
      '0',
      '--rtmp-port',
      '0',
      '--ladder',
      'off',
      '--log-level',
      'error',
      ...(database === undefined ? [] : ['--database', database]),
    ],
    { stdio: ['ignore', 'pipe', 'inherit'] },
  );
  const closed = once(child, 'close');
  const kill = async (): Promise<void> => {
    child.kill('SIGKILL');
    await closed;
  };
  atEnd(kill);
  let said = '';
  for await (const piece of child.stdout) {
    said += String(piece);
    const site = /^(http:\S+) takes streams/m.exec(said)?.[1];
    if (site !== undefined) return { site, kill };
  }
  throw new Error(`it did not start: ${said}`);
}

it('kill -9 takes back no message, key or act of a moderator that was acknowledged', async () => {
  const dir = await mkdtemp(join(tmpdir(), 'media-express-kill-'));
  atEnd(() => rm(dir, { recursive: true, force: true }));
  const database = await testDatabase(atEnd);
  const [ownerWallet, viewerWallet] = [testWallet(), testWallet()];
  let running = await start(dir, database);
  await streamer(running.site, 'kept', ownerWallet);

  for (let round = 0; round < ROUNDS; round += 1) {
    const owner: Person = await person(running.site, ownerWallet);
    const viewer: Person = await person(running.site, viewerWallet);
    const writing = await chat(viewer, 'kept');
    const acknowledged: string[] = [];
    const loud = testWallet().address;
    await owner.ask('PUT', '/api/channels/kept/sanctions', { address: loud, seconds: null });
    const key = String((await owner.ask('POST', '/api/channels/kept/key')).body['key']);
    // Killed while more is on its way.
    const say = async (text: string): Promise<void> => {
      const { kind } = await writing.say(text);
      if (kind === 'accepted') acknowledged.push(text);
    };
    for (let i = 0; i < 6; i += 1) void say(`${round}-${i}`);
    await writing.next(({ kind }) => kind === 'accepted');
    await running.kill();
    running = await start(dir, database);

    const { told } = await chat(visitor(running.site), 'kept');
    const texts = told.flatMap(({ text }) => (typeof text === 'string' ? [text] : []));
    expect(acknowledged.length).toBeGreaterThan(0);
    expect(texts).toEqual(expect.arrayContaining(acknowledged));
    // The session is kept, too.
    const again = visitor(running.site);
    again.cookie = owner.cookie;
    const { body } = await again.ask('GET', '/api/channels/kept/moderation');
    expect(body['sanctions']).toContainEqual({ address: loud, untilMs: null });
    expect(key).toMatch(/^[a-z2-9]{26}$/);
    expect((await again.ask('GET', '/api/me')).body).toMatchObject({ channels: [{ hasKey: true }] });
  }
});
