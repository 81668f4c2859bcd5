import type { TranscodeJob } from './transcoder.ts';
import type { Rung } from './ladder.ts';

/** What encodes: the processor, or the machine's video hardware. */
export type Encoder = 'x264' | 'vaapi' | 'nvenc';

/** More pixels a second than that, and one processor is not enough for a rung. */
const TWO_THREADS_PIXELS = 40_000_000;
/** No key frame but where the source has one. */
const NEVER = '1000000';

/** Pipes of the results: the first is the one after the three that every process has. */
export const FIRST_PIPE = 3;

const size = ({ width, height }: Rung): string => `${width}:${height}`;

/**
 * ffmpeg's arguments: pictures in as fragmented MP4 at its standard input, each rung out as FLV on a pipe of its own. Times are
 * passed on to the millisecond (`-copyts`, and no clock of the encoder's own), one picture comes out for each that goes in.
 */
export function ffmpegArgs(job: TranscodeJob, encoder: Encoder, device: string): readonly string[] {
  const { rungs } = job;
  const scale = (rung: Rung): string =>
    encoder === 'vaapi'
      ? `scale_vaapi=${size(rung)}:format=nv12`
      : `scale=${size(rung)}:flags=bicubic,format=yuv420p`;
  const outputs = rungs.map((_, i) => `[s${i}]`).join('');
  const graph = [
    `[0:v]${encoder === 'vaapi' ? 'format=nv12,hwupload,' : ''}split=${rungs.length}${outputs}`,
    ...rungs.map((rung, i) => `[s${i}]${scale(rung)}[r${i}]`),
  ].join(';');
  return [
    ...'-hide_banner -nostdin -loglevel error'.split(' '),
    ...(encoder === 'vaapi' ? ['-vaapi_device', device] : []),
    // What the container says is all there is to know: nothing is held back to find out more.
    ...'-copyts -threads 1 -analyzeduration 0 -fpsprobesize 0 -f mp4 -i pipe:0'.split(' '),
    '-filter_complex',
    graph,
    ...rungs.flatMap((rung, i) => output(job, rung, i, encoder)),
  ];
}

function output({ framesPerSecond }: TranscodeJob, rung: Rung, index: number, encoder: Encoder): string[] {
  const bits = rung.bitsPerSecond;
  const threads = rung.width * rung.height * framesPerSecond > TWO_THREADS_PIXELS ? '2' : '1';
  return [
    '-map',
    `[r${index}]`,
    ...`-fps_mode passthrough -enc_time_base -1 -force_key_frames source -forced-idr 1 -g ${NEVER} -bf 0`.split(
      ' ',
    ),
    ...CODING[encoder].split(' '),
    ...(encoder === 'x264' ? ['-threads', threads] : []),
    ...`-b:v ${bits} -maxrate ${bits} -bufsize ${bits}`.split(' '),
    ...`-flvflags no_duration_filesize -flush_packets 1 -f flv pipe:${FIRST_PIPE + index}`.split(' '),
  ];
}

const CODING: Readonly<Record<Encoder, string>> = {
  x264: '-c:v libx264 -preset veryfast -tune zerolatency -profile:v main -sc_threshold 0',
  vaapi: '-c:v h264_vaapi -profile:v main -rc_mode VBR',
  nvenc: '-c:v h264_nvenc -preset p3 -tune ull -zerolatency 1 -profile:v main -no-scenecut 1',
};
