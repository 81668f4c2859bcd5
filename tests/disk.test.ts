import { execFileSync } from 'node:child_process';
import { mkdirSync } from 'node:fs';
import { open, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { errorCode, silentLog } from '@media-network/runtime';
import type { Log } from '@media-network/runtime';
import { createViewer } from '@media-network/viewer';
import { afterEach, expect, test } from 'vitest';
import { present, startNetwork } from './harness/network.ts';
import type { ManualNetwork } from './harness/network.ts';
import { scratch, until } from './harness/processes.ts';

const DOWNLOAD = '/download/50mb.bin';
const PICTURE = '/pictures/set.jpg';
const cleanups: (() => Promise<void> | void)[] = [];

afterEach(async () => {
  for (const cleanup of cleanups.splice(0).toReversed()) await cleanup();
});

/** A file system of 100 MB, room for all of the sample site, at the folder; undefined where this user may not mount one. */
function mountSmall(dir: string): (() => void) | undefined {
  mkdirSync(dir, { recursive: true });
  try {
    execFileSync('mount', ['-t', 'tmpfs', '-o', 'size=100m', 'tmpfs', dir], { stdio: 'pipe' });
    return () => void execFileSync('umount', ['-l', dir], { stdio: 'pipe' });
  } catch {
    return undefined;
  }
}

/** Writes until nothing more fits. */
async function fill(path: string): Promise<void> {
  const file = await open(path, 'w');
  try {
    for (const size of [1_048_576, 4_096, 1]) {
      for (;;) {
        const { bytesWritten } = await file.write(Buffer.alloc(size));
        if (bytesWritten < size) break;
      }
    }
  } catch (error) {
    if (errorCode(error) !== 'ENOSPC') throw error;
  } finally {
    await file.close();
  }
}

/** Keeps what is said at the level of a warning or above. */
function warnings(kept: string[]): Log {
  const keep = (...said: readonly unknown[]): void =>
    void kept.push(said.map((each) => JSON.stringify(each)).join(' '));
  const log: Log = { ...silentLog, warn: keep, error: keep, child: () => log };
  return log;
}

test('an edge whose disk is full serves on from the origin, warns, and accounts for everything once there is room', async (context) => {
  const folder = await scratch();
  cleanups.push(() => folder.remove());
  const disk = join(folder.dir, 'edge-1');
  const unmount = mountSmall(disk);
  if (unmount === undefined) {
    context.skip(
      'only root may mount a small file system; packages/http-cache and apps/edge test ENOSPC with a replaced one',
    );
    return;
  }
  cleanups.push(unmount);
  const said: string[] = [];
  const network: ManualNetwork = await startNetwork({
    dir: folder.dir,
    edges: 1,
    log: warnings(said),
    // Without probes, so that what the viewer counts is all there is.
    guardFlags: () => ({ probe: false }),
  });
  cleanups.push(() => network.close());
  const edge = present(network.edges[0], 'edge');
  const viewer = createViewer();
  const hour = await network.chainHour();
  const get = async (target: string): Promise<void> => {
    const response = await viewer.get(network.at(edge, target));
    expect([target, response.status, response.sha256]).toEqual([
      target,
      200,
      network.origin?.files.get(target)?.sha256,
    ]);
  };

  await get('/watch.html');
  await fill(join(disk, 'filler'));
  await get(PICTURE);
  await get(DOWNLOAD);
  // The journal's own loop finds the disk full when the room in its file's last block is used up.
  let page = 0;
  await until('the warning', 20_000, async () => {
    page += 1;
    expect((await viewer.get(network.at(edge, `/?${page}`))).status).toBe(200);
    network.clock.advance(200);
    return edge.readiness().problems.includes('edge/journal-full') ? true : undefined;
  });
  expect(said.some((line) => /ENOSPC/.test(line))).toBe(true);
  await get(PICTURE);
  await get('/');
  expect(edge.stats().unacknowledgedBytes).toBeGreaterThan(0);

  await rm(join(disk, 'filler'));
  await until('the journal to be written again', 10_000, async () => {
    network.clock.advance(1_000);
    await new Promise((resolve) => setImmediate(resolve));
    return edge.readiness().problems.length === 0 ? true : undefined;
  });
  await network.settle();
  expect(edge.stats().unacknowledgedBytes).toBe(0);
  await network.advancePast(hour);
  const report = present(await network.client.report(edge.address, hour), 'report');
  expect(report.bytes).toBe(BigInt(viewer.totalBytes));
  const resource = present(await network.client.account('resource', network.resource), 'resource');
  expect(resource.bytesTotal).toBe(report.bytes);
});
