import { createMpd, mediaPlaylist, multivariantPlaylist } from '@media-network/hls';
import type {
  AudioTrack,
  MpdTrack,
  Names,
  PlaylistKeys,
  RenditionState,
  VideoTrack,
} from '@media-network/hls';

/** One track of a stream as its playlists tell of it. */
export interface TrackFacts<T> {
  /** As its files are named. */
  readonly name: string;
  readonly track: T;
  readonly state: RenditionState;
  /** How it is encrypted, where it is. */
  readonly keys: PlaylistKeys | undefined;
  readonly hasParts: boolean;
}

/** What a stream's playlists say, beside its segments. */
export interface StreamFacts {
  /** The source's own pictures, then those of other sizes, the largest first. */
  readonly videos: readonly TrackFacts<VideoTrack>[];
  readonly audio: TrackFacts<AudioTrack> | undefined;
  /** Number of the first segment: part of the names of what belongs to all. */
  readonly first: number;
  /** Seconds, whole. */
  readonly targetDuration: number;
  readonly partMs: number;
  readonly framesPerSecond: number | undefined;
  /** Every segment begins with a key frame. */
  readonly independent: boolean;
  readonly ended: boolean;
}

export const hasSegments = ({ segments }: RenditionState): boolean => segments.some(({ gap }) => !gap);

export const namesOf = (track: string, first: number): Names => ({
  init: (version) => `${track}-init-${first}-${version}.mp4`,
  segment: (sequence) => `${track}-${sequence}.m4s`,
  part: (sequence, index) => `${track}-${sequence}-${index}.m4s`,
});

/** Seconds: sound is cut between its frames, so that its parts may last one more. */
function partTargetOf(track: string, { audio, partMs }: StreamFacts): number {
  const frame = audio?.name === track ? audio.track.frameSamples / audio.track.timescale : 0;
  return partMs / 1_000 + frame;
}

/** How far another track's playlist is (RFC 8216bis, 4.4.5.4). */
function reportOf({ name, state: { parts, next, segments } }: TrackFacts<unknown>) {
  const uri = `${name}.m3u8`;
  if (parts.length > 0) return { uri, sequence: next, part: parts.length - 1 };
  return { uri, sequence: next - 1, part: Math.max(0, (segments.at(-1)?.parts.length ?? 1) - 1) };
}

/** The playlist of one track, whether or not the multivariant one tells of it at the moment. */
export function renderMedia(
  facts: StreamFacts,
  { name, state, keys, hasParts }: Omit<TrackFacts<unknown>, 'track'>,
  skip: boolean,
): string {
  const others = [...facts.videos, ...(facts.audio === undefined ? [] : [facts.audio])].filter(
    (each) => each.name !== name,
  );
  return mediaPlaylist(state, {
    targetDuration: facts.targetDuration,
    partTarget: hasParts ? partTargetOf(name, facts) : undefined,
    keys,
    names: namesOf(name, facts.first),
    ended: facts.ended,
    skip,
    reports: others.map((each) => reportOf(each)),
  });
}

/** Undefined before the first segment has ended. Qualities without a segment are not told of. */
export function renderMultivariant(facts: StreamFacts): string | undefined {
  const { videos, audio, framesPerSecond, independent } = facts;
  const lead = videos[0] ?? audio;
  if (lead === undefined || !hasSegments(lead.state)) return undefined;
  const sound = videos.length > 0 ? audio : undefined;
  const { peakBps, averageBps } = sound?.state ?? { peakBps: 0, averageBps: 0 };
  const listed = [lead, ...videos.slice(1).filter(({ state }) => hasSegments(state))];
  return multivariantPlaylist(
    listed.map(({ name, track, state }) => ({
      uri: `${name}.m3u8`,
      peakBps: state.peakBps + peakBps,
      averageBps: state.averageBps + averageBps,
      codecs: [track.codecs, ...(sound === undefined ? [] : [sound.track.codecs])],
      resolution: track.kind === 'video' ? track : undefined,
      frameRate: track.kind === 'video' ? framesPerSecond : undefined,
    })),
    {
      sound: sound === undefined ? undefined : { uri: `${sound.name}.m3u8`, channels: sound.track.channels },
      independent,
    },
  );
}

const mpdTrack = <T extends AudioTrack | VideoTrack>(
  { name, track, state }: TrackFacts<T>,
  first: number,
): MpdTrack<T> => ({
  name,
  track,
  state,
  segments: `${name}-$Number$.m4s`,
  init: (version) => namesOf(name, first).init(version),
});

/** The same stream for players of DASH, as it is at `nowMs`; undefined as long as there is no list of qualities. */
export function renderMpd(facts: StreamFacts, nowMs: number): string | undefined {
  const { videos, audio, first, targetDuration, ended } = facts;
  const lead = videos[0] ?? audio;
  if (lead === undefined || !hasSegments(lead.state)) return undefined;
  return createMpd({
    videos: videos.filter(({ state }) => hasSegments(state)).map((each) => mpdTrack(each, first)),
    audio: audio === undefined ? undefined : mpdTrack(audio, first),
    // Numbers begin with the second at which the server did.
    availableFromMs: first * 1_000,
    nowMs,
    targetDuration,
    ended,
  });
}
