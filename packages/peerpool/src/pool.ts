import { createBeginning } from './beginning.ts';
import type { SegmentDigest } from './edge/digest.ts';
import { isWhole } from './edge/digest.ts';
import { edgeDigests } from './edge/digest-source.ts';
import { createKnownDigests } from './edge/known-digests.ts';
import { publisherDigests } from './edge/publisher-digests.ts';
import { edgeAccess } from './edge/edge-access.ts';
import { createEdgeTimes } from './edge/edge-times.ts';
import type { LoadedSegment, PeerPool, PeerPoolOptions, PoolStats, SegmentRequest } from './pool-api.ts';
import { reasonAgainst, surroundings } from './respect.ts';
import type { OffReason } from './respect.ts';
import { chooseSources, criticalMs, decide, rankOf } from './schedule.ts';
import { createSegmentStore } from './segment-store.ts';
import { segmentId, segmentKey } from './segment-id.ts';
import { createMesh } from './swarm/mesh.ts';
import type { Mesh, MeshOptions } from './swarm/mesh.ts';
import { createPartial, gather } from './transfer/gather.ts';
import { createPeer } from './transfer/peer.ts';
import type { Partial } from './transfer/gather.ts';
import type { Peer } from './transfer/peer.ts';
import { createUploads } from './transfer/uploads.ts';
import { MAX_IDS } from './wire/messages.ts';

const MAX_SEGMENTS = 4 * MAX_IDS;
/** Segments from before sharing began. */
const MAX_EARLY = 8;
/** From asking for a tracker to being connected with somebody; after it the viewer counts as alone. */
const INTRODUCTION_MS = 2_000;
const HEARD_MS = 150;
/** A digest that the edge does not know yet is asked for again: it may still be storing what it just sent. */
const DIGEST_RETRIES_MS = [150, 500, 1_500];
/** Longest that one request to a peer takes, where there is time. */
const MAX_REQUEST_MS = 2_000;
const MIN_REQUEST_MS = 300;

const nowMs = (): number => performance.now();

export function createPeerPool(
  options: PeerPoolOptions,
  makeMesh: (options: MeshOptions) => Mesh = createMesh,
): PeerPool {
  const { minSwarm = 2, maxPeers = 16 } = options;
  const digests = createKnownDigests(
    options.digests ??
      (options.publisher === undefined ? edgeDigests() : publisherDigests(options.publisher)),
    MAX_SEGMENTS,
  );
  const { deviceMemory } = navigator as { readonly deviceMemory?: number };
  const memory = options.memoryBytes ?? ((deviceMemory ?? 8) <= 2 ? 48 : 128) * 2 ** 20;
  const store = createSegmentStore(memory, MAX_SEGMENTS);
  const times = createEdgeTimes(nowMs);
  const { uploadBytesPerSecond = Infinity } = options;
  const uploads = createUploads(store, { bytesPerSecond: uploadBytesPerSecond }, nowMs);
  uploads.enabled = uploadBytesPerSecond > 0;
  const peers = new Map<string, Peer>();
  const listeners = new Set<() => void>();
  const counts = { edgeBytes: 0, peerBytes: 0, edgeSegments: 0, peerSegments: 0, cut: 0, mismatches: 0 };
  let introducedByMs = 0;
  let off: OffReason | undefined = reasonAgainst(surroundings(), { metered: options.metered === true });
  let mesh: Mesh | undefined;

  const changed = (): void => options.onChange?.();
  const news = (): void => {
    for (const each of listeners) each();
  };

  async function start(): Promise<void> {
    if (off === undefined && options.consent !== undefined && !(await options.consent()))
      off ??= 'no-consent';
    if (off !== undefined) return changed();
    const meshOptions: MeshOptions = {
      access: options.access ?? (() => edgeAccess(options.content)),
      maxPeers,
      iceServers: options.iceServers,
      onChange: () => {
        news();
        changed();
      },
      onChannel(id, channel) {
        const peer = createPeer(id, channel, {
          uploads,
          nowMs,
          onNews: news,
          onClosed(fault) {
            if (peers.get(id) === peer) peers.delete(id);
            if (fault !== undefined) counts.cut += 1;
            mesh?.drop(id, fault);
            news();
            changed();
          },
        });
        peers.get(id)?.close();
        // What the first of them have is heard a moment after they are connected.
        if (peers.size === 0) introducedByMs = Math.min(introducedByMs, nowMs() + HEARD_MS);
        peers.set(id, peer);
        if (!uploads.gives) peer.tell({ kind: 'gives', any: false });
        const ids = store.ids();
        for (let i = 0; i < ids.length; i += MAX_IDS)
          peer.tell({ kind: 'have', ids: ids.slice(i, i + MAX_IDS) });
        news();
        changed();
      },
    };
    introducedByMs = nowMs() + INTRODUCTION_MS;
    mesh = makeMesh(meshOptions);
  }
  /** What came before it began, to be offered then. */
  const early: { readonly url: string; readonly bytes: Uint8Array }[] = [];
  const beginning = createBeginning({
    nowMs,
    criticalMs: () => criticalMs(times.slowMs),
    begin() {
      void start().catch(() => (off = 'no-consent'));
      for (const { url, bytes } of early.splice(0)) void offer(url, bytes);
    },
  });

  const isSharing = (): boolean =>
    off === undefined && peers.size > 0 && Math.max(mesh?.swarmSize ?? 0, peers.size + 1) >= minSwarm;
  /** 0 where nobody is to come. */
  function introducedMs(): number {
    if (mesh === undefined || (mesh.tracked && mesh.swarmSize < Math.max(2, minSwarm))) return 0;
    return Math.max(0, introducedByMs - nowMs());
  }

  const tellAll = (message: Parameters<Peer['tell']>[0]): void => {
    for (const peer of peers.values()) peer.tell(message);
  };

  function keep(id: string, bytes: Uint8Array, digest: SegmentDigest): void {
    const gone = store.add(id, { bytes, digest });
    tellAll({ kind: 'have', ids: [id] });
    for (let i = 0; i < gone.length; i += MAX_IDS) tellAll({ kind: 'lost', ids: gone.slice(i, i + MAX_IDS) });
    changed();
  }

  /** What came from the edge is given to others when it is what the edge signs for. */
  async function offer(url: string, bytes: Uint8Array): Promise<void> {
    const id = await segmentId(segmentKey(url, undefined));
    for (const ms of [0, ...DIGEST_RETRIES_MS]) {
      if (ms > 0) await new Promise((resolve) => setTimeout(resolve, ms));
      if (off !== undefined) return;
      const digest = await digests.of(url, id);
      if (digest === undefined) continue;
      if (await isWhole(digest, bytes)) return keep(id, bytes, digest);
      counts.mismatches += 1;
      digests.forget(id);
      return;
    }
  }

  async function fromEdge(request: SegmentRequest, id: string | undefined): Promise<LoadedSegment> {
    if (id !== undefined) tellAll({ kind: 'fetching', id });
    const startedMs = nowMs();
    const fetched = await request.fromEdge();
    times.add(nowMs() - startedMs, fetched.length);
    counts.edgeBytes += fetched.length;
    counts.edgeSegments += 1;
    if (off === undefined) {
      // Of a part of a file nothing can be verified.
      if (request.range === undefined) {
        if (beginning.isDone) void offer(request.url, fetched);
        else if (early.length < MAX_EARLY) early.push({ url: request.url, bytes: fetched });
      }
      beginning.arrived(request.bufferedMs);
    }
    changed();
    return { bytes: fetched, from: 'edge' };
  }

  /** Resolves after so long, when aborted, and with `hears` when something was heard. */
  function moment(ms: number, signal: AbortSignal, hears = true): Promise<undefined> {
    return new Promise((resolve) => {
      const done = (): void => {
        clearTimeout(timer);
        listeners.delete(done);
        signal.removeEventListener('abort', done);
        resolve(undefined);
      };
      const timer = setTimeout(done, ms);
      if (hears) listeners.add(done);
      signal.addEventListener('abort', done, { once: true });
    });
  }

  /** What the fastest takes for a segment as long as those of the edge are. */
  function expectedMs(from: readonly Peer[]): number | undefined {
    const bytes = counts.edgeBytes / Math.max(1, counts.edgeSegments);
    const rates = from.flatMap(({ bytesPerMs }) => bytesPerMs ?? []);
    return rates.length === 0 ? undefined : bytes / Math.max(...rates);
  }

  const holdersOf = (id: string): Peer[] => [...peers.values()].filter((peer) => peer.has(id));

  async function fromPeers(
    request: SegmentRequest,
    id: string,
    partial: Partial,
    untilMs: number,
  ): Promise<LoadedSegment | undefined> {
    const { digest } = partial;
    const enough = new AbortController();
    const stop = (): void => enough.abort();
    request.signal.addEventListener('abort', stop, { once: true });
    const deadline = setTimeout(stop, Math.max(0, untilMs - nowMs()));
    try {
      const bytes = await gather({
        id,
        partial,
        signal: enough.signal,
        requestMs: () => Math.min(MAX_REQUEST_MS, Math.max(MIN_REQUEST_MS, (untilMs - nowMs()) / 2)),
        sources: (count) => {
          const now = nowMs();
          const free = holdersOf(id).filter(({ restsUntilMs }) => restsUntilMs <= now);
          const chosen = chooseSources(
            free.map((peer) => ({ peer: peer.id, bytesPerMs: peer.bytesPerMs, asked: peer.asked })),
            count,
            Math.random,
          );
          return chosen.flatMap((peer) => peers.get(peer) ?? []);
        },
      });
      if (bytes === undefined) return undefined;
      counts.peerBytes += bytes.length;
      counts.peerSegments += 1;
      keep(id, bytes, digest);
      return { bytes, from: 'peers' };
    } finally {
      clearTimeout(deadline);
      request.signal.removeEventListener('abort', stop);
    }
  }

  let gave = true;
  /** Tells peers when this viewer begins or ends to give. */
  function tellGives(): void {
    if (uploads.gives === gave) return;
    gave = uploads.gives;
    tellAll({ kind: 'gives', any: gave });
  }

  async function load(request: SegmentRequest): Promise<LoadedSegment> {
    tellGives();
    // A digest is of a whole file: a part of one could not be verified.
    if (off !== undefined || request.range !== undefined || !beginning.isDone)
      return fromEdge(request, undefined);
    const id = await segmentId(segmentKey(request.url, request.range));
    const held = store.get(id);
    if (held !== undefined) return { bytes: held.bytes, from: 'memory' };
    const sinceMs = nowMs();
    let partial: Partial | undefined;
    let mayHurry = true;
    for (;;) {
      request.signal.throwIfAborted();
      const sharesWith = isSharing() ? [...peers.values()] : [];
      if (sharesWith.length === 0 && (off !== undefined || introducedMs() === 0))
        return fromEdge(request, id);
      const now = nowMs();
      const holders = sharesWith.filter((peer) => peer.has(id));
      const free = holders.filter(({ restsUntilMs }) => restsUntilMs <= now);
      const critical = criticalMs(times.slowMs);
      const decision = decide({
        bufferedMs: request.bufferedMs(),
        criticalMs: critical,
        waitedMs: now - sinceMs,
        holders: free.length,
        busyHolders: holders.length - free.length,
        introducedMs: introducedMs(),
        edgeMs: times.middleMs,
        peerMs: mayHurry ? expectedMs(free) : undefined,
        fetching: sharesWith.filter(
          (peer) =>
            peer.restsUntilMs <= now &&
            now - (peer.fetchingSinceMs(id) ?? -Infinity) < critical + MAX_REQUEST_MS,
        ).length,
        live: request.live === true,
        rank: rankOf(
          id,
          mesh?.self ?? '',
          sharesWith.flatMap((peer) => (peer.gives ? [peer.id] : [])),
          mesh?.swarmSize ?? 0,
          uploads.gives,
        ),
        peers: sharesWith.length,
      });
      if (decision.kind === 'edge') return fromEdge(request, id);
      if (decision.kind === 'wait') {
        await moment(decision.ms, request.signal);
        continue;
      }
      const untilMs = now + decision.ms;
      const known = digests.of(request.url, id);
      const digest = await Promise.race([known, moment(decision.ms, request.signal, false)]);
      // The edge does not know it, or not in time: nothing could be verified.
      if (digest === undefined) return fromEdge(request, id);
      if (partial?.digest !== digest) partial = createPartial(digest);
      const found = await fromPeers(request, id, partial, untilMs);
      if (found !== undefined) return found;
      mayHurry = false;
      // Nobody is asked twice in a breath.
      await moment(20, request.signal);
    }
  }

  return {
    get stats(): PoolStats {
      return {
        ...counts,
        state:
          off !== undefined
            ? { kind: 'off', why: off }
            : isSharing()
              ? { kind: 'sharing' }
              : { kind: 'waiting' },
        self: mesh?.self ?? '',
        swarmSize: mesh?.swarmSize ?? 0,
        uploadBytes: uploads.bytes,
        heldBytes: store.bytes,
        heldSegments: store.size,
        peers: [...peers.values()].map(({ id, down, up }) => ({ id, downBytes: down, upBytes: up })),
      };
    },
    get edgeBytesPerMs() {
      return times.bytesPerMs;
    },
    load,
    stop() {
      off = 'stopped';
      beginning.stop();
      early.length = 0;
      mesh?.close();
      for (const peer of Array.from(peers.values())) peer.close();
      peers.clear();
      store.clear();
      digests.clear();
      news();
      changed();
    },
  };
}
