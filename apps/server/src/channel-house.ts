import { availableParallelism } from 'node:os';
import { createScope } from '@media-network/runtime';
import type { Clock, Log, Scope } from '@media-network/runtime';
import { listenAll } from './channel-listener.ts';
import type { ChannelListener } from './channel-listener.ts';
import type { ServerConfig } from './config.ts';
import { createLiveChannel } from './live-channel.ts';
import type { LiveChannel, LiveChannelDeps } from './live-channel.ts';
import { createPreview } from './preview/preview.ts';
import type { Preview } from './preview/preview.ts';
import type { PrivateChannels } from './private/private-channels.ts';
import type { SignSegment } from './publishing/signed-segment.ts';
import { createRecorder } from './recording/recorder.ts';
import type { Recorder } from './recording/recorder.ts';
import type { RecordingFolder } from './recording/recording-folder.ts';
import { createRestreamer } from './restream/restreamer.ts';
import type { PushTarget } from './restream/targets.ts';
import { createTranscodeBudget } from './transcode/budget.ts';
import { createFfmpegTranscoder } from './transcode/ffmpeg-transcoder.ts';
import { parseLadder } from './transcode/ladder.ts';
import { createThumbnails } from './thumbnails/thumbnails.ts';
import type { Thumbnails } from './thumbnails/thumbnails.ts';
import { createTurns } from './thumbnails/turns.ts';
import type { Transcoder } from './transcode/transcoder.ts';

/** Channels that are open, each with what is kept of it: recordings, still pictures, what is sent on. */
export interface ChannelHouse {
  readonly channels: ReadonlyMap<string, LiveChannel>;
  /** By channel, where still pictures are made. */
  readonly previews: ReadonlyMap<string, Pick<Preview, 'picture'>>;
  /** By channel, where small pictures of the time bar are made. */
  readonly thumbnails: ReadonlyMap<string, Pick<Thumbnails, 'file'>>;
  /** The channel, opened where it is not; one costs nothing before it is on air. */
  open(name: string): LiveChannel;
  /** Ends a channel and forgets it, pictures and window included; recordings stay. */
  retire(name: string): Promise<void>;
  close(): Promise<void>;
}

export interface ChannelHouseDeps {
  readonly clock: Clock;
  readonly log: Log;
  readonly sign: SignSegment;
  readonly recordings: RecordingFolder;
  /** Where this server's own processes find it, once it listens. */
  readonly ownUrl: () => string;
  readonly targets?: readonly PushTarget[];
  /** Which of them only those with a link may watch; none of no such list. */
  readonly privates?: PrivateChannels;
  /** Instead of ffmpeg. */
  readonly transcoder?: Transcoder | undefined;
}

interface Resident {
  readonly channel: LiveChannel;
  readonly scope: Scope;
}

/** Whoever can go back so far wants to see where to. */
const LONG_WINDOW_S = 120;
/** A year and a day: longer than any process of a stream runs. */
const OWN_LINK_S = 366 * 86_400;

export function createChannelHouse(deps: ChannelHouseDeps, config: ServerConfig): ChannelHouse {
  const { clock, log, sign, privates } = deps;
  const residents = new Map<string, Resident>();
  const channels = new Map<string, LiveChannel>();
  const previews = new Map<string, Preview>();
  const thumbnails = new Map<string, Thumbnails>();
  const turns = createTurns();
  const transcoding = transcodingOf(config, deps);

  /** What is kept of a channel; it ends with `scope`. */
  const listen =
    (name: string, scope: Scope): LiveChannelDeps['listen'] =>
    (advise) => {
      const listeners: ChannelListener[] = [];
      let recorder: Recorder | undefined;
      if (config.record) {
        const lock = privates?.lock(name);
        const keys = lock === undefined ? undefined : (track: string) => lock(track).keys;
        const kept = createRecorder(name, { folder: deps.recordings, clock, log, advise, keys });
        recorder = kept;
        scope.add(`recording of ${name}`, () => kept.idle());
        listeners.push(kept);
      }
      const urls = (deps.targets ?? []).filter(({ channel }) => channel === name).map(({ url }) => url);
      if (urls.length > 0) {
        const source = (): string => `${deps.ownUrl()}/live/${name}/index.m3u8${ownLink(name)}`;
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
      const { thumbnailSeconds, windowSeconds } = config;
      if (thumbnailSeconds > 0 && (config.record || windowSeconds >= LONG_WINDOW_S)) {
        const made = createThumbnails(
          name,
          { clock, log, turns, keep: (...file) => recorder?.keep(...file) },
          { everyMs: thumbnailSeconds * 1_000, windowMs: windowSeconds * 1_000 },
        );
        scope.add(`thumbnails of ${name}`, () => made.close());
        thumbnails.set(name, made);
        // What it keeps last goes into a recording that has not ended.
        listeners.unshift(made);
      }
      return listenAll(listeners);
    };

  /** For this server's own processes, made as they start. */
  function ownLink(name: string): string {
    if (privates?.has(name) !== true) return '';
    return `?link=${privates.link(name, Math.floor(clock.nowMs() / 1_000) + OWN_LINK_S)}`;
  }

  async function retire(name: string): Promise<void> {
    const resident = residents.get(name);
    residents.delete(name);
    channels.delete(name);
    previews.delete(name);
    thumbnails.delete(name);
    await resident?.scope.close();
  }

  return {
    channels,
    previews,
    thumbnails,
    open(name) {
      const found = channels.get(name);
      if (found !== undefined) return found;
      const scope = createScope();
      const channel = createLiveChannel(
        { clock, log, sign, lock: privates?.lock(name), listen: listen(name, scope), ...transcoding },
        {
          name,
          segmentMs: config.segmentMs,
          partMs: config.partMs,
          windowMs: config.windowSeconds * 1_000,
          lingerMs: config.lingerSeconds * 1_000,
        },
      );
      // Ends first, so that what listens hears of it.
      scope.add(name, () => channel.close());
      residents.set(name, { channel, scope });
      channels.set(name, channel);
      return channel;
    },
    retire,
    async close() {
      await Promise.all([...residents.keys()].map((name) => retire(name)));
    },
  };
}

/** Of what a machine has, transcoding gets so much by itself: the rest is for viewers. */
const CORES_SHARE = 0.75;

/** What all channels share. */
function transcodingOf(
  { ladder, transcodeCores, transcodeWith, vaapiDevice }: ServerConfig,
  { clock, transcoder: instead }: ChannelHouseDeps,
): Pick<LiveChannelDeps, 'transcoding'> {
  const wish = parseLadder(ladder);
  if (wish === undefined || wish.kind === 'off') return {};
  const transcoder =
    instead ?? createFfmpegTranscoder(clock, { encoder: transcodeWith, device: vaapiDevice });
  const budget = createTranscodeBudget(transcodeCores ?? availableParallelism() * CORES_SHARE);
  return { transcoding: { transcoder, budget, wish } };
}
