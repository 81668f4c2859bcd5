import { channelOf } from '../transfer/channel.ts';
import type { Channel } from '../transfer/channel.ts';
import type { JoinMessage, Signal } from './tracker-messages.ts';
import { MAX_TRACKER_BYTES, TRACKER_VERSION, readFromTracker } from './tracker-messages.ts';

/** What a viewer may join with: where trackers are, and the right to be introduced. */
export interface SwarmAccess {
  /** WebSocket URLs of trackers, tried in turn. */
  readonly trackers: readonly string[];
  readonly pass?: string;
  /** SHA-256 of what is watched, hex; where no pass says it. */
  readonly swarm?: string;
}

/** Connections to other viewers of the same, found through a tracker. They go on when the tracker does not. */
export interface Mesh {
  readonly self: string;
  /** Viewers of the same as the tracker counts them; 0 before it answered. */
  readonly swarmSize: number;
  /** Whether a tracker is heard. */
  readonly tracked: boolean;
  /** The peer is done with, and another is wanted. */
  drop(peer: string, fault?: 'bad-bytes' | 'malformed'): void;
  close(): void;
}

export interface MeshOptions {
  readonly access: () => Promise<SwarmAccess | undefined>;
  readonly maxPeers: number;
  readonly iceServers?: readonly RTCIceServer[] | undefined;
  readonly onChannel: (peer: string, channel: Channel) => void;
  readonly onChange: () => void;
}

interface Connection {
  readonly pc: RTCPeerConnection;
  readonly isOurs: boolean;
  open: boolean;
  /** Given up when it is not open by then. */
  readonly timer: ReturnType<typeof setTimeout>;
  /** Runs while nothing is heard of the other side. */
  lost?: ReturnType<typeof setTimeout>;
  /** What came before the other side's description. */
  readonly early: RTCIceCandidateInit[];
}

/** A connection that is not open by then will not be. */
const CONNECT_MS = 15_000;
const LOST_MS = 4_000;
const MAX_EARLY = 32;
/** How long a viewer stays with another tracker than the first. */
const HOME_MS = 60_000;
const FIRST_RETRY_MS = 500;
const MAX_RETRY_MS = 30_000;
/** Peers that failed are not connected with again, however often a tracker names them. */
const MAX_CUT = 256;

export function createMesh(options: MeshOptions): Mesh {
  const self = randomId();
  const connections = new Map<string, Connection>();
  const cut = new Set<string>();
  let socket: WebSocket | undefined;
  let isClosed = false;
  let isJoined = false;
  let swarmSize = 0;
  let ice: readonly RTCIceServer[] = options.iceServers ?? [];
  let attempt = 0;
  /** Which of the trackers is next: all viewers begin with the first, so that they meet. */
  let turn = 0;
  let retry: ReturnType<typeof setTimeout> | undefined;
  let home: ReturnType<typeof setTimeout> | undefined;

  const say = (message: object): void => {
    const text = JSON.stringify(message);
    if (socket?.readyState === WebSocket.OPEN && text.length <= MAX_TRACKER_BYTES) socket.send(text);
  };

  function again(afterMs?: number): void {
    if (isClosed || retry !== undefined) return;
    // Of all viewers that lost a tracker, each comes back at another moment.
    const backoff = Math.min(MAX_RETRY_MS, FIRST_RETRY_MS * 2 ** Math.min(attempt, 10));
    attempt += 1;
    retry = setTimeout(
      () => {
        retry = undefined;
        void join();
      },
      Math.max(afterMs ?? 0, backoff * (0.5 + Math.random() / 2)),
    );
  }

  async function join(): Promise<void> {
    const access = await options.access().catch(() => undefined);
    if (isClosed) return;
    const url = access?.trackers[turn % Math.max(1, access.trackers.length)];
    if (access === undefined || url === undefined) return again();
    let opened: WebSocket;
    try {
      opened = new WebSocket(url);
    } catch {
      turn += 1;
      return again();
    }
    socket = opened;
    opened.addEventListener('open', () => {
      const { pass, swarm } = access;
      const message: JoinMessage = {
        type: 'join',
        version: TRACKER_VERSION,
        id: self,
        links: [...connections.keys()],
        ...(pass === undefined ? {} : { pass }),
        ...(swarm === undefined ? {} : { swarm }),
      };
      say(message);
    });
    opened.addEventListener('message', ({ data }: MessageEvent<unknown>) => {
      if (typeof data === 'string' && socket === opened) hear(data);
    });
    opened.addEventListener('close', () => {
      if (socket !== opened) return;
      socket = undefined;
      turn = isJoined ? 0 : turn + 1;
      isJoined = false;
      clearTimeout(home);
      options.onChange();
      again(refusedMs);
    });
  }

  let refusedMs = 0;
  function hear(text: string): void {
    const message = readFromTracker(text);
    switch (message?.type) {
      case 'joined':
        attempt = 0;
        refusedMs = 0;
        isJoined = true;
        // The others come back to the first tracker when it does: so does this one.
        if (turn > 0) home = setTimeout(() => socket?.close(), HOME_MS * (1 + Math.random()));
        ({ size: swarmSize } = message);
        if (options.iceServers === undefined) ice = message.ice.map((urls) => ({ urls }));
        options.onChange();
        return;
      case 'size':
        swarmSize = message.size;
        options.onChange();
        return;
      case 'peer':
        if (message.offer) void offer(message.id);
        return;
      case 'signal':
        void signalled(message.from, message.data);
        return;
      case 'error':
        refusedMs = Math.min(message.retryMs, 600_000);
        return;
      case undefined:
        return;
      default:
        message satisfies never;
    }
  }

  function connect(peer: string, isOurs: boolean): Connection | undefined {
    if (isClosed || cut.has(peer) || connections.size >= options.maxPeers) return undefined;
    const pc = new RTCPeerConnection({ iceServers: [...ice] });
    const timer = setTimeout(() => {
      if (!connection.open) drop(peer);
    }, CONNECT_MS);
    const connection: Connection = { pc, isOurs, open: false, timer, early: [] };
    connections.set(peer, connection);
    pc.onicecandidate = ({ candidate }) => {
      if (candidate !== null && candidate.candidate !== '')
        signal(peer, { kind: 'candidate', candidate: candidate.candidate, mid: candidate.sdpMid ?? '0' });
    };
    pc.onconnectionstatechange = () => {
      clearTimeout(connection.lost);
      if (pc.connectionState === 'failed' || pc.connectionState === 'closed') drop(peer);
      // A page that was closed says nothing: after a while it is not a line that comes back.
      if (pc.connectionState === 'disconnected') connection.lost = setTimeout(() => drop(peer), LOST_MS);
    };
    return connection;
  }

  function opened(peer: string, connection: Connection, data: RTCDataChannel): void {
    data.addEventListener('open', () => {
      if (connections.get(peer) !== connection) return;
      connection.open = true;
      clearTimeout(connection.timer);
      options.onChannel(
        peer,
        channelOf(data, () => drop(peer)),
      );
    });
  }

  const signal = (to: string, data: Signal): void => say({ type: 'signal', to, data });

  async function offer(peer: string): Promise<void> {
    if (connections.has(peer)) return;
    const connection = connect(peer, true);
    if (connection === undefined) return;
    opened(peer, connection, connection.pc.createDataChannel('media-peerpool', { ordered: true }));
    try {
      await connection.pc.setLocalDescription();
      signal(peer, { kind: 'offer', sdp: connection.pc.localDescription?.sdp ?? '' });
    } catch {
      drop(peer);
    }
  }

  async function signalled(peer: string, data: Signal): Promise<void> {
    let connection = connections.get(peer);
    try {
      if (data.kind === 'offer') {
        // Both at once: the offer of the one with the lower name holds.
        if (connection !== undefined && (!connection.isOurs || connection.open || self < peer)) return;
        if (connection !== undefined) forget(peer);
        connection = connect(peer, false);
        if (connection === undefined) return;
        const made = connection;
        made.pc.ondatachannel = ({ channel }) => opened(peer, made, channel);
        await made.pc.setRemoteDescription({ type: 'offer', sdp: data.sdp });
        await made.pc.setLocalDescription();
        signal(peer, { kind: 'answer', sdp: made.pc.localDescription?.sdp ?? '' });
      } else if (connection === undefined) return;
      else if (data.kind === 'answer')
        await connection.pc.setRemoteDescription({ type: 'answer', sdp: data.sdp });
      else {
        const candidate = { candidate: data.candidate, sdpMid: data.mid };
        if (connection.pc.remoteDescription !== null) await connection.pc.addIceCandidate(candidate);
        else if (connection.early.length < MAX_EARLY) connection.early.push(candidate);
        return;
      }
      for (const candidate of connection.early.splice(0)) await connection.pc.addIceCandidate(candidate);
    } catch {
      drop(peer);
    }
  }

  function forget(peer: string): void {
    const connection = connections.get(peer);
    if (connection === undefined) return;
    connections.delete(peer);
    clearTimeout(connection.timer);
    clearTimeout(connection.lost);
    connection.pc.onconnectionstatechange = null;
    connection.pc.close();
  }

  function drop(peer: string, fault?: 'bad-bytes' | 'malformed'): void {
    if (fault !== undefined) {
      cut.add(peer);
      if (cut.size > MAX_CUT) for (const oldest of [...cut].slice(0, 1)) cut.delete(oldest);
      say({ type: 'report', peer, why: fault });
    }
    if (!connections.has(peer)) return;
    forget(peer);
    options.onChange();
    if (!isClosed) say({ type: 'want', peers: Math.max(0, options.maxPeers - connections.size) });
  }

  void join();

  return {
    self,
    get swarmSize() {
      return swarmSize;
    },
    get tracked() {
      return isJoined;
    },
    drop,
    close() {
      isClosed = true;
      clearTimeout(retry);
      clearTimeout(home);
      socket?.close();
      for (const peer of connections.keys()) forget(peer);
    },
  };
}

/** 128 bits, hex. */
function randomId(): string {
  return [...crypto.getRandomValues(new Uint8Array(16))]
    .map((byte) => byte.toString(16).padStart(2, '0'))
    .join('');
}
