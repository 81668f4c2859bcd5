import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { avcTrack } from '@media-network/hls';
import type { VideoTrack, VideoUnit } from '@media-network/hls';
import { createFlvReader } from '@media-network/rtmp';
import { describe, expect, it } from 'vitest';
import type { Rung } from '../transcode/ladder.ts';
import type { TranscodeJob, Transcoder } from '../transcode/transcoder.ts';

const RATE = 20;
const RUNGS: readonly Rung[] = [
  { lines: 120, width: 214, height: 120, bitsPerSecond: 300_000 },
  { lines: 60, width: 106, height: 60, bitsPerSecond: 100_000 },
];

/** Pictures as an encoder sends them, `startMs` after the stream began, with key frames a second apart and in between. */
export async function somePictures(
  seconds: number,
  { startMs = 0, bFrames = 0 }: { readonly startMs?: number; readonly bFrames?: number } = {},
): Promise<{ readonly track: VideoTrack; readonly units: readonly VideoUnit[] }> {
  const coding = `-c:v libx264 -preset ultrafast -bf ${bFrames} -g ${RATE} -force_key_frames 0.35,1.4 -pix_fmt yuv420p -f flv pipe:1`;
  const from = `-hide_banner -nostdin -loglevel error -f lavfi -i testsrc2=size=320x180:rate=${RATE}:duration=${seconds}`;
  const child = spawn('ffmpeg', `${from} ${coding}`.split(' '), { stdio: ['ignore', 'pipe', 'inherit'] });
  const reader = createFlvReader();
  const units: VideoUnit[] = [];
  let track: VideoTrack | undefined;
  child.stdout.on('data', (bytes: Buffer) =>
    reader.push(bytes, (tag) => {
      if (tag.kind !== 'video') return;
      if (tag.part === 'config') track = avcTrack(Uint8Array.from(tag.data));
      else {
        const { timestampMs, compositionMs, key, data } = tag;
        units.push({ decodeMs: timestampMs + startMs, compositionMs, key, data });
      }
    }),
  );
  await once(child, 'close');
  if (track === undefined) throw new Error('ffmpeg wrote no pictures');
  return { track, units };
}

interface Result {
  readonly tracks: readonly (VideoTrack | undefined)[];
  readonly pictures: readonly (readonly VideoUnit[])[];
  readonly errors: readonly unknown[];
}

const shownMs = ({ decodeMs, compositionMs }: VideoUnit): number => decodeMs + compositionMs;
const byTime = (units: readonly VideoUnit[]): VideoUnit[] =>
  units.toSorted((a, b) => shownMs(a) - shownMs(b));

/** All of it through one transcode, to its end. */
async function run(transcoder: Transcoder, job: TranscodeJob, units: readonly VideoUnit[]): Promise<Result> {
  const tracks: (VideoTrack | undefined)[] = job.rungs.map(() => undefined);
  const pictures: VideoUnit[][] = job.rungs.map(() => []);
  const errors: unknown[] = [];
  await new Promise<void>((resolve) => {
    const transcode = transcoder.start(job, {
      config(rung, track) {
        tracks[rung] = track;
      },
      picture(rung, unit) {
        expect(tracks[rung], 'its configuration comes first').toBeDefined();
        expect(errors, 'nothing comes after the end').toEqual([]);
        pictures[rung]?.push(unit);
      },
      ended(error) {
        errors.push(error);
        resolve();
      },
    });
    for (const unit of units) transcode.push(unit);
    transcode.finish();
  });
  return { tracks, pictures, errors };
}

/** What every transcoder must do. `make` gives a new one; real pictures go through it. */
export function transcoderSuite(name: string, make: () => Transcoder): void {
  describe(`${name} as a transcoder`, () => {
    it.each([0, 2])(
      'gives every picture of every rung at its time, key frames as the source has them, with %i reordered',
      async (bFrames) => {
        // Times of a stream that has been on air for a day.
        const { track, units } = await somePictures(2, { startMs: 86_400_000, bFrames });
        const job = { source: track, framesPerSecond: RATE, rungs: RUNGS };
        const { tracks, pictures, errors } = await run(make(), job, units);
        expect(errors).toEqual([undefined]);
        for (const [i, rung] of RUNGS.entries()) {
          expect(tracks[i]).toMatchObject({ width: rung.width, height: rung.height, format: 'avc1' });
          const wanted = byTime(units).map((unit) => [shownMs(unit), unit.key]);
          expect(byTime(pictures[i] ?? []).map((unit) => [shownMs(unit), unit.key])).toEqual(wanted);
          const decoded = (pictures[i] ?? []).map(({ decodeMs }) => decodeMs);
          expect(decoded).toEqual(decoded.toSorted((a, b) => a - b));
        }
      },
    );

    it('gives pictures while the stream goes on, not at its end alone', async () => {
      const { track, units } = await somePictures(2);
      const job = { source: track, framesPerSecond: RATE, rungs: RUNGS.slice(0, 1) };
      let came = 0;
      let enough: (() => void) | undefined;
      const half = new Promise<void>((resolve) => (enough = resolve));
      const transcode = make().start(job, {
        config: () => undefined,
        picture() {
          came += 1;
          if (came >= units.length / 2) enough?.();
        },
        ended: () => undefined,
      });
      for (const unit of units) transcode.push(unit);
      await half;
      await transcode.close();
    });

    it('stays with the bits that a rung may take', async () => {
      const { track, units } = await somePictures(4);
      const job = { source: track, framesPerSecond: RATE, rungs: RUNGS };
      const { pictures } = await run(make(), job, units);
      for (const [i, rung] of RUNGS.entries()) {
        const bytes = (pictures[i] ?? []).reduce((sum, { data }) => sum + data.length, 0);
        // The buffer of one second comes on top of what four seconds may take.
        expect(bytes * 8).toBeLessThan(rung.bitsPerSecond * 5.5);
      }
    });

    it('says why it ended when its pictures are none', async () => {
      const { track, units } = await somePictures(1);
      const job = {
        source: { ...track, config: Uint8Array.of(1, 2, 3) },
        framesPerSecond: RATE,
        rungs: RUNGS,
      };
      const broken = units.map((unit) => ({
        ...unit,
        data: Uint8Array.from(unit.data, (byte) => byte ^ 0x5a),
      }));
      const { errors } = await run(make(), job, broken);
      expect(errors).toMatchObject([{ code: expect.stringMatching(/^server\/transcoder-/) }]);
    });

    it('is silent once it is closed, and can be closed twice', async () => {
      const { track, units } = await somePictures(1);
      const heard: unknown[] = [];
      const transcode = make().start(
        { source: track, framesPerSecond: RATE, rungs: RUNGS },
        {
          config: (rung) => heard.push(rung),
          picture: (rung) => heard.push(rung),
          ended: (error) => heard.push(error),
        },
      );
      for (const unit of units) transcode.push(unit);
      const closing = transcode.close();
      heard.length = 0;
      await Promise.all([closing, transcode.close()]);
      transcode.push(units[0] as VideoUnit);
      transcode.finish();
      expect(heard).toEqual([]);
    });
  });
}
