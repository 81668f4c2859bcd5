import { aacTrack, av1Sample, av1Track, avcTrack, createPackager, hevcTrack } from '@media-network/hls';
import type {
  AudioTrack,
  Media,
  Packager,
  PackagerEvent,
  Segment,
  StretchStart,
  VideoTrack,
} from '@media-network/hls';
import type { MediaTag, PublishSink, Publisher } from '@media-network/rtmp';
import { MediaError, errorCode, errorMessage } from '@media-network/runtime';
import type { Clock, Log } from '@media-network/runtime';
import { createAdvice } from './advice.ts';
import type { ChannelListener, Init } from './channel-listener.ts';
import { createChannelReader } from './channel-reader.ts';
import type { ChannelReader } from './channel-reader.ts';
import { renderMpd, renderMultivariant } from './live-playlists.ts';
import type { StreamFacts, TrackFacts } from './live-playlists.ts';
import type { SignSegment } from './publishing/signed-segment.ts';
import type { TrackLock } from './private/track-lock.ts';
import { createTimeline } from './timeline.ts';
import type { Timeline } from './timeline.ts';
import { createTrackWindow } from './track-window.ts';
import type { TrackWindow } from './track-window.ts';
import { createRungs } from './transcode/rungs.ts';
import type { RungStatus, Rungs, RungsDeps, RungsOptions } from './transcode/rungs.ts';
import { createWaitingRoom } from './waiting-room.ts';

export interface LiveChannelDeps {
  readonly clock: Clock;
  readonly log: Log;
  /** As the publisher. */
  readonly sign: SignSegment;
  /** Encrypts its tracks, where only some may watch it. */
  readonly lock?: ((track: string) => TrackLock) | undefined;
  /** Keeps what is told of the channel. */
  readonly listen?: ((advise: (sentence: string) => void) => ChannelListener) | undefined;
  /** Makes other qualities of it. */
  readonly transcoding?: Pick<RungsDeps, 'transcoder' | 'budget'> & Pick<RungsOptions, 'wish'>;
}

export interface LiveChannelOptions {
  readonly name: string;
  readonly segmentMs: number;
  readonly partMs: number;
  readonly windowMs: number;
  readonly lingerMs: number;
}

export interface ChannelStatus {
  readonly name: string;
  readonly state: 'off' | 'live' | 'waiting' | 'ended';
  /** Unix milliseconds; since when it is live. */
  readonly sinceMs: number | undefined;
  readonly video: { readonly codecs: string; readonly width: number; readonly height: number } | undefined;
  readonly audio: { readonly codecs: string; readonly channels: number } | undefined;
  readonly bitsPerSecond: number;
  /** Qualities below the source's own, the largest first. */
  readonly rungs: readonly RungStatus[];
  /** For the streamer, in words. */
  readonly advice: readonly string[];
}

/** One channel: what its encoder sends, as playlists, segments and parts of the last minutes. Kept in memory. */
export interface LiveChannel extends ChannelReader {
  readonly status: ChannelStatus;
  /** Somebody who has the key publishes; whoever published before is sent away. */
  publish(publisher: Publisher): PublishSink;
  /** Undefined before the first segment of each quality has ended, or has taken too long. */
  multivariant(): string | undefined;
  /** The same for players of DASH; undefined as long as that is. */
  mpd(): string | undefined;
  close(): Promise<void>;
}

/** Players that wait for something to come, in all: protects memory. */
const MOST_WAITING = 20_000;
/** Above all that a stream begins with. */
const MOST_DISCONTINUITIES = 1_000;
/** Players read the list of qualities once: it waits for so long for those that are to come. */
const RUNGS_MS = 4_000;
/** What a stream has that does not say. */
const USUAL_RATE = 30;
const MOST_RATE = 240;

const MEDIA = ['video', 'audio'] as const;
const TRACKS = { avc: avcTrack, hevc: hevcTrack, av1: av1Track } as const;

/** One stretch of a stream with the same tracks and one timeline. */
interface Stretch {
  readonly packager: Packager;
  readonly start: StretchStart;
}

export function createLiveChannel(
  { clock, log, sign, lock, listen, transcoding }: LiveChannelDeps,
  options: LiveChannelOptions,
): LiveChannel {
  const { name, segmentMs, partMs, windowMs, lingerMs } = options;
  /**
   * Sequence numbers begin with the second: segments last longer than one, so that after a restart no number comes twice, and
   * what caches and players know of the stream stays true.
   */
  const first = Math.floor(clock.nowMs() / 1_000);
  // After a restart another number of discontinuities than before it, so that players notice one; and a small one, for players count up to it.
  const window = {
    channel: name,
    sign,
    windowMs,
    first,
    discontinuities: first % MOST_DISCONTINUITIES,
    lock,
  };
  const windows: Readonly<Record<Media, TrackWindow>> = {
    video: createTrackWindow('video', window),
    audio: createTrackWindow('audio', window),
  };
  const advice = createAdvice();
  const listener = listen?.((sentence) => advice.say(sentence));
  let state: ChannelStatus['state'] = 'off';
  let sinceMs: number | undefined;
  /** Somebody has begun to publish, and has not said what yet. */
  let isNew = false;
  let configs: { readonly video?: VideoTrack; readonly audio?: AudioTrack } = {};
  let stretch: Stretch | undefined;
  let current: Publisher | undefined;
  let targetDuration = Math.max(1, Math.round(segmentMs / 1_000));
  let forcedCuts = false;
  /** Set when the first segment has ended: it never changes from then on. */
  let mostMs: number | undefined;
  let lastFrameMs = 0;
  let frames = 0;
  /** Frames a second, by the encoder's own account. */
  let toldRate: number | undefined;
  /** When the first segment of the stretch under way ended. */
  let firstCutMs: number | undefined;
  let lingering: AbortController | undefined;

  const isOver = (): boolean => state === 'ended' || state === 'off';
  const room = createWaitingRoom({ clock, isOver }, MOST_WAITING);
  const rungs: Rungs | undefined =
    transcoding === undefined
      ? undefined
      : createRungs(
          {
            ...transcoding,
            clock,
            log,
            advise: (sentence) => advice.say(sentence),
            wake: () => room.wakeAll(),
          },
          { channel: name, wish: transcoding.wish, partMs, windowMs, sign, lock },
        );

  /** Tracks that the stream under way has, or has had last. */
  const present = (media: Media): boolean => configs[media] !== undefined;

  function take(events: readonly PackagerEvent[]): void {
    for (const event of events) {
      if (event.kind === 'part') {
        windows[event.part.media].part(event.part);
        continue;
      }
      if (stretch === undefined) continue;
      forcedCuts ||= event.forced;
      mostMs ??= stretch.packager.mostMs;
      targetDuration = Math.floor(mostMs / 1_000);
      const { start } = stretch;
      const atMs = start.startedMs + event.startMs - start.mediaMs;
      const lead = windows.video.state.parts.length > 0 ? 'video' : 'audio';
      const cut = windows[lead].cut({ atMs, stretch: start, durationIfEmpty: 0 });
      const other = lead === 'video' ? 'audio' : 'video';
      const second = windows[other].cut({ atMs, stretch: start, durationIfEmpty: cut.duration });
      rungs?.cut({ nextShownMs: event.nextShownMs, atMs, stretch: start, duration: cut.duration });
      firstCutMs ??= clock.nowMs();
      const segments = Object.fromEntries(
        [
          [lead, cut],
          [other, second],
        ].filter(([media]) => present(media as Media)),
      ) as Partial<Record<Media, Segment>>;
      listener?.cut(segments, {
        targetDuration,
        multivariant: renderMultivariant(sourceFacts()),
        opening: windows.video.opening,
        turned: Object.fromEntries(
          MEDIA.flatMap((media) => {
            const { turned } = windows[media];
            return present(media) && turned !== undefined ? [[media, turned]] : [];
          }),
        ),
      });
      advice.segment(cut.duration, segmentMs / 1_000, event.forced);
    }
    if (events.length > 0) room.wakeAll();
  }

  /** Ends what the tracks under way have sent; what follows has other ones, or another time. */
  function endStretch(): void {
    if (stretch === undefined) return;
    take(stretch.packager.finish());
    rungs?.end();
    stretch = undefined;
  }

  /** `mediaMs`: time of its first frame. */
  function beginStretch(mediaMs: number): Stretch {
    const packager = createPackager(configs, { segmentMs, partMs, mostMs });
    const begun: Partial<Record<Media, Init>> = {};
    for (const media of MEDIA) {
      const [track, bytes] = [configs[media], packager.init[media]];
      windows[media].begin();
      if (track === undefined || bytes === undefined) continue;
      begun[media] = windows[media].describe(track, bytes);
    }
    firstCutMs = undefined;
    if (configs.video !== undefined) rungs?.begin(configs.video, toldRate ?? USUAL_RATE, windows.video.state);
    listener?.begins(begun);
    return { packager, start: { startedMs: clock.nowMs(), mediaMs } };
  }

  function configure(tag: MediaTag): void {
    // One that says nothing comes from encoders that do not know yet, and another one follows: ffmpeg, of what has ADTS.
    if (tag.data.length === 0) return;
    // What came before was another stream, told of until this one says what it is.
    if (isNew) configs = {};
    isNew = false;
    const before = configs[tag.kind]?.config;
    const same = before !== undefined && Buffer.compare(before, tag.data) === 0;
    if (same) return;
    if (tag.kind === 'video') {
      if (tag.codec === 'av1' && lock?.('video').wholes === false) throw unsupported('AV1 by sample-aes');
      const video = TRACKS[tag.codec](Uint8Array.from(tag.data));
      endStretch();
      configs = { ...configs, video };
    } else {
      if (tag.codec !== 'aac') throw unsupported(tag.codec);
      const audio = aacTrack(Uint8Array.from(tag.data));
      endStretch();
      configs = { ...configs, audio };
    }
  }

  function media(tag: MediaTag, timeline: Timeline): void {
    if (tag.part === 'config') {
      configure(tag);
      return;
    }
    if (isNew || configs[tag.kind] === undefined) return;
    const ms = timeline.at(tag.timestampMs);
    stretch ??= beginStretch(ms);
    if (tag.kind === 'video') {
      frames += 1;
      lastFrameMs = ms;
      const { compositionMs, key } = tag;
      const data = tag.codec === 'av1' ? av1Sample(tag.data) : tag.data;
      const unit = { decodeMs: ms, compositionMs, key, data };
      take(stretch.packager.video(unit));
      // After what it cuts: whoever follows must know of that before.
      rungs?.unit(unit);
    } else take(stretch.packager.audio({ timeMs: ms, data: tag.data }));
  }

  function lost(error: unknown): void {
    endStretch();
    current = undefined;
    state = 'waiting';
    log.info(
      {
        channel: name,
        ...(error === undefined ? {} : { code: errorCode(error), reason: errorMessage(error) }),
      },
      'the encoder has gone',
    );
    lingering = new AbortController();
    void linger(lingering.signal);
  }

  /** The stream ends, unless an encoder comes back before. */
  async function linger(signal: AbortSignal): Promise<void> {
    await clock.sleep(lingerMs, signal);
    if (signal.aborted) return;
    state = 'ended';
    sinceMs = undefined;
    listener?.ends();
    room.wakeAll();
  }

  /** The stream as its encoder sends it. */
  function sourceFacts(): StreamFacts {
    const { video, audio } = configs;
    return {
      videos: video === undefined ? [] : [factsOf(windows.video, video)],
      audio: audio === undefined ? undefined : factsOf(windows.audio, audio),
      first,
      targetDuration,
      partMs,
      framesPerSecond: lastFrameMs > 0 ? (frames * 1_000) / lastFrameMs : undefined,
      independent: !forcedCuts,
      ended: state === 'ended',
    };
  }
  function facts(): StreamFacts {
    const source = sourceFacts();
    const made = (rungs?.live ?? []).flatMap((each) =>
      each.track?.kind === 'video' ? [factsOf(each, each.track)] : [],
    );
    return { ...source, videos: source.videos.length === 0 ? [] : [...source.videos, ...made] };
  }
  /** Of the stream under way, or any quality that it has or had. */
  const windowOf = (track: string): TrackWindow | undefined =>
    track === 'video' || track === 'audio'
      ? present(track)
        ? windows[track]
        : undefined
      : rungs?.window(track);

  /** Those who learn of the stream now would not learn of qualities that are still to come. */
  const isEarly = (): boolean =>
    rungs?.coming === true && (firstCutMs === undefined || clock.nowMs() - firstCutMs < RUNGS_MS);

  return {
    get status() {
      const { video, audio } = configs;
      const bitsPerSecond = MEDIA.reduce((sum, media) => sum + windows[media].state.averageBps, 0);
      return {
        name,
        state,
        sinceMs,
        video:
          video === undefined
            ? undefined
            : { codecs: video.codecs, width: video.width, height: video.height },
        audio: audio === undefined ? undefined : { codecs: audio.codecs, channels: audio.channels },
        bitsPerSecond,
        rungs: rungs?.status ?? [],
        advice: advice.list(),
      };
    },

    publish(publisher) {
      lingering?.abort();
      // The newest wins: an encoder that was cut off comes back before anybody has noticed that it was gone.
      const before = current;
      current = publisher;
      before?.close('Somebody else publishes with the same stream key.');
      endStretch();
      state = 'live';
      sinceMs ??= clock.nowMs();
      advice.clear();
      [frames, lastFrameMs, toldRate] = [0, 0, undefined];
      log.info({ channel: name, encoder: publisher.encoder, address: publisher.remoteAddress }, 'on air');
      const timeline = createTimeline();
      isNew = true;
      return {
        media(tag) {
          if (current === publisher) media(tag, timeline);
          return undefined;
        },
        metadata(metadata) {
          const said = metadata.get('framerate');
          if (typeof said === 'number' && said >= 1 && said <= MOST_RATE) toldRate = said;
        },
        unsupported(what) {
          advice.say(`The encoder sends ${what}.`);
        },
        end(error) {
          if (current === publisher) lost(error);
        },
      };
    },

    multivariant: () => (isEarly() ? undefined : renderMultivariant(facts())),
    // Players of DASH are not told of keys.
    mpd: () => (isEarly() || lock !== undefined ? undefined : renderMpd(facts(), clock.nowMs())),
    ...createChannelReader({ room, window: windowOf, facts, isOver }),
    async close() {
      lingering?.abort();
      endStretch();
      if (state === 'live' || state === 'waiting') listener?.ends();
      state = 'ended';
      room.wakeAll();
      await rungs?.close();
    },
  };
}

const factsOf = <T>({ name, state, keys, hasParts }: TrackWindow, track: T): TrackFacts<T> => ({
  name,
  track,
  state,
  keys,
  hasParts,
});

function unsupported(codec: string): MediaError {
  return new MediaError({
    code: 'server/unsupported-codec',
    message: `Streams of ${codec} are not taken yet.`,
    hint: 'Choose H.264, HEVC or AV1, and AAC, at the streaming software.',
    source: 'client',
  });
}
