import { spawn } from 'node:child_process';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { MediaError } from '@media-network/runtime';
import { RUNTIME_FLAGS } from '@media-network/runtime/own-parts';
import { PROJECT_ROOT } from '../root.ts';

/** `media peerpool tracker` for pages of one host, in a process of its own. */
export async function startOwnTracker(
  allowed: string,
): Promise<{ readonly url: string; close(): Promise<void> }> {
  const main = join(PROJECT_ROOT, 'apps', 'cli', 'src', 'main.ts');
  const args = ['peerpool', 'tracker', '--allow', allowed, '--port', '0', '--json'];
  const child = spawn(process.execPath, [...RUNTIME_FLAGS, main, ...args], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  const ended = new Promise<void>((resolve) => child.once('close', () => resolve()));
  const line = await Promise.race([
    new Promise<string>((resolve) => createInterface({ input: child.stdout }).once('line', resolve)),
    ended.then(() => undefined),
  ]);
  if (line === undefined)
    throw new MediaError({
      code: 'bench/server-failed',
      message: 'media peerpool tracker ended before it was ready.',
      source: 'internal',
    });
  const { url } = JSON.parse(line) as { readonly url: string };
  return {
    url,
    async close() {
      child.kill('SIGTERM');
      await ended;
    },
  };
}
