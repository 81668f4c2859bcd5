import { spawn } from 'node:child_process';
import type { Readable } from 'node:stream';
import { avcTrack, fragment, initSegment } from '@media-network/hls';
import type { VideoUnit } from '@media-network/hls';
import { createFlvReader } from '@media-network/rtmp';
import { MediaError, errorMessage } from '@media-network/runtime';
import type { Clock } from '@media-network/runtime';
import { FIRST_PIPE, ffmpegArgs } from './ffmpeg-args.ts';
import type { Encoder } from './ffmpeg-args.ts';
import type { Transcode, TranscodeJob, TranscodeSink, Transcoder } from './transcoder.ts';

export interface FfmpegTranscoderOptions {
  readonly encoder: Encoder;
  /** Of VA-API. */
  readonly device: string;
  /** Pictures go in and none comes out for so long: it hangs, and is ended. */
  readonly stuckMs?: number;
  readonly command?: string;
}

/** Pictures that ffmpeg has not read: beyond, it is slower than the stream. */
const MOST_UNREAD_BYTES = 8 * 2 ** 20;
const STUCK_MS = 10_000;
/** What it says is kept to its end. */
const MOST_TEXT = 1_000;
/** Processors that a million pixels a second take, measured on two virtual cores: to read, and to write by x264 veryfast. */
const COST = { read: 0.005, write: 0.015 } as const;
/** Of what is written, what stays with the processor where hardware encodes. */
const HARDWARE_SHARE = 0.1;

/** Transcodes by an ffmpeg process a stretch. */
export function createFfmpegTranscoder(clock: Clock, options: FfmpegTranscoderOptions): Transcoder {
  const { encoder } = options;
  return {
    name: `ffmpeg, ${encoder}`,
    cost({ source, framesPerSecond, rungs }) {
      const million = (width: number, height: number): number => (width * height * framesPerSecond) / 1e6;
      const written = rungs.reduce((sum, { width, height }) => sum + million(width, height), 0);
      const share = encoder === 'x264' ? 1 : HARDWARE_SHARE;
      return million(source.width, source.height) * COST.read + written * COST.write * share;
    },
    start: (job, sink) => startFfmpeg(job, sink, clock, options),
  };
}

function startFfmpeg(
  job: TranscodeJob,
  sink: TranscodeSink,
  clock: Clock,
  { encoder, device, command = 'ffmpeg', stuckMs = STUCK_MS }: FfmpegTranscoderOptions,
): Transcode {
  const child = spawn(command, ffmpegArgs(job, encoder, device), {
    stdio: ['pipe', 'ignore', 'pipe', ...job.rungs.map(() => 'pipe' as const)],
  });
  const stopping = new AbortController();
  let said = '';
  let failure: unknown;
  let isFinishing = false;
  let isOver = false;
  let sequence = 0;
  let before: VideoUnit | undefined;
  /** Pictures since the last that came. */
  let waiting = 0;
  /** When something came last, or there was nothing to wait for. */
  let sinceMs = clock.nowMs();

  const stop = (code: string, message: string): void => {
    failure ??= new MediaError({ code, message, source: 'internal' });
    child.kill('SIGKILL');
  };

  function read(index: number): void {
    // Spawned as a pipe above.
    const pipe = child.stdio[FIRST_PIPE + index] as Readable;
    const flv = createFlvReader();
    pipe.on('error', () => undefined);
    pipe.on('data', (bytes: Buffer) => {
      if (isOver) return;
      try {
        flv.push(bytes, (tag) => {
          if (tag.kind !== 'video') return;
          if (tag.part === 'config') {
            sink.config(index, avcTrack(Uint8Array.from(tag.data)));
            return;
          }
          waiting = 0;
          sinceMs = clock.nowMs();
          const { timestampMs: decodeMs, compositionMs, key, data } = tag;
          sink.picture(index, { decodeMs, compositionMs, key, data });
        });
      } catch (error) {
        stop('server/transcoder-failed', `What ffmpeg writes cannot be read: ${errorMessage(error)}.`);
      }
    });
  }

  async function watch(): Promise<void> {
    while (!stopping.signal.aborted) {
      // Encoders may hold some back.
      const isWaiting = waiting > job.framesPerSecond;
      if (!isWaiting) sinceMs = clock.nowMs();
      const leftMs = sinceMs + stuckMs - clock.nowMs();
      if (isWaiting && leftMs <= 0) {
        stop('server/transcoder-stuck', `ffmpeg gave nothing for ${stuckMs / 1_000} s.`);
        return;
      }
      await clock.sleep(Math.max(leftMs, 10), stopping.signal);
    }
  }

  const closed = new Promise<void>((resolve) => {
    const end = (error: unknown): void => {
      if (!isOver) {
        isOver = true;
        stopping.abort();
        sink.ended(error);
      }
      resolve();
    };
    child.once('error', (error) =>
      end(
        new MediaError({
          code: 'server/no-ffmpeg',
          message: `ffmpeg cannot be started: ${errorMessage(error)}.`,
          source: 'client',
          cause: error,
        }),
      ),
    );
    child.once('close', (code, signal) => {
      if (isFinishing && code === 0 && failure === undefined) {
        end(undefined);
        return;
      }
      const why = said.trim() === '' ? `code ${code ?? signal}` : said.trim();
      end(
        failure ??
          new MediaError({
            code: 'server/transcoder-failed',
            message: `ffmpeg has ended: ${why}.`,
            source: 'internal',
          }),
      );
    });
  });
  child.stderr?.on('data', (part: Buffer) => {
    said = (said + part.toString('utf8')).slice(-MOST_TEXT);
  });
  // A pipe to a process that has ended: its end says so.
  child.stdin?.on('error', () => undefined);
  for (const index of job.rungs.keys()) read(index);
  child.stdin?.write(initSegment(job.source));
  void watch();

  return {
    push(unit) {
      const { stdin } = child;
      if (isOver || isFinishing || stdin === null || stdin.destroyed) return;
      if (stdin.writableLength > MOST_UNREAD_BYTES) {
        stop('server/transcoder-behind', 'ffmpeg is slower than the stream.');
        return;
      }
      const ticks = job.source.timescale / 1_000;
      // What it lasts is known with the next one; until then it lasts as long as the one before.
      const durationMs = before === undefined ? 1_000 / job.framesPerSecond : unit.decodeMs - before.decodeMs;
      before = unit;
      sequence += 1;
      waiting += 1;
      const sample = {
        duration: Math.max(1, Math.round(durationMs * ticks)),
        compositionOffset: unit.compositionMs * ticks,
        key: unit.key,
        data: unit.data,
      };
      stdin.write(fragment(sequence, Math.round(unit.decodeMs * ticks), [sample]));
    },
    finish() {
      isFinishing = true;
      child.stdin?.end();
    },
    async close() {
      isOver = true;
      stopping.abort();
      child.kill('SIGKILL');
      await closed;
    },
  };
}
