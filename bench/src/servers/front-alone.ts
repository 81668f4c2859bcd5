/**
 * The front and the cache alone, without chain, journal and admission: what the edge can reach at best.
 * A script for the bench; `media edge` is measured by the same bench.
 *
 * Arguments: origin certFile keyFile.
 */
import { readFileSync } from 'node:fs';
import {
  cacheKey,
  cacheStatusMember,
  currentAgeSeconds,
  entryMeta,
  fillFrom,
  openCacheStore,
  reuse,
  storability,
} from '@media-network/http-cache';
import type { StoredEntry } from '@media-network/http-cache';
import { FastHit, createFastHit, createFront } from '@media-network/http-front';

const [origin = '', certFile = '', keyFile = ''] = process.argv.slice(2);
const store = await openCacheStore({ maxRamBytes: 256 * 1024 * 1024, maxRamObjectBytes: 4 * 1024 * 1024 });
const HOST = 'bench.localhost';
let bytes = 0;

function keyOf(target: string): string {
  return cacheKey({ tenant: HOST, target });
}

function hitOf(entry: StoredEntry, body: Buffer): FastHit<string> {
  const { meta } = entry;
  return createFastHit({
    token: HOST,
    status: meta.status,
    headers: meta.headers.filter((_, i, all) => all[i - (i % 2)]?.toLowerCase() !== 'content-length'),
    body,
    varying: (second) => {
      const ttlSeconds = meta.freshness.freshUntilMs / 1000 - second;
      return [
        'Age',
        String(currentAgeSeconds(meta.freshness, second * 1000)),
        'Cache-Status',
        cacheStatusMember('bench', { kind: 'hit', ttlSeconds }),
      ];
    },
  });
}

const front = createFront<string>({
  fast(request) {
    if (request.host !== HOST) return undefined;
    const entry = store.peek(keyOf(request.target), (name) => request.header(name));
    if (entry?.body === undefined || reuse(entry.meta.freshness, Date.now()).kind !== 'fresh')
      return undefined;
    if (entry.attachment instanceof FastHit) return entry.attachment; // only this function sets it
    const hit = hitOf(entry, entry.body);
    entry.attachment = hit;
    return hit;
  },
  async answer(request) {
    const requestedAtMs = Date.now();
    const upstream = await fetch(origin + request.target);
    const headers = [...upstream.headers].flat();
    const body = Buffer.from(await upstream.arrayBuffer());
    const message = {
      status: upstream.status,
      statusText: upstream.statusText,
      headers,
      requestedAtMs,
      receivedAtMs: Date.now(),
    };
    const decision = storability(request, message);
    if (decision.kind === 'store') {
      const fill = store.begin(keyOf(request.target), entryMeta(request.header, message, decision.freshness));
      await fillFrom(
        fill,
        (async function* whole() {
          yield body;
        })(),
        { expectedLength: body.length },
      );
    }
    return {
      status: upstream.status,
      statusText: upstream.statusText,
      headers: ['Cache-Status', cacheStatusMember('bench', { kind: 'forward', reason: 'uri-miss' })],
      contentLength: body.length,
      body,
      token: HOST,
    };
  },
  onWritten(_token, head, body) {
    bytes += head + body;
  },
});

const where = { host: '127.0.0.1', port: 0 };
const http = await front.listen(where);
const https = await front.listenTls(where, { cert: readFileSync(certFile), key: readFileSync(keyFile) });
process.stdout.write(`${JSON.stringify({ httpPort: http.port, httpsPort: https.port, hostHeader: HOST })}\n`);
process.once('SIGTERM', () => {
  front.close({ graceMs: 100 }).then(
    () => {
      process.stderr.write(`front alone: ${bytes} bytes accounted\n`);
      process.exit(0);
    },
    () => process.exit(1),
  );
});
