import { mkdir, readFile } from 'node:fs/promises';
import { availableParallelism } from 'node:os';
import { join } from 'node:path';
import { createRtmpServer } from '@media-network/rtmp';
import type { Admission, Publisher, RtmpServer } from '@media-network/rtmp';
import { MediaError, createLog, createScope, systemClock } from '@media-network/runtime';
import type { Clock, Log } from '@media-network/runtime';
import type { ServerConfig } from './config.ts';
import { listenAll } from './channel-listener.ts';
import type { ChannelListener } from './channel-listener.ts';
import { startHttpServer } from './http/http-server.ts';
import { readPages } from './http/pages.ts';
import { createLiveChannel } from './live-channel.ts';
import type { ChannelStatus, LiveChannel, LiveChannelDeps } from './live-channel.ts';
import { createPreview } from './preview/preview.ts';
import type { Preview } from './preview/preview.ts';
import { createRecorder } from './recording/recorder.ts';
import { openPublisherKey } from './publishing/publisher-key.ts';
import { createSegmentSigner } from './publishing/signed-segment.ts';
import { openRecordingFolder } from './recording/recording-folder.ts';
import { createRestreamer } from './restream/restreamer.ts';
import { pushTargets } from './restream/targets.ts';
import { channelNames, openStreamKeys } from './stream-keys.ts';
import type { StreamKeys } from './stream-keys.ts';
import { createTranscodeBudget } from './transcode/budget.ts';
import { createFfmpegTranscoder } from './transcode/ffmpeg-transcoder.ts';
import { parseLadder } from './transcode/ladder.ts';
import type { Transcoder } from './transcode/transcoder.ts';

/** A running media server: encoders in by RTMP, viewers out by HLS. */
export interface MediaServer {
  /** Of playlists, segments and the player. */
  readonly url: string;
  /** Where encoders send to, without the key. */
  readonly rtmpUrl: string;
  readonly rtmpsUrl: string | undefined;
  /** Address of the key that signs segments. */
  readonly publisher: string;
  /** With the key of each channel, for whoever owns the machine. */
  readonly channels: readonly { readonly name: string; readonly key: string }[];
  status(): readonly ChannelStatus[];
  close(): Promise<void>;
}

export interface ServerOverrides {
  readonly clock?: Clock;
  readonly log?: Log;
  /** Instead of ffmpeg. */
  readonly transcoder?: Transcoder;
}

/** Throws `server/bad-channel`, `server/bad-keys`, `server/bad-publisher-key`, `server/bad-push`, `server/bad-tls`, and what listening does. */
export async function createMediaServer(
  config: ServerConfig,
  overrides: ServerOverrides = {},
): Promise<MediaServer> {
  const clock = overrides.clock ?? systemClock;
  const log = overrides.log ?? createLog('server', { level: config.logLevel });
  const scope = createScope();
  try {
    await mkdir(config.dir, { recursive: true, mode: 0o700 });
    const keys = await openStreamKeys(config.dir, channelNames(config.channels));
    const publisher = await openPublisherKey(config.dir, config.publisherKey);
    const sign = createSegmentSigner(publisher);
    const recordings = await openRecordingFolder(join(config.dir, 'recordings'), {
      maxBytes: config.recordBytes,
      log,
    });
    const targets = pushTargets(config.push, keys.channels);
    /** Where this server's own processes find it; it listens before anything is on air. */
    let ownUrl = '';
    const previews = new Map<string, Preview>();
    const listen =
      (name: string): LiveChannelDeps['listen'] =>
      (advise) => {
        const listeners: ChannelListener[] = [];
        if (config.record) {
          const recorder = createRecorder(name, { folder: recordings, clock, log, advise });
          scope.add(`recording of ${name}`, () => recorder.idle());
          listeners.push(recorder);
        }
        const urls = targets.filter(({ channel }) => channel === name).map(({ url }) => url);
        if (urls.length > 0) {
          const source = (): string => `${ownUrl}/live/${name}/index.m3u8`;
          const restreamer = createRestreamer(name, urls, { clock, log, advise, source });
          scope.add(`${name} sent on`, () => restreamer.close());
          listeners.push(restreamer);
        }
        if (config.previewSeconds > 0) {
          const preview = createPreview(name, { clock, log }, { everyMs: config.previewSeconds * 1_000 });
          scope.add(`preview of ${name}`, () => preview.close());
          previews.set(name, preview);
          listeners.push(preview);
        }
        return listenAll(listeners);
      };
    const transcoding = transcodingOf(config, clock, overrides);
    const channels = new Map(
      keys.channels.map((name) => {
        const deps = { clock, log, sign, listen: listen(name), ...transcoding };
        return [name, openChannel(name, config, deps)];
      }),
    );
    for (const [name, channel] of channels) scope.add(name, () => channel.close());
    const pages = readPages();
    const http = await startHttpServer(
      { channels, previews, recordings, pages, publisher: publisher.address, log },
      config,
    );
    scope.add('http', () => http.close());
    ownUrl = `http://${config.host === '0.0.0.0' ? '127.0.0.1' : config.host}:${http.port}`;
    const admit = async (publisher: Publisher): Promise<Admission> => admission(publisher, keys, channels);
    const { host } = config;
    const rtmp = await createRtmpServer({ log, admit }, { host, port: config.rtmpPort });
    scope.add('rtmp', () => rtmp.close());
    const rtmps = await startRtmps(config, { log, admit });
    if (rtmps !== undefined) scope.add('rtmps', () => rtmps.close());
    return {
      url: `http://${host}:${http.port}`,
      rtmpUrl: `rtmp://${host}:${rtmp.port}/live`,
      rtmpsUrl: rtmps === undefined ? undefined : `rtmps://${host}:${rtmps.port}/live`,
      publisher: publisher.address,
      channels: keys.channels.map((name) => ({ name, key: keys.keyOf(name) ?? '' })),
      status: () => [...channels.values()].map(({ status }) => status),
      close: () => scope.close(),
    };
  } catch (error) {
    return scope.fail(error);
  }
}

/** Of what a machine has, transcoding gets so much by itself: the rest is for viewers. */
const CORES_SHARE = 0.75;

/** What all channels share. */
function transcodingOf(
  { ladder, transcodeCores, transcodeWith, vaapiDevice }: ServerConfig,
  clock: Clock,
  overrides: ServerOverrides,
): Pick<LiveChannelDeps, 'transcoding'> {
  const wish = parseLadder(ladder);
  if (wish === undefined || wish.kind === 'off') return {};
  const transcoder =
    overrides.transcoder ?? createFfmpegTranscoder(clock, { encoder: transcodeWith, device: vaapiDevice });
  const budget = createTranscodeBudget(transcodeCores ?? availableParallelism() * CORES_SHARE);
  return { transcoding: { transcoder, budget, wish } };
}

const openChannel = (name: string, config: ServerConfig, deps: LiveChannelDeps): LiveChannel =>
  createLiveChannel(deps, {
    name,
    segmentMs: config.segmentMs,
    partMs: config.partMs,
    windowMs: config.windowSeconds * 1_000,
    lingerMs: config.lingerSeconds * 1_000,
  });

function admission(
  publisher: Publisher,
  keys: StreamKeys,
  channels: ReadonlyMap<string, LiveChannel>,
): Admission {
  const name = keys.channelOf(publisher.key);
  const channel = name === undefined ? undefined : channels.get(name);
  if (channel === undefined) return { kind: 'refused', description: 'Unknown stream key.' };
  return { kind: 'accepted', sink: channel.publish(publisher) };
}

async function startRtmps(
  { host, rtmpsPort, tlsCert, tlsKey }: ServerConfig,
  deps: Parameters<typeof createRtmpServer>[0],
): Promise<RtmpServer | undefined> {
  if (rtmpsPort === undefined) return undefined;
  if (tlsCert === undefined || tlsKey === undefined) {
    throw new MediaError({
      code: 'server/bad-tls',
      message: 'RTMPS needs a certificate: name its files with --tls-cert and --tls-key.',
      source: 'client',
    });
  }
  const [cert, key] = await Promise.all([readFile(tlsCert, 'utf8'), readFile(tlsKey, 'utf8')]).catch(
    (error: unknown) => {
      throw new MediaError({
        code: 'server/bad-tls',
        message: 'The certificate of RTMPS or its key cannot be read.',
        hint: 'Check --tls-cert and --tls-key.',
        source: 'client',
        cause: error,
      });
    },
  );
  return createRtmpServer(deps, { host, port: rtmpsPort, tls: { cert, key } });
}
