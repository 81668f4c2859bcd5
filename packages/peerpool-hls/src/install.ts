import { createPeerPool } from '@media-network/peerpool';
import type { PeerPool, PeerPoolOptions, PoolStats } from '@media-network/peerpool';
import type Hls from 'hls.js';
import type { HlsConfig } from 'hls.js';
import { FragmentLoader } from './fragment-loader.ts';
import type { Playback } from './fragment-loader.ts';

export interface InstallOptions extends Omit<PeerPoolOptions, 'content' | 'onChange'> {
  /** Something to look at has changed in one of the players. */
  readonly onChange?: (stats: PoolStats) => void;
}

/** Called with the player that they are of. */
interface OwnMethods {
  loadSource: (this: Hls, url: string) => void;
  destroy: (this: Hls) => void;
}

export interface Installed {
  /** Of the players that have a source. */
  readonly pools: readonly PeerPool[];
  /** Players that load a source from now on share nothing. */
  uninstall(): void;
}

/** Every player of this hls.js that loads a source from now on shares it with its other viewers. One that has a `fLoader` of its own is left alone. */
export function install(player: typeof Hls, options: InstallOptions = {}): Installed {
  const prototype: OwnMethods = player.prototype;
  const { loadSource, destroy } = prototype;
  const playbacks = new Map<HlsConfig, Playback>();

  const stop = (hls: Hls): void => {
    playbacks.get(hls.config)?.pool.stop();
    playbacks.delete(hls.config);
  };

  prototype.loadSource = function load(this: Hls, url: string) {
    stop(this);
    const { config } = this;
    if (config.fLoader === undefined || config.fLoader === Shared) {
      const content = new URL(url, document.baseURI).href;
      const { onChange, ...rest } = options;
      const pool: PeerPool = createPeerPool({
        ...rest,
        content,
        onChange: () => {
          if (playbacks.get(config)?.pool === pool) onChange?.(pool.stats);
        },
      });
      playbacks.set(config, {
        pool,
        media: () => this.media,
        isLive: () => this.latestLevelDetails?.live === true,
      });
      config.fLoader = Shared;
    }
    loadSource.call(this, url);
  };
  prototype.destroy = function end(this: Hls) {
    stop(this);
    destroy.call(this);
  };

  class Shared extends FragmentLoader {
    constructor(config: HlsConfig) {
      super(config, playbacks.get(config));
    }
  }

  return {
    get pools() {
      return [...playbacks.values()].map(({ pool }) => pool);
    },
    uninstall() {
      prototype.loadSource = loadSource;
      prototype.destroy = destroy;
    },
  };
}
