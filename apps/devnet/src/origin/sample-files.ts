import { createHash } from 'node:crypto';
import { readFile, readdir, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

/** One file of the sample site, ready to be served. */
export interface SampleFile {
  /** Request target, with no query. */
  readonly target: string;
  readonly path: string;
  readonly bytes: number;
  readonly contentType: string;
  readonly cacheControl: string;
  /** Strong validator: of the content, so that it survives a restart. */
  readonly etag: string;
  readonly sha256: string;
  readonly lastModified: Date;
}

const CONTENT_TYPES: Readonly<Record<string, string>> = {
  bin: 'application/octet-stream',
  css: 'text/css; charset=utf-8',
  html: 'text/html; charset=utf-8',
  jpg: 'image/jpeg',
  js: 'text/javascript; charset=utf-8',
  m3u8: 'application/vnd.apple.mpegurl',
  m4s: 'video/iso.segment',
  mp4: 'video/mp4',
  png: 'image/png',
  svg: 'image/svg+xml',
};

const DAY = 86_400;
const CACHE_CONTROL: Readonly<Record<string, string>> = {
  html: 'public, max-age=60',
  m3u8: 'public, max-age=60',
  css: `public, max-age=${DAY}`,
  js: `public, max-age=${DAY}`,
  svg: `public, max-age=${DAY}`,
  jpg: `public, max-age=${7 * DAY}`,
  png: `public, max-age=${7 * DAY}`,
  bin: `public, max-age=${DAY}`,
  // Segments never change under their name.
  m4s: `public, max-age=${365 * DAY}, immutable`,
  mp4: `public, max-age=${365 * DAY}, immutable`,
};

const SAMPLE = fileURLToPath(new URL('../../sample/', import.meta.url));

async function describe(target: string, path: string): Promise<SampleFile> {
  const extension = path.slice(path.lastIndexOf('.') + 1);
  const [body, info] = await Promise.all([readFile(path), stat(path)]);
  const sha256 = createHash('sha256').update(body).digest('hex');
  return {
    target,
    path,
    bytes: body.length,
    contentType: CONTENT_TYPES[extension] ?? 'application/octet-stream',
    cacheControl: CACHE_CONTROL[extension] ?? 'public, max-age=60',
    etag: `"${sha256.slice(0, 32)}"`,
    sha256,
    lastModified: new Date(Math.floor(info.mtimeMs / 1000) * 1000),
  };
}

/** Every file of the site by its target: pages, pictures, the stream, hls.js, and the download. */
export async function loadSampleFiles(downloadPath: string): Promise<ReadonlyMap<string, SampleFile>> {
  const wanted: [target: string, path: string][] = [
    ['/hls.min.js', fileURLToPath(import.meta.resolve('hls.js/dist/hls.min.js'))],
    ['/download/50mb.bin', downloadPath],
  ];
  for (const [folder, prefix] of [
    ['site', '/'],
    ['pictures', '/pictures/'],
    ['hls', '/hls/'],
  ] as const) {
    const root = join(SAMPLE, folder);
    for (const entry of await readdir(root, { recursive: true, withFileTypes: true })) {
      if (!entry.isFile()) continue;
      const path = join(entry.parentPath, entry.name);
      wanted.push([prefix + path.slice(root.length + 1).replaceAll('\\', '/'), path]);
    }
  }
  const files = new Map<string, SampleFile>();
  for (const [target, path] of wanted) files.set(target, await describe(target, path));
  const index = files.get('/index.html');
  if (index !== undefined) files.set('/', { ...index, target: '/' });
  const watch = files.get('/peerpool.html');
  if (watch !== undefined) files.set('/watch', { ...watch, target: '/watch' });
  return files;
}
