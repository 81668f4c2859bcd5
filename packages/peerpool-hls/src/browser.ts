import { efficiency } from '@media-network/peerpool';
import type Hls from 'hls.js';
import { install } from './install.ts';

/**
 * What the script tag does: `MediaPeerPool.install(Hls, options)` for pages that say how; with `data-auto` on the tag,
 * as edges add it, every hls.js that the page brings shares by itself.
 */
declare global {
  interface Window {
    MediaPeerPool?: { readonly install: typeof install; readonly efficiency: typeof efficiency };
    Hls?: typeof Hls;
  }
}

window.MediaPeerPool = { install, efficiency };
const tag = document.currentScript;
if (tag instanceof HTMLScriptElement && tag.dataset['auto'] !== undefined) {
  if (window.Hls !== undefined) install(window.Hls);
  else {
    // It comes later: when the page's script says what it is.
    let found: typeof Hls | undefined;
    Object.defineProperty(window, 'Hls', {
      configurable: true,
      enumerable: true,
      get: () => found,
      set(value: typeof Hls) {
        found = value;
        install(value);
      },
    });
  }
}
