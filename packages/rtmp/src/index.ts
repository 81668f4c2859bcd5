export { decodeAmf, encodeAmf } from './amf0.ts';
export type { AmfObject, AmfValue, SaidValue } from './amf0.ts';
export { createChunkReader } from './chunk-reader.ts';
export type { ChunkReader, RtmpMessage } from './chunk-reader.ts';
export { encodeMessage } from './chunk-writer.ts';
export { createFlvReader } from './flv.ts';
export type { FlvReader } from './flv.ts';
export { PUBLISHER_LIMITS, STRANGER_LIMITS } from './limits.ts';
export type { RtmpLimits } from './limits.ts';
export { readAudio, readVideo } from './media-tag.ts';
export type { AudioCodec, AudioTag, MediaTag, UnknownTag, VideoCodec, VideoTag } from './media-tag.ts';
export { createRtmpServer } from './rtmp-server.ts';
export type {
  Admission,
  PublishSink,
  Publisher,
  RtmpServer,
  RtmpServerDeps,
  RtmpServerOptions,
} from './rtmp-server.ts';
export { createRtmpSession } from './session.ts';
export type { PublishRequest, RtmpSession, SessionEvent } from './session.ts';
