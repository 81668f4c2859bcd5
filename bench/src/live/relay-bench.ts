import { spawnSync } from 'node:child_process';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { MediaError } from '@media-network/runtime';
import { cpuSeconds, processTree } from '../machine/process-tree.ts';
import { sendFilm, startNginxRtmp, startNodeMediaServer, startOurs } from './relays.ts';
import type { Relay } from './relays.ts';

/** Processors that a server takes for a channel of 720p at 2.5 Mbit/s that goes through it as it is. */
export interface RelayRow {
  readonly server: string;
  readonly channels: number;
  readonly cpuPerChannel: number;
}

/** Connecting is not what is measured. */
const SETTLE_MS = 5_000;
const FILM =
  '-f lavfi -i testsrc2=size=1280x720:rate=30:duration=10 -f lavfi -i sine=sample_rate=48000:duration=10';
const CODING =
  '-c:v libx264 -preset ultrafast -g 60 -keyint_min 60 -sc_threshold 0 -b:v 2500k -minrate 2500k -maxrate 2500k -bufsize 2500k -nal-hrd cbr -pix_fmt yuv420p -c:a aac -b:a 128k';

/** The same channels into each server, one after the other. One that cannot be installed is left out, and that is said. */
export async function benchRelays({
  channels,
  seconds,
  say,
}: {
  readonly channels: number;
  readonly seconds: number;
  readonly say: (line: string) => void;
}): Promise<RelayRow[]> {
  const dir = await mkdtemp(join(tmpdir(), 'media-bench-film-'));
  try {
    const film = join(dir, 'film.flv');
    const args = `-hide_banner -nostdin -loglevel error ${FILM} ${CODING} ${film}`.split(' ');
    if (spawnSync('ffmpeg', args, { stdio: 'ignore' }).status !== 0)
      throw new MediaError({
        code: 'bench/tools-missing',
        message: 'The bench needs ffmpeg with libx264: run "apt-get install ffmpeg" as root.',
        source: 'internal',
      });
    const rows: RelayRow[] = [];
    const starts: readonly (readonly [string, () => Promise<Relay | undefined>])[] = [
      ['media server', () => startOurs(channels)],
      ['node-media-server', () => startNodeMediaServer(say)],
      ['nginx-rtmp', () => startNginxRtmp(say)],
    ];
    for (const [name, start] of starts) {
      const relay = await start();
      if (relay === undefined) say(`${name} cannot be installed here and is left out`);
      else rows.push(await measure(relay, film, { channels, seconds, say }));
    }
    return rows;
  } finally {
    await rm(dir, { recursive: true, force: true });
  }
}

async function measure(
  relay: Relay,
  film: string,
  { channels, seconds, say }: Parameters<typeof benchRelays>[0],
): Promise<RelayRow> {
  const senders = Array.from({ length: channels }, (_, i) => sendFilm(film, relay.url(i)));
  try {
    await sleep(SETTLE_MS);
    const [before, beganMs] = [cpuSeconds(processTree(relay.pid)), performance.now()];
    await sleep(seconds * 1_000);
    const used = cpuSeconds(processTree(relay.pid)) - before;
    const cpuPerChannel = used / ((performance.now() - beganMs) / 1_000) / channels;
    const row = { server: relay.name, channels, cpuPerChannel: Math.round(cpuPerChannel * 10_000) / 10_000 };
    say(JSON.stringify(row));
    return row;
  } finally {
    await Promise.all(senders.map((sender) => sender.close()));
    await relay.close();
  }
}

const sleep = (ms: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms));
