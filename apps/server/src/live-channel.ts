import { aacTrack, avcTrack, createPackager, createRendition, hevcTrack } from '@media-network/hls';
import type {
  AudioTrack,
  Media,
  Packager,
  PackagerEvent,
  Rendition,
  Segment,
  VideoTrack,
} from '@media-network/hls';
import type { MediaTag, PublishSink, Publisher } from '@media-network/rtmp';
import { MediaError, errorCode, errorMessage } from '@media-network/runtime';
import type { Clock, Log } from '@media-network/runtime';
import { createAdvice } from './advice.ts';
import type { ChannelListener, Init } from './channel-listener.ts';
import { hasSegments, renderMedia, renderMultivariant } from './live-playlists.ts';
import type { StreamFacts } from './live-playlists.ts';
import { createTimeline } from './timeline.ts';
import type { Timeline } from './timeline.ts';
import { createWaitingRoom } from './waiting-room.ts';
import type { Waited } from './waiting-room.ts';

export interface LiveChannelDeps {
  readonly clock: Clock;
  readonly log: Log;
  /** Keeps what is told of the channel. */
  readonly listen?: ((advise: (sentence: string) => void) => ChannelListener) | undefined;
}

export interface LiveChannelOptions {
  readonly name: string;
  readonly segmentMs: number;
  readonly partMs: number;
  readonly windowMs: number;
  readonly lingerMs: number;
}

/** What a player asks a playlist for (RFC 8216bis, 6.2.5.2). */
export interface PlaylistQuery {
  /** Media sequence number that is to be in it, and the part of it. */
  readonly sequence: number | undefined;
  readonly part: number | undefined;
  readonly skip: boolean;
}

export interface ChannelStatus {
  readonly name: string;
  readonly state: 'off' | 'live' | 'waiting' | 'ended';
  /** Unix milliseconds; since when it is live. */
  readonly sinceMs: number | undefined;
  readonly video: { readonly codecs: string; readonly width: number; readonly height: number } | undefined;
  readonly audio: { readonly codecs: string; readonly channels: number } | undefined;
  readonly bitsPerSecond: number;
  /** For the streamer, in words. */
  readonly advice: readonly string[];
}

/** One channel: what its encoder sends, as playlists, segments and parts of the last minutes. Kept in memory. */
export interface LiveChannel {
  readonly status: ChannelStatus;
  /** Somebody who has the key publishes; whoever published before is sent away. */
  publish(publisher: Publisher): PublishSink;
  /** Undefined before the first segment has ended. */
  multivariant(): string | undefined;
  playlist(media: Media, query: PlaylistQuery): Promise<Waited<string>>;
  init(media: Media, version: number): Uint8Array | undefined;
  segment(media: Media, sequence: number): Uint8Array | undefined;
  part(media: Media, sequence: number, index: number): Promise<Waited<Uint8Array>>;
  close(): void;
}

/** Players that wait for something to come, in all: protects memory. */
const MOST_WAITING = 20_000;
/** A player is kept waiting for so many target durations (RFC 8216bis, 6.2.5.2). */
const WAIT_TARGETS = 3;
const LEAST_SEGMENTS = 4;
/** Above all that a stream begins with. */
const MOST_DISCONTINUITIES = 1_000;
/** Initialisation segments that are kept: encoders that change their format again and again are not remembered for good. */
const MOST_INITS = 32;

const MEDIA = ['video', 'audio'] as const;

/** One stretch of a stream with the same tracks and one timeline. */
interface Stretch {
  readonly packager: Packager;
  readonly startedMs: number;
}

export function createLiveChannel(
  { clock, log, listen }: LiveChannelDeps,
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
    windowMs,
    leastSegments: LEAST_SEGMENTS,
    first,
    discontinuities: first % MOST_DISCONTINUITIES,
  };
  const renditions: Readonly<Record<Media, Rendition>> = {
    video: createRendition(window),
    audio: createRendition(window),
  };
  const inits: Readonly<Record<Media, Map<number, Uint8Array>>> = { video: new Map(), audio: new Map() };
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
  let lingering: AbortController | undefined;

  const isOver = (): boolean => state === 'ended' || state === 'off';
  const room = createWaitingRoom({ clock, isOver }, MOST_WAITING);

  /** Tracks that the stream under way has, or has had last. */
  const present = (media: Media): boolean => configs[media] !== undefined;

  function take(events: readonly PackagerEvent[]): void {
    for (const event of events) {
      if (event.kind === 'part') {
        renditions[event.part.media].part(event.part);
        continue;
      }
      if (stretch === undefined) continue;
      forcedCuts ||= event.forced;
      mostMs ??= stretch.packager.mostMs;
      targetDuration = Math.floor(mostMs / 1_000);
      const atMs = stretch.startedMs + event.startMs;
      const lead = renditions.video.state.parts.length > 0 ? 'video' : 'audio';
      const cut = renditions[lead].cut({ atMs, durationIfEmpty: 0 });
      const other = lead === 'video' ? 'audio' : 'video';
      const second = renditions[other].cut({ atMs, durationIfEmpty: cut.duration });
      const segments = Object.fromEntries(
        [
          [lead, cut],
          [other, second],
        ].filter(([media]) => present(media as Media)),
      ) as Partial<Record<Media, Segment>>;
      listener?.cut(segments, { targetDuration, multivariant: renderMultivariant(facts()) });
      advice.segment(cut.duration, segmentMs / 1_000, event.forced);
    }
    if (events.length > 0) room.wakeAll();
  }

  /** Ends what the tracks under way have sent; what follows has other ones, or another time. */
  function endStretch(): void {
    if (stretch === undefined) return;
    take(stretch.packager.finish());
    stretch = undefined;
  }

  function beginStretch(): Stretch {
    const packager = createPackager(configs, { segmentMs, partMs, mostMs });
    const begun: Partial<Record<Media, Init>> = {};
    for (const media of MEDIA) {
      const bytes = packager.init[media];
      if (renditions[media].state.next > first || inits[media].size > 0) renditions[media].restart();
      if (bytes === undefined) continue;
      const version = renditions[media].state.init;
      inits[media].set(version, bytes);
      begun[media] = { version, bytes };
      const oldest = inits[media].keys().next().value;
      if (inits[media].size > MOST_INITS && oldest !== undefined) inits[media].delete(oldest);
    }
    listener?.begins(begun);
    return { packager, startedMs: clock.nowMs() };
  }

  function configure(tag: MediaTag): void {
    // What came before was another stream, told of until this one says what it is.
    if (isNew) configs = {};
    isNew = false;
    const before = configs[tag.kind]?.config;
    const same = before !== undefined && Buffer.compare(before, tag.data) === 0;
    if (same) return;
    if (tag.kind === 'video') {
      if (tag.codec === 'av1') throw unsupported(tag.codec);
      const video = (tag.codec === 'avc' ? avcTrack : hevcTrack)(Uint8Array.from(tag.data));
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
    stretch ??= beginStretch();
    if (tag.kind === 'video') {
      frames += 1;
      lastFrameMs = ms;
      take(
        stretch.packager.video({
          decodeMs: ms,
          compositionMs: tag.compositionMs,
          key: tag.key,
          data: tag.data,
        }),
      );
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

  const facts = (): StreamFacts => ({
    video: configs.video,
    audio: configs.audio,
    renditions: { video: renditions.video.state, audio: renditions.audio.state },
    first,
    targetDuration,
    partMs,
    framesPerSecond: lastFrameMs > 0 ? (frames * 1_000) / lastFrameMs : undefined,
    independent: !forcedCuts,
    ended: state === 'ended',
  });
  const hasAny = (media: Media): boolean => hasSegments(renditions[media].state);
  const wait = <T>(ready: () => T | undefined): Promise<Waited<T>> =>
    room.wait(ready, WAIT_TARGETS * targetDuration * 1_000);

  return {
    get status() {
      const { video, audio } = configs;
      const { averageBps } = renditions.video.state;
      return {
        name,
        state,
        sinceMs,
        video:
          video === undefined
            ? undefined
            : { codecs: video.codecs, width: video.width, height: video.height },
        audio: audio === undefined ? undefined : { codecs: audio.codecs, channels: audio.channels },
        bitsPerSecond: averageBps + renditions.audio.state.averageBps,
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
      [frames, lastFrameMs] = [0, 0];
      log.info({ channel: name, encoder: publisher.encoder, address: publisher.remoteAddress }, 'on air');
      const timeline = createTimeline();
      isNew = true;
      return {
        media(tag) {
          if (current === publisher) media(tag, timeline);
          return undefined;
        },
        metadata: () => undefined,
        unsupported(what) {
          advice.say(`The encoder sends ${what}.`);
        },
        end(error) {
          if (current === publisher) lost(error);
        },
      };
    },

    multivariant: () => renderMultivariant(facts()),

    async playlist(media, { sequence, part, skip }) {
      if (!present(media)) return { kind: 'none' };
      if (sequence === undefined) {
        return hasAny(media) ? { kind: 'found', found: renderMedia(facts(), media, skip) } : { kind: 'none' };
      }
      // Two beyond what there is: a player that asks for more has lost its way (6.2.5.2).
      if (sequence > renditions[media].state.next + 1) return { kind: 'far' };
      return wait(() => {
        const { next, parts } = renditions[media].state;
        const isThere = next > sequence || (part !== undefined && next === sequence && parts.length > part);
        return (isThere || isOver()) && hasAny(media) ? renderMedia(facts(), media, skip) : undefined;
      });
    },
    init: (media, version) => inits[media].get(version),
    segment: (media, sequence) => renditions[media].segment(sequence)?.bytes,
    async part(media, sequence, index) {
      const { next, parts } = renditions[media].state;
      // The one that is hinted at, and no other that is yet to come.
      const isHinted =
        (sequence === next && index === parts.length) || (sequence === next + 1 && index === 0);
      const ready = (): Uint8Array | undefined => renditions[media].partAt(sequence, index)?.bytes;
      const found = ready();
      if (found !== undefined) return { kind: 'found', found };
      if (!isHinted) return { kind: sequence > next ? 'far' : 'none' };
      return wait(() => {
        const bytes = ready();
        if (bytes !== undefined) return bytes;
        // The segment ended without it.
        return renditions[media].state.next > sequence ? new Uint8Array() : undefined;
      }).then((waited) => (waited.kind === 'found' && waited.found.length === 0 ? { kind: 'none' } : waited));
    },
    close() {
      lingering?.abort();
      endStretch();
      if (state === 'live' || state === 'waiting') listener?.ends();
      state = 'ended';
      room.wakeAll();
    },
  };
}

function unsupported(codec: string): MediaError {
  return new MediaError({
    code: 'server/unsupported-codec',
    message: `Streams of ${codec} are not taken yet.`,
    hint: 'Choose H.264 or HEVC, and AAC, at the streaming software.',
    source: 'client',
  });
}
