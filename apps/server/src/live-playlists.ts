import { mediaPlaylist, multivariantPlaylist } from '@media-network/hls';
import type { AudioTrack, Media, Names, RenditionState, VideoTrack } from '@media-network/hls';

/** What a stream's playlists say, beside its segments. */
export interface StreamFacts {
  readonly video: VideoTrack | undefined;
  readonly audio: AudioTrack | undefined;
  readonly renditions: Readonly<Record<Media, RenditionState>>;
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

const namesOf = (media: Media, first: number): Names => ({
  init: (version) => `${media}-init-${first}-${version}.mp4`,
  segment: (sequence) => `${media}-${sequence}.m4s`,
  part: (sequence, index) => `${media}-${sequence}-${index}.m4s`,
});

/** Seconds: sound is cut between its frames, so that its parts may last one more. */
function partTargetOf(media: Media, { audio, partMs }: StreamFacts): number {
  const frame = media === 'audio' && audio !== undefined ? audio.frameSamples / audio.timescale : 0;
  return partMs / 1_000 + frame;
}

/** How far the other track's playlist is (RFC 8216bis, 4.4.5.4). */
function reportOf(media: Media, { parts, next, segments }: RenditionState) {
  const uri = `${media}.m3u8`;
  if (parts.length > 0) return { uri, sequence: next, part: parts.length - 1 };
  return { uri, sequence: next - 1, part: Math.max(0, (segments.at(-1)?.parts.length ?? 1) - 1) };
}

export function renderMedia(facts: StreamFacts, media: Media, skip: boolean): string {
  const other = media === 'video' ? 'audio' : 'video';
  return mediaPlaylist(facts.renditions[media], {
    targetDuration: facts.targetDuration,
    partTarget: partTargetOf(media, facts),
    names: namesOf(media, facts.first),
    ended: facts.ended,
    skip,
    reports: facts[other] === undefined ? [] : [reportOf(other, facts.renditions[other])],
  });
}

/** Undefined before the first segment has ended. */
export function renderMultivariant(facts: StreamFacts): string | undefined {
  const { video, audio, renditions } = facts;
  const lead = video === undefined ? 'audio' : 'video';
  if (!hasSegments(renditions[lead])) return undefined;
  const sound = lead === 'video' ? audio : undefined;
  const { peakBps, averageBps } = sound === undefined ? { peakBps: 0, averageBps: 0 } : renditions.audio;
  const variant = {
    uri: `${lead}.m3u8`,
    peakBps: renditions[lead].peakBps + peakBps,
    averageBps: renditions[lead].averageBps + averageBps,
    codecs: [video?.codecs, audio?.codecs].filter((each) => each !== undefined),
    resolution: video,
    frameRate: video === undefined ? undefined : facts.framesPerSecond,
  };
  return multivariantPlaylist([variant], {
    sound: sound === undefined ? undefined : { uri: 'audio.m3u8', channels: sound.channels },
    independent: facts.independent,
  });
}
