import { button, check, fill, h, select } from '@media-network/ui';
import type Hls from 'hls.js';
import { text } from './site.ts';

declare global {
  interface Window {
    Hls?: typeof Hls;
  }
}

export interface Player {
  readonly element: HTMLElement;
  /** Whether a picture moves. */
  readonly playing: boolean;
}

const RETRY_MS = 2_000;

/** The player's library is most of the site's weight: only pages that play load it. */
function loadLibrary(): Promise<typeof Hls | undefined> {
  return new Promise((resolve) => {
    const script = h('script', { src: '/assets/hls.js' });
    script.addEventListener('load', () => resolve(window.Hls));
    script.addEventListener('error', () => resolve(undefined));
    document.head.append(script);
  });
}

/** Plays a playlist from its live end; one that is not there yet is asked for again. */
export function createPlayer(source: string, channel: string): Player {
  const video = h('video', {
    controls: true,
    autoplay: true,
    playsinline: true,
    'aria-label': text('video', { channel }),
  });
  // A page may play by itself only what is silent.
  video.muted = true;
  const note = h('p', { class: 'over', role: 'status' }, text('loading'));
  const quality = h('div', {});
  let player: Hls | undefined;
  let low = false;

  const say = (words: string): void => {
    fill(note, words);
    note.hidden = words === '';
  };

  function offerQualities(hls: Hls): void {
    const levels = hls.levels
      .map(({ width, height }, index) => [String(index), `${Math.min(width, height)}p`] as const)
      .toReversed();
    if (levels.length < 2) return fill(quality);
    const choice = select([['-1', text('automatic')], ...levels], '-1');
    choice.className = 'input';
    choice.setAttribute('aria-label', text('quality'));
    choice.addEventListener('change', () => {
      hls.nextLevel = Number(choice.value);
    });
    fill(quality, choice);
  }

  async function start(): Promise<void> {
    player?.destroy();
    const Library = window.Hls ?? (await loadLibrary());
    if (Library === undefined || !Library.isSupported()) {
      video.src = source;
      say('');
      return;
    }
    const hls = new Library({ lowLatencyMode: low, backBufferLength: 30 });
    player = hls;
    hls.on(Library.Events.FRAG_BUFFERED, () => say(''));
    hls.on(Library.Events.MANIFEST_PARSED, () => offerQualities(hls));
    hls.on(Library.Events.ERROR, (_, { fatal, type }) => {
      if (!fatal || player !== hls) return;
      if (type === Library.ErrorTypes.MEDIA_ERROR) hls.recoverMediaError();
      else {
        say(text('waiting'));
        setTimeout(() => void start(), RETRY_MS);
      }
    });
    hls.loadSource(source);
    hls.attachMedia(video);
  }
  void start();

  return {
    element: h(
      'div',
      { class: 'stack close' },
      h('div', { class: 'screen' }, video, note),
      h(
        'div',
        { class: 'row' },
        check(text('lowLatency'), false, (checked) => {
          low = checked;
          void start();
        }),
        button(text('jumpToLive'), {
          small: true,
          press() {
            const live = player?.liveSyncPosition;
            if (live !== null && live !== undefined) video.currentTime = live;
            void video.play();
          },
        }),
        quality,
      ),
    ),
    get playing() {
      return note.hidden && !video.paused && !video.ended && video.readyState > 2;
    },
  };
}
