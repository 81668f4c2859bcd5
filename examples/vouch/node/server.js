/**
 * An app that vouches for its signed-in readers: the origin of a resource, and its signer, in one process.
 *
 *   RESOURCE=<address> KEY=vouching-key.json EPOCH_ZERO=… SAMPLE_SECS=300 node server.js
 *
 * `media vouch --json` prints RESOURCE, EPOCH_ZERO and SAMPLE_SECS. SITE is the origin under which viewers see the
 * page, which is the edge's: only its pages may ask for tokens.
 */
import { randomBytes } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import http from 'node:http';
import { createVouchHandler, createVoucher, readVouchingKey } from '@media-network/vouch';

const { RESOURCE = '', KEY = 'vouching-key.json', EPOCH_ZERO = '0', SAMPLE_SECS = '300' } = process.env;
const { SITE, PORT = '3000' } = process.env;

const voucher = createVoucher({
  resource: RESOURCE,
  vouchingKey: await readVouchingKey(KEY),
  hours: { epochZero: BigInt(EPOCH_ZERO), sampleSecs: Number(SAMPLE_SECS) },
  // An article is some megabytes: twice that is the most that a reader's session may cost.
  ceilingBytes: 16n * 1_048_576n,
});

/** Readers that are signed in. An app would look at its session store. */
const READERS = new Set(['anna', 'ben']);
const vouch = createVouchHandler(voucher, {
  ...(SITE === undefined ? {} : { origins: [SITE] }),
  allow: (request) => READERS.has(new URL(request.url ?? '/', 'http://app').searchParams.get('reader') ?? ''),
});

const script = await readFile(new URL(import.meta.resolve('@media-network/vouch/media-vouch.js')));
// As long as pictures would make an article; no-transform keeps edges from coding it for browsers.
const article = Buffer.from(randomBytes(600_000).toString('base64'));
const signer = (reader) => `http://127.0.0.1:${PORT}/media-token?reader=${reader}`;
const page = (reader) => `<!doctype html>
<html lang="en">
  <meta charset="utf-8">
  <title>An article for readers</title>
  <script src="/media-vouch.js" data-signer="${signer(reader)}"></script>
  <h1>An article for readers</h1>
  <p id="article"></p>
  <script>
    fetch('/article.txt').then((answer) => answer.text()).then((text) => {
      document.querySelector('#article').textContent = text;
    });
  </script>
</html>`;

http
  .createServer((request, response) => {
    const { pathname, searchParams } = new URL(request.url ?? '/', 'http://app');
    if (pathname === '/media-token') {
      void vouch(request, response);
    } else if (pathname === '/media-vouch.js') {
      response
        .writeHead(200, { 'content-type': 'text/javascript', 'cache-control': 'max-age=3600' })
        .end(script);
    } else if (pathname === '/article.txt') {
      response
        .writeHead(200, { 'content-type': 'text/plain', 'cache-control': 'max-age=300, no-transform' })
        .end(article);
    } else {
      const reader = /^[a-z]+$/.exec(searchParams.get('reader') ?? '')?.[0] ?? 'nobody';
      response.writeHead(200, { 'content-type': 'text/html', 'cache-control': 'no-store' }).end(page(reader));
    }
  })
  .listen(Number(PORT), '127.0.0.1', () => console.log(`http://127.0.0.1:${PORT}`));
