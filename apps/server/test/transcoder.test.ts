import { chmod, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { systemClock } from '@media-network/runtime';
import { expect, it } from 'vitest';
import { somePictures, transcoderSuite } from '../src/testing/transcoder-suite.ts';
import { createFfmpegTranscoder } from '../src/transcode/ffmpeg-transcoder.ts';
import { atEnd } from './harness.ts';

const OPTIONS = { encoder: 'x264', device: '' } as const;
transcoderSuite('ffmpeg', () => createFfmpegTranscoder(systemClock, OPTIONS));

const RUNGS = [{ lines: 120, width: 214, height: 120, bitsPerSecond: 300_000 }];

/** How a program of that name and text ends, which is given pictures. */
async function endOf(script: string | undefined): Promise<unknown> {
  const dir = await mkdtemp(join(tmpdir(), 'media-transcoder-'));
  atEnd(() => rm(dir, { recursive: true, force: true }));
  const command = join(dir, 'ffmpeg');
  if (script !== undefined) {
    await writeFile(command, `#!/bin/sh\n${script}\n`);
    await chmod(command, 0o755);
  }
  const { track, units } = await somePictures(2);
  return new Promise((resolve) => {
    const transcode = createFfmpegTranscoder(systemClock, { ...OPTIONS, command, stuckMs: 500 }).start(
      { source: track, framesPerSecond: 20, rungs: RUNGS },
      { config: () => undefined, picture: () => undefined, ended: resolve },
    );
    for (const unit of units) transcode.push(unit);
  });
}

it.each([
  ['hangs', 'exec cat >/dev/null', 'server/transcoder-stuck'],
  ['ends', 'echo it is broken >&2; exit 3', 'server/transcoder-failed'],
  ['talks of something else', 'echo nothing of use >&3; exec cat >/dev/null', 'server/transcoder-failed'],
  ['is not there', undefined, 'server/no-ffmpeg'],
])('an ffmpeg that %s is ended, and why is said', async (_, script, code) => {
  expect(await endOf(script)).toMatchObject({ code });
});
