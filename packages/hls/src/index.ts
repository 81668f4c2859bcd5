export { aacTrack } from './codec/aac.ts';
export { av1Sample, av1Track } from './codec/av1.ts';
export { avcTrack } from './codec/avc.ts';
export { hevcTrack } from './codec/hevc.ts';
export { createFollower } from './follower.ts';
export type { Follower, FollowerEvent } from './follower.ts';
export { fragment } from './mp4/fragment.ts';
export { initSegment } from './mp4/init-segment.ts';
export type { AudioTrack, Track, VideoTrack } from './mp4/track.ts';
export { createPackager } from './packager.ts';
export type {
  AudioUnit,
  Media,
  Packager,
  PackagerEvent,
  PackagerOptions,
  Part,
  VideoUnit,
} from './packager.ts';
export { cbcsFragment } from './protection/cbcs.ts';
export type { SampleKey } from './protection/cbcs.ts';
export { createHeadLines, mediaPlaylist, multivariantPlaylist } from './playlist.ts';
export type { Names, PlaylistKeys, PlaylistOptions, SoundGroup, Variant } from './playlist.ts';
export { createRendition } from './rendition.ts';
export { createMpd } from './mpd.ts';
export type { MpdOptions, MpdTrack } from './mpd.ts';
export type { Rendition, RenditionState, Segment, SegmentCut, StretchStart } from './rendition.ts';
