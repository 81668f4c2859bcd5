import type { LoadedSegment, PeerPool } from '@media-network/peerpool';
import type {
  FragmentLoaderContext,
  HlsConfig,
  Loader,
  LoaderCallbacks,
  LoaderConfiguration,
  LoaderStats,
} from 'hls.js';

/** What a fragment is loaded for. */
export interface Playback {
  readonly pool: PeerPool;
  readonly media: () => HTMLMediaElement | null;
  readonly isLive: () => boolean;
}

/**
 * Loads fragments through a pool. What comes from the edge is loaded by the player's own loader, with its retries,
 * limits and credentials; playlists and keys never come here.
 */
export class FragmentLoader implements Loader<FragmentLoaderContext> {
  context: FragmentLoaderContext | null = null;
  readonly #inner: Loader<FragmentLoaderContext>;
  readonly #playback: Playback | undefined;
  readonly #aborted = new AbortController();
  #callbacks: LoaderCallbacks<FragmentLoaderContext> | undefined;
  #isInner = false;

  constructor(config: HlsConfig, playback: Playback | undefined) {
    // The player's loaders are of all its contexts.
    this.#inner = new config.loader(config) as unknown as Loader<FragmentLoaderContext>;
    this.#playback = playback;
  }

  get stats(): LoaderStats {
    return this.#inner.stats;
  }

  load(
    context: FragmentLoaderContext,
    config: LoaderConfiguration,
    callbacks: LoaderCallbacks<FragmentLoaderContext>,
  ): void {
    this.context = context;
    this.#callbacks = callbacks;
    const playback = this.#playback;
    const { frag, part } = context;
    // What a segment begins with is small, and wanted at once; parts of segments are for who cannot wait; what is encrypted is
    // for those who were let in, and nobody is told who they are.
    if (playback === undefined || frag.sn === 'initSegment' || part !== null || frag.encrypted)
      return this.#fromEdge(context, config, callbacks);
    const { rangeStart, rangeEnd } = context;
    const range =
      rangeStart === undefined || rangeEnd === undefined || rangeEnd === 0
        ? undefined
        : { start: rangeStart, end: rangeEnd - 1 };
    const { stats } = this;
    stats.loading.start = performance.now();
    const { pool } = playback;
    const loading = pool.load({
      url: context.url,
      range,
      live: playback.isLive(),
      bufferedMs: () => bufferedMs(playback.media()),
      signal: this.#aborted.signal,
      fromEdge: () =>
        new Promise((resolve, reject) => {
          // The player's loader takes its own time.
          stats.loading.start = 0;
          this.#fromEdge(context, config, {
            ...callbacks,
            onSuccess: (response, loaded, of, details) => {
              // The player hands its bytes to a worker, and has them no more.
              if (response.data instanceof ArrayBuffer) resolve(new Uint8Array(response.data.slice(0)));
              else reject(new TypeError('no bytes'));
              callbacks.onSuccess(response, loaded, of, details);
            },
            onError: (error, of, details, loaded) => {
              callbacks.onError(error, of, details, loaded);
              reject(new Error(error.text));
            },
            onTimeout: (loaded, of, details) => {
              callbacks.onTimeout(loaded, of, details);
              reject(new Error('timeout'));
            },
          });
        }),
    });
    // What went wrong at the edge the player has heard of.
    void this.#fromPeers(loading, context, pool).catch(() => undefined);
  }

  async #fromPeers(
    loading: Promise<LoadedSegment>,
    context: FragmentLoaderContext,
    pool: PeerPool,
  ): Promise<void> {
    const { bytes, from } = await loading;
    if (from === 'edge' || this.#aborted.signal.aborted) return;
    const { stats } = this;
    asFromEdge(stats, bytes.length, pool.edgeBytesPerMs);
    const response = { url: context.url, data: bytes.slice().buffer, code: 200 };
    this.#callbacks?.onSuccess(response, stats, context, null);
  }

  #fromEdge(
    context: FragmentLoaderContext,
    config: LoaderConfiguration,
    callbacks: LoaderCallbacks<FragmentLoaderContext>,
  ): void {
    this.#isInner = true;
    this.#inner.load(context, config, callbacks);
  }

  abort(): void {
    this.#aborted.abort();
    if (this.#isInner) return this.#inner.abort();
    const { stats } = this;
    if (stats.aborted || this.context === null) return;
    stats.aborted = true;
    this.#callbacks?.onAbort?.(stats, this.context, null);
  }

  destroy(): void {
    this.#callbacks = undefined;
    this.#aborted.abort();
    this.#inner.destroy();
    this.context = null;
  }

  getCacheAge(): number | null {
    return this.#isInner ? (this.#inner.getCacheAge?.() ?? null) : null;
  }

  getResponseHeader(name: string): string | null {
    return this.#isInner ? (this.#inner.getResponseHeader?.(name) ?? null) : null;
  }
}

/**
 * Bytes of peers say nothing of the viewer's line to the edge, which renditions are chosen by: they count as if the
 * edge had sent them as fast as it does.
 */
function asFromEdge(stats: LoaderStats, bytes: number, bytesPerMs: number | undefined): void {
  const end = performance.now();
  const ms = bytesPerMs === undefined ? end - stats.loading.start : bytes / bytesPerMs;
  stats.loading.start = end - ms;
  stats.loading.first = end - ms * 0.9;
  stats.loading.end = end;
  stats.loaded = bytes;
  stats.total = bytes;
}

/** Playback ahead that is loaded without a gap, in ms at the speed that is played. */
function bufferedMs(media: HTMLMediaElement | null): number {
  if (media === null) return 0;
  const { buffered, currentTime, playbackRate } = media;
  for (let i = 0; i < buffered.length; i += 1)
    if (buffered.start(i) <= currentTime + 0.25 && currentTime < buffered.end(i))
      return ((buffered.end(i) - currentTime) * 1_000) / Math.max(1, playbackRate);
  return 0;
}
