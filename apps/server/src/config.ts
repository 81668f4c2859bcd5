import {
  COMMON_OPTIONS,
  configOptions,
  flagOption,
  parseConfig,
  portOption,
  sizeOption,
  textOption,
  wholeOption,
} from '@media-network/runtime/daemon';
import type { ConfigOption, ConfigSources, LogLevel, WantedPort } from '@media-network/runtime/daemon';
import { z } from 'zod';
import { parseEmbed, parsePublicUrls } from './http/embedding.ts';
import { parseLadder } from './transcode/ladder.ts';

const SHAPE = {
  host: textOption.default('127.0.0.1').describe('Address that encoders and viewers come to.'),
  port: portOption
    .default(8070)
    .describe('Port of playlists, segments and the player (HTTP). 0 takes a free one.'),
  rtmpPort: portOption.default(1935).describe('Port that encoders send to (RTMP). 0 takes a free one.'),
  rtmpsPort: portOption.optional().describe('Port of RTMPS; needs --tls-cert and --tls-key.'),
  srt: textOption
    .optional()
    .describe(
      'Channels that are taken in by SRT, too, each at a UDP port of its own, by ffmpeg: live=9000,stage=9001. The passphrase is the stream key.',
    ),
  tlsCert: textOption.optional().describe('Certificate chain of RTMPS, a PEM file.'),
  tlsKey: textOption.optional().describe('Its key, a PEM file.'),
  dir: textOption.default('.medianet/server').describe('Folder of the channels and their stream keys.'),
  channels: textOption
    .default('live')
    .describe('Names of the channels, separated by commas; each gets a stream key of its own.'),
  private: textOption
    .optional()
    .describe(
      'Channels that only those with a link may watch, separated by commas; they are encrypted. Links: media server link.',
    ),
  encryption: z
    .enum(['aes-128', 'sample-aes'])
    .default('aes-128')
    .describe(
      'How private channels are encrypted: aes-128 (every player, no low latency) or sample-aes (cbcs, with low latency; hls.js does not play it).',
    ),
  keySegments: wholeOption(1, 100_000)
    .default(30)
    .describe('Segments of a private channel that have the same key; the next ones get another.'),
  segmentMs: wholeOption(1_000, 10_000)
    .default(2_000)
    .describe('Milliseconds that a segment is to last; it ends at the first key frame after that.'),
  partMs: wholeOption(100, 2_000)
    .default(400)
    .describe(
      'Milliseconds that a part lasts at most (low latency); a third of it is what players stay behind.',
    ),
  windowSeconds: wholeOption(10, 14_400)
    .default(60)
    .describe('Seconds of a stream that viewers can go back. Kept in memory.'),
  lingerSeconds: wholeOption(1, 3_600)
    .default(30)
    .describe('Seconds that a channel waits for an encoder that was lost before its stream ends.'),
  ladder: textOption
    .refine((text) => parseLadder(text) !== undefined, 'is auto, off, or heights with commas: 720,480')
    .default('auto')
    .describe(
      'Qualities below the source, made by ffmpeg: auto (as many as the machine carries), off, or heights: 720,480.',
    ),
  transcodeCores: z.coerce
    .number()
    .min(0.1)
    .max(1_024)
    .optional()
    .describe(
      'Processors that transcoding may take, over all channels (default: three quarters of what there is).',
    ),
  transcodeWith: z
    .enum(['x264', 'vaapi', 'nvenc'])
    .default('x264')
    .describe('What encodes: the processor (x264), or video hardware by VA-API or NVENC.'),
  vaapiDevice: textOption.default('/dev/dri/renderD128').describe('Device of VA-API.'),
  push: textOption
    .optional()
    .describe(
      'Other servers that channels are sent on to: live=rtmp://host/application/key, separated by commas.',
    ),
  publisherKey: textOption
    .optional()
    .describe('Keypair that signs segments, a file as of Solana (default: one of its own, made once).'),
  record: flagOption.default(false).describe('Whether streams are kept on disk, to be watched later.'),
  recordBytes: sizeOption
    .default(10 * 2 ** 30)
    .describe('Ceiling of all recordings together; the oldest go first.'),
  previewSeconds: wholeOption(0, 3_600)
    .default(20)
    .describe('Seconds between still pictures of what is on air, made by ffmpeg; 0 makes none.'),
  publicUrl: textOption
    .refine((text) => parsePublicUrls(text) !== undefined, 'is addresses with commas: https://live.example')
    .optional()
    .describe(
      'Addresses that viewers come to, with commas; pages tell them to sites that embed a channel (oEmbed).',
    ),
  embed: textOption
    .refine((text) => parseEmbed(text) !== undefined, 'is *, off, or addresses: https://blog.example')
    .default('*')
    .describe(
      'Whose pages may show the player (/embed/CHANNEL): * (all), off (nobody), or addresses with commas.',
    ),
  thumbnailSeconds: wholeOption(0, 3_600)
    .default(10)
    .describe(
      'Seconds between the small pictures of the time bar, of recordings and of windows of two minutes and more; 0 makes none.',
    ),
  logLevel: COMMON_OPTIONS.logLevel,
} as const;

const SCHEMA: z.ZodType<ServerConfig> = z.strictObject(SHAPE);

/** What a media server is told. Built by `parseServerConfig`; times in the unit of their name. The schema above says what each means. */
export interface ServerConfig {
  readonly host: string;
  readonly port: number;
  readonly rtmpPort: number;
  readonly rtmpsPort?: number | undefined;
  readonly srt?: string | undefined;
  readonly tlsCert?: string | undefined;
  readonly tlsKey?: string | undefined;
  readonly dir: string;
  readonly channels: string;
  readonly private?: string | undefined;
  readonly encryption: 'aes-128' | 'sample-aes';
  readonly keySegments: number;
  readonly segmentMs: number;
  readonly partMs: number;
  readonly windowSeconds: number;
  readonly lingerSeconds: number;
  readonly ladder: string;
  readonly transcodeCores?: number | undefined;
  readonly transcodeWith: 'x264' | 'vaapi' | 'nvenc';
  readonly vaapiDevice: string;
  readonly push?: string | undefined;
  readonly publisherKey?: string | undefined;
  readonly record: boolean;
  readonly recordBytes: number;
  readonly previewSeconds: number;
  readonly publicUrl?: string | undefined;
  readonly embed: string;
  readonly thumbnailSeconds: number;
  readonly logLevel: LogLevel;
}

export type ServerOption = ConfigOption<keyof ServerConfig>;

/** Every option, in the order of the help text. */
export const serverOptions: readonly ServerOption[] = configOptions<keyof ServerConfig>('server', SHAPE);

/** Where a media server listens, with the option that moves it. */
export function serverPorts({ host, port, rtmpPort, rtmpsPort }: ServerConfig): readonly WantedPort[] {
  const http = { inUse: 'server/port-in-use', failed: 'server/cannot-listen' };
  const rtmp = { inUse: 'rtmp/port-in-use', failed: 'rtmp/cannot-listen' };
  return [
    { host, port, flag: '--port', codes: http },
    { host, port: rtmpPort, flag: '--rtmp-port', codes: rtmp },
    ...(rtmpsPort === undefined ? [] : [{ host, port: rtmpsPort, flag: '--rtmps-port', codes: rtmp }]),
  ];
}

/** Flags > environment > file > defaults. Throws `config/unreadable`, `config/invalid`. */
export function parseServerConfig(sources: ConfigSources = {}): ServerConfig {
  return parseConfig('server', SCHEMA, serverOptions, sources);
}
