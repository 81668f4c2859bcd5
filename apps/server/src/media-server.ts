import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import type { Admission, Publisher } from '@media-network/rtmp';
import { createLog, createScope, systemClock } from '@media-network/runtime';
import type { Clock, Log } from '@media-network/runtime';
import { createChannelHouse } from './channel-house.ts';
import type { ServerConfig } from './config.ts';
import { createGate } from './http/gate.ts';
import { startHttpServer } from './http/http-server.ts';
import { parseEmbed, parsePublicUrls } from './http/embedding.ts';
import { readPages, readPlayerPage } from './http/pages.ts';
import { createPlayerPages } from './http/player-pages.ts';
import { startIngest } from './ingest.ts';
import type { ChannelStatus, LiveChannel } from './live-channel.ts';
import { openPrivateChannels } from './private/private-channels.ts';
import { openPublisherKey } from './publishing/publisher-key.ts';
import { createSegmentSigner } from './publishing/signed-segment.ts';
import { openRecordingFolder } from './recording/recording-folder.ts';
import { pushTargets, requireReadable } from './restream/targets.ts';
import { srtEntrances, startSrtIngest } from './srt/srt-ingest.ts';
import { channelNames, namedChannels, openStreamKeys } from './stream-keys.ts';
import type { StreamKeys } from './stream-keys.ts';
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
  readonly channels: readonly {
    readonly name: string;
    readonly key: string;
    /** Only those with a link may watch it. */
    readonly isPrivate: boolean;
  }[];
  /** A link to a private channel that is good until then, Unix seconds: what follows `?link=`. */
  link(channel: string, untilS: number): string | undefined;
  status(): readonly ChannelStatus[];
  close(): Promise<void>;
}

export interface ServerOverrides {
  readonly clock?: Clock;
  readonly log?: Log;
  /** Instead of ffmpeg. */
  readonly transcoder?: Transcoder;
}

/** Throws `server/bad-channel`, `server/bad-keys`, `server/bad-private-channels`, `server/bad-publisher-key`, `server/bad-push`, `server/bad-srt`, `server/no-ffmpeg`, `server/bad-tls`, and what listening does. */
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
    const privates = await openPrivateChannels(config.dir, {
      channels: namedChannels(config.private, keys.channels),
      encryption: config.encryption,
      keySegments: config.keySegments,
    });
    const publisher = await openPublisherKey(config.dir, config.publisherKey);
    const sign = createSegmentSigner(publisher);
    const recordings = await openRecordingFolder(join(config.dir, 'recordings'), {
      maxBytes: config.recordBytes,
      log,
    });
    const entrances = srtEntrances(config.srt, keys.channels);
    const targets = pushTargets(config.push, keys.channels);
    if (config.encryption === 'sample-aes') requireReadable(targets, privates);
    /** Where this server's own processes find it; it listens before anything is on air. */
    let ownUrl = '';
    const house = createChannelHouse(
      {
        clock,
        log,
        sign,
        recordings,
        targets,
        privates,
        ownUrl: () => ownUrl,
        transcoder: overrides.transcoder,
      },
      config,
    );
    scope.add('channels', () => house.close());
    for (const name of keys.channels) house.open(name);
    const { channels, previews, thumbnails } = house;
    const pages = readPages();
    const publicUrls = parsePublicUrls(config.publicUrl) ?? [];
    const player = createPlayerPages(readPlayerPage(), {
      publicUrl: publicUrls[0],
      embed: parseEmbed(config.embed) ?? { kind: 'off' },
    });
    const gate = createGate(privates, () => clock.nowMs());
    const http = await startHttpServer(
      {
        channels,
        previews,
        thumbnails,
        recordings,
        pages,
        player,
        publicUrls,
        publisher: publisher.address,
        gate,
        log,
      },
      config,
    );
    scope.add('http', () => http.close());
    const { host } = config;
    ownUrl = `http://${host === '0.0.0.0' ? '127.0.0.1' : host}:${http.port}`;
    const admit = async (publisher: Publisher): Promise<Admission> => admission(publisher, keys, channels);
    const ingest = await startIngest({ log, admit }, config);
    scope.add('ingest', () => ingest.close());
    const srt = await startSrtIngest(entrances, host, {
      clock,
      log,
      keyOf: (channel) => keys.keyOf(channel) ?? '',
      rtmpUrl: ingest.rtmpUrl.replace('//0.0.0.0:', '//127.0.0.1:'),
    });
    scope.add('srt', () => srt.close());
    return {
      url: `http://${host}:${http.port}`,
      rtmpUrl: ingest.rtmpUrl,
      rtmpsUrl: ingest.rtmpsUrl,
      publisher: publisher.address,
      channels: keys.channels.map((name) => ({
        name,
        key: keys.keyOf(name) ?? '',
        isPrivate: privates.has(name),
      })),
      link: (channel, untilS) => privates.link(channel, untilS),
      status: () => [...channels.values()].map(({ status }) => status),
      close: () => scope.close(),
    };
  } catch (error) {
    return scope.fail(error);
  }
}

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
