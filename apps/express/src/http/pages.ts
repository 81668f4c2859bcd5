import { createHash } from 'node:crypto';
import { gzipSync } from 'node:zlib';
import { readOwnFile } from '@media-network/runtime/own-parts';

/** A file of the site, as it is and smaller. */
export interface Asset {
  readonly type: string;
  readonly body: Buffer;
  readonly gzip: Buffer;
  readonly etag: string;
}

const HTML = 'text/html; charset=utf-8';
const SCRIPT = 'text/javascript; charset=utf-8';
const STYLE = 'text/css; charset=utf-8';

const assetOf = (type: string, body: Buffer): Asset => ({
  type,
  body,
  gzip: gzipSync(body, { level: 9 }),
  etag: `"${createHash('sha256').update(body).digest('base64url').slice(0, 22)}"`,
});

const ICON =
  '<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 16 16"><rect width="16" height="16" rx="4" fill="#1b59cf"/><path d="M6 4.5v7l6-3.5z" fill="#fff"/></svg>';

/** Where pages are: the script looks at the path. */
const PAGES = /^\/(?:|studio|components|(?:watch|audience|videos)\/[a-z0-9-]{1,32})$/;

/** Pages, scripts and styles of the web front, by path. */
export function readPages({ title }: { readonly title: string }): (path: string) => Asset | undefined {
  const shell = readOwnFile(new URL('../../browser/express.html', import.meta.url)).toString('utf8');
  const page = assetOf(HTML, Buffer.from(shell.replaceAll('{{title}}', escapeHtml(title))));
  const files: ReadonlyMap<string, Asset> = new Map([
    ['/assets/icon.svg', assetOf('image/svg+xml', Buffer.from(ICON))],
    [
      '/assets/express.js',
      assetOf(SCRIPT, readOwnFile(new URL('../../browser/media-express.js', import.meta.url))),
    ],
    [
      '/assets/express.css',
      assetOf(STYLE, readOwnFile(new URL('../../browser/media-express.css', import.meta.url))),
    ],
    [
      '/assets/hls.js',
      assetOf(
        SCRIPT,
        readOwnFile(new URL('../../../../node_modules/hls.js/dist/hls.min.js', import.meta.url)),
      ),
    ],
  ]);
  return (path) => files.get(path) ?? (PAGES.test(path) ? page : undefined);
}

const ENTITIES: Readonly<Record<string, string>> = {
  '&': '&amp;',
  '<': '&lt;',
  '>': '&gt;',
  '"': '&quot;',
  "'": '&#39;',
};
export const escapeHtml = (text: string): string =>
  text.replaceAll(/[&<>"']/g, (letter) => ENTITIES[letter] ?? '');
