/**
 * What viewers and a tracker say to each other over a WebSocket: JSON, one object a message, bounded. The tracker
 * introduces viewers to each other and passes on what they need to connect; it sees nothing of what they share.
 */
export const TRACKER_VERSION = 1;
/** Longest message either way; a session description has some 3 KB. */
export const MAX_TRACKER_BYTES: number = 16 * 1024;

export interface JoinMessage {
  readonly type: 'join';
  readonly version: number;
  /** 32 hex digits that the viewer makes up for itself; they outlive a tracker. */
  readonly id: string;
  /** What is watched, where no pass says it: SHA-256, hex. */
  readonly swarm?: string;
  /** An edge's word that this viewer was served the manifest, base64url. */
  readonly pass?: string;
  /** Peers that it is connected with already, from before a restart. */
  readonly links: readonly string[];
}

export type ToTracker =
  | JoinMessage
  | { readonly type: 'signal'; readonly to: string; readonly data: Signal }
  /** How many more peers are wanted. */
  | { readonly type: 'want'; readonly peers: number }
  | { readonly type: 'report'; readonly peer: string; readonly why: 'bad-bytes' | 'malformed' };

/** Part of a WebRTC handshake. */
export type Signal =
  | { readonly kind: 'offer'; readonly sdp: string }
  | { readonly kind: 'answer'; readonly sdp: string }
  | { readonly kind: 'candidate'; readonly candidate: string; readonly mid: string };

export type FromTracker =
  | {
      readonly type: 'joined';
      /** Viewers of the same, this one among them. */
      readonly size: number;
      /** URLs of STUN servers. */
      readonly ice: readonly string[];
    }
  | { readonly type: 'size'; readonly size: number }
  | { readonly type: 'peer'; readonly id: string; /** Whether this side begins. */ readonly offer: boolean }
  | { readonly type: 'signal'; readonly from: string; readonly data: Signal }
  | { readonly type: 'error'; readonly code: string; readonly message: string; readonly retryMs: number };

const ID = /^[0-9a-f]{32}$/;
const HASH = /^[0-9a-f]{64}$/;
const MAX_LINKS = 64;

const isId = (value: unknown): value is string => typeof value === 'string' && ID.test(value);
const isText = (value: unknown, most: number): value is string =>
  typeof value === 'string' && value.length <= most;

function objectOf(text: string): Readonly<Record<string, unknown>> | undefined {
  if (text.length > MAX_TRACKER_BYTES) return undefined;
  try {
    const value: unknown = JSON.parse(text);
    return typeof value === 'object' && value !== null ? (value as Record<string, unknown>) : undefined;
  } catch {
    return undefined;
  }
}

function readSignal(value: unknown): Signal | undefined {
  if (typeof value !== 'object' || value === null) return undefined;
  const { kind, sdp, candidate, mid } = value as Readonly<Record<string, unknown>>;
  if ((kind === 'offer' || kind === 'answer') && isText(sdp, MAX_TRACKER_BYTES)) return { kind, sdp };
  if (kind === 'candidate' && isText(candidate, 1_024) && isText(mid, 64)) return { kind, candidate, mid };
  return undefined;
}

/** Undefined for what is no message to a tracker. */
export function readToTracker(text: string): ToTracker | undefined {
  const value = objectOf(text);
  switch (value?.['type']) {
    case 'join': {
      const { version, id, swarm, pass, links } = value;
      if (version !== TRACKER_VERSION || !isId(id)) return undefined;
      if (swarm !== undefined && !(typeof swarm === 'string' && HASH.test(swarm))) return undefined;
      if (pass !== undefined && !isText(pass, 1_024)) return undefined;
      if (!Array.isArray(links) || links.length > MAX_LINKS || !links.every(isId)) return undefined;
      return {
        type: 'join',
        version,
        id,
        links,
        ...(swarm === undefined ? {} : { swarm }),
        ...(pass === undefined ? {} : { pass }),
      };
    }
    case 'signal': {
      const data = readSignal(value['data']);
      return isId(value['to']) && data !== undefined ? { type: 'signal', to: value['to'], data } : undefined;
    }
    case 'want': {
      const { peers } = value;
      return typeof peers === 'number' && Number.isInteger(peers) && peers >= 0 && peers <= MAX_LINKS
        ? { type: 'want', peers }
        : undefined;
    }
    case 'report': {
      const { peer, why } = value;
      return isId(peer) && (why === 'bad-bytes' || why === 'malformed')
        ? { type: 'report', peer, why }
        : undefined;
    }
    default:
      return undefined;
  }
}

/** Undefined for what is no message of a tracker. */
export function readFromTracker(text: string): FromTracker | undefined {
  const value = objectOf(text);
  switch (value?.['type']) {
    case 'joined': {
      const { size, ice } = value;
      if (typeof size !== 'number' || !Array.isArray(ice)) return undefined;
      return { type: 'joined', size, ice: ice.filter((each) => isText(each, 256)).slice(0, 4) };
    }
    case 'size':
      return typeof value['size'] === 'number' ? { type: 'size', size: value['size'] } : undefined;
    case 'peer':
      return isId(value['id'])
        ? { type: 'peer', id: value['id'], offer: value['offer'] === true }
        : undefined;
    case 'signal': {
      const data = readSignal(value['data']);
      return isId(value['from']) && data !== undefined
        ? { type: 'signal', from: value['from'], data }
        : undefined;
    }
    case 'error': {
      const { code, message, retryMs } = value;
      return isText(code, 64) && isText(message, 512) && typeof retryMs === 'number'
        ? { type: 'error', code, message, retryMs }
        : undefined;
    }
    default:
      return undefined;
  }
}
