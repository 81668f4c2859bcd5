export { edgeDigests } from './edge/digest-source.ts';
export type { DigestSource } from './edge/digest-source.ts';
export { publisherDigests } from './edge/publisher-digests.ts';
export { edgeAccess } from './edge/edge-access.ts';
export { readDigest } from './edge/digest.ts';
export type { SegmentDigest } from './edge/digest.ts';
export { efficiency } from './efficiency.ts';
export type { Efficiency } from './efficiency.ts';
export { createPeerPool } from './pool.ts';
export type {
  LoadedSegment,
  PeerPool,
  PeerPoolOptions,
  PoolState,
  PoolStats,
  SegmentRequest,
} from './pool-api.ts';
export type { OffReason } from './respect.ts';
export type { ByteRange } from './segment-id.ts';
export type { SwarmAccess } from './swarm/mesh.ts';
