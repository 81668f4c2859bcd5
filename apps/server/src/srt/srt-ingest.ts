import { MediaError, createScope, errorCode, errorMessage } from '@media-network/runtime';
import type { Clock, Log } from '@media-network/runtime';
import { superviseFfmpeg } from '../ffmpeg/supervised.ts';

/** Where one channel is taken in by SRT. */
export interface SrtEntrance {
  readonly channel: string;
  /** UDP. */
  readonly port: number;
}

export interface SrtIngestDeps {
  readonly clock: Clock;
  readonly log: Log;
  /** Stream key of a channel: what its encoder's passphrase must be. */
  readonly keyOf: (channel: string) => string;
  /** Where what comes goes to, as any encoder's: RTMP of this server, without the key. */
  readonly rtmpUrl: string;
}

/** Each is a process of ffmpeg that waits: protects memory. */
const MOST_ENTRANCES = 20;
/** The receiver's buffer against loss, as encoders usually have it. */
const LATENCY_US = 200_000;
/** What is looked at before it is passed on: longer than a usual distance between two key frames. */
const ANALYSE_US = 2_500_000;

/** `live=9000,stage=9001`. Throws `server/bad-srt`. */
export function srtEntrances(list: string | undefined, channels: readonly string[]): readonly SrtEntrance[] {
  const entrances = (list ?? '')
    .split(',')
    .map((each) => each.trim())
    .filter((each) => each !== '')
    .map((each) => {
      const [, channel = '', digits = ''] = /^([a-z0-9-]{1,32})=(\d{1,5})$/.exec(each) ?? [];
      const port = Number(digits);
      if (port < 1 || port > 65_535) throw bad(`"${each}" is none: write channel=port.`);
      if (!channels.includes(channel)) throw bad(`There is no channel "${channel}".`);
      return { channel, port };
    });
  if (entrances.length > MOST_ENTRANCES) throw bad(`More than ${MOST_ENTRANCES} channels by SRT.`);
  if (new Set(entrances.map(({ port }) => port)).size < entrances.length)
    throw bad('Two channels have one port.');
  return entrances;
}

/**
 * Listens for SRT: an ffmpeg a channel, which hands what comes to this server by RTMP, as it is, and is started again when its
 * encoder has gone. The passphrase is the stream key: who has it not gets no connection, and nothing of it is read. Throws
 * `server/no-ffmpeg`.
 */
export async function startSrtIngest(
  entrances: readonly SrtEntrance[],
  host: string,
  { clock, log, keyOf, rtmpUrl }: SrtIngestDeps,
): Promise<{ close(): Promise<void> }> {
  const scope = createScope();
  try {
    for (const { channel, port } of entrances) {
      const key = keyOf(channel);
      const listen = `mode=listener&passphrase=${key}&pbkeylen=16&enforced_encryption=1&latency=${LATENCY_US}`;
      const args = [
        ...`-analyzeduration ${ANALYSE_US} -f mpegts -i`.split(' '),
        `srt://${host.includes(':') ? `[${host}]` : host}:${port}?${listen}`,
        ...'-map 0:v:0? -map 0:a:0? -c copy -f flv'.split(' '),
        `${rtmpUrl}/${key}`,
      ];
      const name = `${channel} by SRT`;
      const listener = await superviseFfmpeg(args, { clock, log, name, secrets: [key] });
      scope.add(name, () => listener.close());
    }
  } catch (error) {
    log.error({ code: errorCode(error), reason: errorMessage(error) }, 'no SRT');
    return scope.fail(error);
  }
  return { close: () => scope.close() };
}

const bad = (message: string): MediaError =>
  new MediaError({ code: 'server/bad-srt', message, hint: 'Check --srt.', source: 'client' });
