import type { DigestSource } from './edge/digest-source.ts';
import type { OffReason } from './respect.ts';
import type { ByteRange } from './segment-id.ts';
import type { SwarmAccess } from './swarm/mesh.ts';

export interface PeerPoolOptions {
  /** URL of what is watched: the playlist that everything else follows from. */
  readonly content: string;
  /** The right to be introduced to others; by default the edge's that serves the content. */
  readonly access?: () => Promise<SwarmAccess | undefined>;
  /** By default the publisher's, where `publisher` says who that is, and otherwise the edge's that serves the content. */
  readonly digests?: DigestSource;
  /** Address of the key that the publisher of a Media Server's stream signs segments with. */
  readonly publisher?: string;
  /** Asked once, before any other viewer learns of this one. */
  readonly consent?: () => boolean | Promise<boolean>;
  /** Whether to share where data is saved or paid for by the byte; false by default. */
  readonly metered?: boolean;
  /** Bytes a second that are given to others at most; 0 gives nothing, and takes all the same. No cap by default. */
  readonly uploadBytesPerSecond?: number;
  /** Viewers that there must be; 2 by default. More hides better who watches what. */
  readonly minSwarm?: number;
  readonly maxPeers?: number;
  /** Of segments; 128 MiB by default, 48 on a small machine. */
  readonly memoryBytes?: number;
  /** Instead of those that the tracker names. */
  readonly iceServers?: readonly RTCIceServer[];
  /** Something to look at has changed. */
  readonly onChange?: () => void;
}

export interface SegmentRequest {
  readonly url: string;
  readonly range?: ByteRange | undefined;
  /** Whether the stream goes on: then all its viewers want the segment now. */
  readonly live?: boolean;
  /** Playback loaded ahead of the viewer, in ms. */
  readonly bufferedMs: () => number;
  /** Fetches it as the page would without peers; the bytes stay with the pool. */
  readonly fromEdge: () => Promise<Uint8Array>;
  readonly signal: AbortSignal;
}

export interface LoadedSegment {
  /** Not to be changed or given away: other viewers get them from here. */
  readonly bytes: Uint8Array;
  readonly from: 'edge' | 'peers' | 'memory';
}

export type PoolState =
  | { readonly kind: 'off'; readonly why: OffReason }
  /** No peers: a tracker is asked, or there are too few viewers. */
  | { readonly kind: 'waiting' }
  | { readonly kind: 'sharing' };

/** Counted since the pool was made; bytes are of bodies. */
export interface PoolStats {
  readonly state: PoolState;
  readonly self: string;
  readonly swarmSize: number;
  readonly edgeBytes: number;
  readonly peerBytes: number;
  readonly uploadBytes: number;
  readonly edgeSegments: number;
  readonly peerSegments: number;
  /** Peers that were cut because what they sent was wrong. */
  readonly cut: number;
  /** Bodies of the edge that were not as the edge's own digest says. */
  readonly mismatches: number;
  readonly heldBytes: number;
  readonly heldSegments: number;
  readonly peers: readonly {
    readonly id: string;
    readonly downBytes: number;
    readonly upBytes: number;
  }[];
}

/** Shares the segments of one content with its other viewers. */
export interface PeerPool {
  readonly stats: PoolStats;
  /** Bytes a millisecond of the edge, as measured; undefined before the first. What a player may judge the line by. */
  readonly edgeBytesPerMs: number | undefined;
  /** Rejects as `fromEdge` does, or when aborted. */
  load(request: SegmentRequest): Promise<LoadedSegment>;
  /** Lets all peers go and forgets what is held; segments come from the edge from then on. */
  stop(): void;
}
