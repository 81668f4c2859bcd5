import { readOwnFile } from '@media-network/runtime/own-parts';
import type { Answer } from './answer.ts';
import { framedBy } from './embedding.ts';

const HTML = 'text/html; charset=utf-8';
const SCRIPT = 'text/javascript; charset=utf-8';
/** By the path at which they are asked for. */
const FILES: readonly (readonly [path: string, file: URL, type: string])[] = [
  ['/', new URL('../../player/channels.html', import.meta.url), HTML],
  ['/player/page.css', new URL('../../player/page.css', import.meta.url), 'text/css; charset=utf-8'],
  ['/player/watch.js', new URL('../../player/watch.js', import.meta.url), SCRIPT],
  ['/player/timeline.js', new URL('../../player/timeline.js', import.meta.url), SCRIPT],
  ['/player/channels.js', new URL('../../player/channels.js', import.meta.url), SCRIPT],
  ['/player/hls.js', new URL('../../../../node_modules/hls.js/dist/hls.min.js', import.meta.url), SCRIPT],
];
const PAGE_SECONDS = 60;

/** The player's pages, and the library that they play with, read once. */
export function readPages(): ReadonlyMap<string, Answer> {
  return new Map(
    FILES.map(([path, file, type]) => [
      path,
      {
        status: 200,
        type,
        body: readOwnFile(file),
        maxAge: PAGE_SECONDS,
        // Nobody else shows it in a frame.
        ...(type === HTML ? { headers: framedBy(["'self'"]) } : {}),
      },
    ]),
  );
}

/** The page that plays a channel. */
export const readPlayerPage = (): Answer => ({
  status: 200,
  type: HTML,
  body: readOwnFile(new URL('../../player/watch.html', import.meta.url)),
  maxAge: PAGE_SECONDS,
});
