/* oxlint-disable unicorn/consistent-function-scoping -- a classic script has no module scope of its own */
'use strict';
/**
 * Vouches for what a page fetches through the Media Network: asks the publisher's signer for a token, sends it with
 * the page's requests to the hosts named, and signs for the bytes that arrive (docs/evidence.md, Vouched and open
 * bytes). One script tag; with `data-worker` the same file is the page's service worker as well.
 *
 *   <script src="/media-vouch.js" data-signer="https://example.org/media-token" data-worker></script>
 *
 * A page never depends on it: whatever fails here, the request goes out without a token.
 */
{
  const RECEIPTS_PATH = '/.well-known/media-network/receipts';
  /** What an edge counts of an answer beyond its body: the head, and a part of it for framing. */
  const HEAD_BYTES = 2048;
  const FRAMING_PART = 256;
  const MAX_SEEN = 512;
  /** Longest that a signer is left alone after it gave no token. */
  const PAUSE_MS = 60_000;
  const STORE = 'media-vouch';

  const inWorker = typeof ServiceWorkerGlobalScope === 'function' && self instanceof ServiceWorkerGlobalScope;
  const plainFetch = self.fetch.bind(self);

  /* ---- bytes ---- */

  const ALPHABET = '123456789ABCDEFGHJKLMNPQRSTUVWXYZabcdefghijkmnopqrstuvwxyz';
  /** The 32 bytes of an address. */
  function addressBytes(text) {
    let value = 0n;
    for (const char of text) {
      const digit = ALPHABET.indexOf(char);
      if (digit < 0) return undefined;
      value = value * 58n + BigInt(digit);
    }
    const out = new Uint8Array(32);
    for (let i = 31; i >= 0; i -= 1, value >>= 8n) out[i] = Number(value & 255n);
    return value === 0n ? out : undefined;
  }
  const toHex = (bytes) => Array.from(bytes, (byte) => byte.toString(16).padStart(2, '0')).join('');
  const fromHex = (text) => Uint8Array.from(text.match(/../g) ?? [], (pair) => Number.parseInt(pair, 16));
  const toBase64Url = (bytes) =>
    btoa(String.fromCharCode(...bytes))
      .replaceAll('+', '-')
      .replaceAll('/', '_')
      .replaceAll('=', '');

  /* ---- the key and the token ---- */

  /** What is kept of a session, so that the next page of this tab, or the worker when it wakes, goes on with it. */
  const store = {
    async load() {
      try {
        if (!inWorker) return JSON.parse(sessionStorage.getItem(STORE) ?? 'null');
        const kept = await (await caches.open(STORE)).match('/state');
        return kept === undefined ? null : await kept.json();
      } catch {
        return null;
      }
    },
    async save(state) {
      try {
        const text = JSON.stringify(state);
        if (inWorker) await (await caches.open(STORE)).put('/state', new Response(text));
        else sessionStorage.setItem(STORE, text);
      } catch {
        // Private windows keep nothing: the next page takes another token.
      }
    },
  };

  /** The token's fields that matter here, of its 165 bytes. */
  function readToken(bytes) {
    const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
    return {
      bytes,
      header: toBase64Url(bytes),
      session: bytes.subarray(1, 17),
      resource: bytes.subarray(17, 49),
      hour: view.getBigUint64(81, true),
      creditWindow: view.getUint32(97, true),
    };
  }

  /* ---- receipts ---- */

  function createEdge(url) {
    return {
      url,
      own: 0,
      most: 0,
      answers: 0,
      best: 0,
      served: 0,
      signed: 0,
      sequence: 0,
      posting: false,
      capped: false,
    };
  }

  /** Bytes to sign for: what arrived, and what the edge says it served as far as that can be. */
  function plausible(edge) {
    if (edge.capped) return edge.served;
    const bound = edge.most + HEAD_BYTES * edge.answers + Math.floor(edge.most / FRAMING_PART);
    return Math.min(Math.max(edge.own, edge.best), bound);
  }

  async function receipt(of, edge, bytes) {
    const out = new Uint8Array(184);
    const view = new DataView(out.buffer);
    out[0] = 1;
    out.set(of.token.session, 8);
    out.set(edge.address, 24);
    out.set(of.token.resource, 56);
    view.setBigUint64(88, BigInt(bytes), true);
    view.setBigUint64(96, BigInt(edge.sequence), true);
    const name = new TextEncoder().encode('media-network receipt v1\0');
    const message = new Uint8Array(name.length + 120);
    message.set(name);
    message.set(out.subarray(0, 120), name.length);
    out.set(new Uint8Array(await crypto.subtle.sign('Ed25519', of.key, message)), 120);
    return out;
  }

  /* ---- requests ---- */

  function withToken(request, token) {
    const headers = new Headers(request.headers);
    headers.set('media-token', token.header);
    // A worker cannot fetch as a navigation, nor set headers without CORS.
    const mode =
      request.mode === 'navigate' ? 'same-origin' : request.mode === 'no-cors' ? 'cors' : request.mode;
    const credentials =
      mode === 'cors' && request.mode === 'no-cors' && new URL(request.url).origin !== self.location.origin
        ? 'omit'
        : request.credentials;
    const redirect = request.mode === 'navigate' ? 'manual' : request.redirect;
    return new Request(request, { headers, mode, credentials, redirect });
  }

  /**
   * A session with the signer's resource: { key, token, edges }. `edges` by address: what each has served of it, as far
   * as this client knows, and how much is signed.
   */
  function createVouch(config) {
    let session;
    let pending;
    let pausedUntil = 0;
    const seen = new Set();
    const loading = resume().catch(() => undefined);

    /** Goes on with the session that was kept, if it is of this signer. */
    async function resume() {
      const kept = await store.load();
      if (kept === null || kept.signer !== config.signer) return;
      const key = await crypto.subtle.importKey('jwk', kept.key, 'Ed25519', true, ['sign']);
      const edges = new Map(
        kept.edges.map(([name, edge]) => [
          name,
          { ...createEdge(edge.url), ...edge, address: addressBytes(name) },
        ]),
      );
      session = { key, jwk: kept.key, token: readToken(fromHex(kept.token)), edges };
    }

    function save() {
      if (session === undefined) return;
      const edges = [...session.edges].map(([name, edge]) => [
        name,
        {
          url: edge.url,
          own: edge.own,
          most: edge.most,
          answers: edge.answers,
          best: edge.best,
          served: edge.served,
          signed: edge.signed,
          sequence: edge.sequence,
        },
      ]);
      void store.save({ signer: config.signer, key: session.jwk, token: toHex(session.token.bytes), edges });
    }

    async function take(hour) {
      const pair = await crypto.subtle.generateKey('Ed25519', true, ['sign', 'verify']);
      const publicKey = new Uint8Array(await crypto.subtle.exportKey('raw', pair.publicKey));
      const wish = { clientKey: toHex(publicKey), ...(hour === undefined ? {} : { hour: String(hour) }) };
      // As text/plain, so that a signer on another origin is asked without a preflight.
      const response = await plainFetch(config.signer, {
        method: 'POST',
        body: JSON.stringify(wish),
        credentials: config.credentials,
      });
      if (!response.ok) {
        const wait = Number(response.headers.get('retry-after')) * 1000;
        pausedUntil = Date.now() + Math.min(PAUSE_MS, wait > 0 ? wait : PAUSE_MS);
        throw new Error(`the signer answered ${response.status}`);
      }
      const bytes = new Uint8Array(await response.arrayBuffer());
      if (bytes.length !== 165 || bytes[0] !== 2) throw new Error('the signer gave no token');
      const jwk = await crypto.subtle.exportKey('jwk', pair.privateKey);
      session = { key: pair.privateKey, jwk, token: readToken(bytes), edges: new Map() };
      save();
      return session;
    }

    /** The session to send with; undefined where there is none to be had. `refused` is one that an edge did not take. */
    async function current(refused, hour) {
      await loading;
      if (session !== undefined && session !== refused) return session;
      if (Date.now() < pausedUntil) return undefined;
      pending ??= take(hour).finally(() => {
        pending = undefined;
      });
      try {
        return await pending;
      } catch {
        pausedUntil = Math.max(pausedUntil, Date.now() + 1000);
        return undefined;
      }
    }

    async function post(of, edge) {
      if (edge.posting) return;
      edge.posting = true;
      try {
        for (let bytes = plausible(edge); bytes > edge.signed; bytes = plausible(edge)) {
          edge.sequence += 1;
          const response = await plainFetch(new URL(RECEIPTS_PATH, edge.url), {
            method: 'POST',
            headers: { 'content-type': 'application/octet-stream' },
            body: await receipt(of, edge, bytes),
            keepalive: true,
          });
          if (response.status === 204) {
            edge.signed = bytes;
            save();
            continue;
          }
          const { code } = await response.json().catch(() => ({}));
          // An answer out of the browser's own cache was never served: what the edge says of itself stands.
          if (code !== 'receipt/over-limit' || edge.capped) break;
          edge.capped = true;
        }
      } catch {
        // The next answer's receipt covers this one.
      } finally {
        edge.posting = false;
      }
    }

    /** The answer, its body counted and signed for as it passes. */
    function counted(of, response) {
      const name = response.headers.get('media-edge');
      const served = Number(response.headers.get('media-served'));
      const id = response.headers.get('media-request');
      if (name === null || response.headers.get('media-served') === null || !Number.isSafeInteger(served))
        return response;
      // The same answer again is one out of the browser's cache.
      if (id !== null) {
        if (seen.has(id)) return response;
        seen.add(id);
        for (const oldest of seen) {
          if (seen.size <= MAX_SEEN) break;
          seen.delete(oldest);
        }
      }
      let edge = of.edges.get(name);
      if (edge === undefined) {
        const address = addressBytes(name);
        if (address === undefined) return response;
        edge = { ...createEdge(response.url), address };
        of.edges.set(name, edge);
      }
      const { url } = response;
      edge.url = url;
      edge.answers += 1;
      edge.served = Math.max(edge.served, served);
      edge.best = Math.max(edge.best, served);
      edge.capped = false;
      const every = Math.max(16_384, Math.floor(of.token.creditWindow / 4));
      const encoded = response.headers.has('content-encoding');
      const length = Number(response.headers.get('content-length') ?? 0);
      let body = 0;
      let asked = 0;
      const add = (bytes) => {
        body += bytes;
        edge.own += bytes;
        edge.most += bytes;
        edge.best = Math.max(edge.best, served + body);
      };
      const done = () => {
        if (encoded) add(length);
        void post(of, edge);
      };
      if (response.body === null) {
        done();
        return response;
      }
      const passed = response.body.pipeThrough(
        new TransformStream({
          transform(chunk, controller) {
            // Of a compressed body only the length is known of what came over the wire; its text bounds it.
            if (encoded) edge.most += length > 0 ? 0 : chunk.byteLength;
            else add(chunk.byteLength);
            if (body - asked >= every) {
              asked = body;
              void post(of, edge);
            }
            controller.enqueue(chunk);
          },
          flush: done,
        }),
      );
      const { status, statusText, headers, redirected, type } = response;
      const copy = new Response(passed, { status, statusText, headers });
      // A response of one's own making knows neither where it came from nor how.
      for (const [field, value] of Object.entries({ url, redirected, type }))
        Object.defineProperty(copy, field, { value });
      return copy;
    }

    function concerns(request) {
      const url = new URL(request.url);
      return (
        config.hosts.includes(url.host) &&
        (request.method === 'GET' || request.method === 'HEAD') &&
        !url.pathname.startsWith('/.well-known/media-network/') &&
        url.href.split('#')[0] !== config.signer
      );
    }

    return {
      concerns,
      async fetch(request) {
        let used = await current();
        if (used === undefined) return plainFetch(request);
        let response;
        try {
          response = await plainFetch(withToken(request.clone(), used.token));
          if (response.status === 401 && (response.headers.get('media-error') ?? '').startsWith('token/')) {
            const hour = response.headers.get('media-hour') ?? undefined;
            used = await current(used, hour);
            if (used === undefined) return await plainFetch(request);
            response = await plainFetch(withToken(request.clone(), used.token));
            if (response.status === 401) {
              // Signer and edge do not agree: not again with each request.
              session = undefined;
              pausedUntil = Date.now() + PAUSE_MS;
              return await plainFetch(request);
            }
          }
        } catch (error) {
          if (request.signal.aborted) throw error;
          // Where the host does not let a page send the header, it serves the page without.
          return plainFetch(request);
        }
        return counted(used, response);
      },
      figures() {
        const edges = [...(session?.edges ?? [])].map(([edge, { signed, own, answers }]) => ({
          edge,
          signed,
          received: own,
          answers,
        }));
        return { hour: session === undefined ? null : String(session.token.hour), edges };
      },
    };
  }

  /* ---- as a service worker, as a script tag ---- */

  if (inWorker) {
    const parameters = new URL(self.location.href).searchParams;
    const vouch = createVouch({
      signer: parameters.get('signer') ?? '',
      hosts: (parameters.get('hosts') ?? self.location.host).split(','),
      credentials: 'same-origin',
    });
    self.addEventListener('install', () => void self.skipWaiting());
    self.addEventListener('activate', (event) => event.waitUntil(self.clients.claim()));
    self.addEventListener('fetch', (event) => {
      if (vouch.concerns(event.request)) event.respondWith(vouch.fetch(event.request));
    });
    self.addEventListener('message', (event) => event.ports[0]?.postMessage(vouch.figures()));
  } else startPage();

  function startPage() {
    const tag = document.currentScript;
    const signer = tag?.dataset.signer;
    if (signer === undefined || crypto.subtle === undefined) {
      console.warn('media-vouch: needs data-signer, and a page over https');
      return;
    }
    const config = {
      signer: new URL(signer, location.href).href,
      hosts: (tag.dataset.hosts ?? location.host).split(',').map((host) => host.trim()),
      credentials: 'same-origin',
    };
    const vouch = createVouch(config);

    /** Once a worker has taken over, it vouches for everything; until then, and without one, this does for `fetch`. */
    const workerHere = () => tag.dataset.worker !== undefined && navigator.serviceWorker?.controller != null;
    self.fetch = (input, init) => {
      const request = new Request(input, init);
      return !workerHere() && vouch.concerns(request) ? vouch.fetch(request) : plainFetch(input, init);
    };
    if (tag.dataset.worker !== undefined && 'serviceWorker' in navigator) {
      const url = new URL(tag.src);
      url.search = new URLSearchParams({ signer: config.signer, hosts: config.hosts.join(',') }).toString();
      navigator.serviceWorker
        .register(url)
        .catch((error) => console.warn(`media-vouch: no worker: ${error.message}`));
    }

    self.mediaVouch = {
      /** What this page, or its worker, has signed for: { hour, edges: [{ edge, signed, received, answers }] }. */
      figures: () =>
        !workerHere()
          ? Promise.resolve(vouch.figures())
          : new Promise((resolve) => {
              const channel = new MessageChannel();
              channel.port1.addEventListener('message', (event) => resolve(event.data), { once: true });
              channel.port1.start();
              navigator.serviceWorker.controller.postMessage('figures', [channel.port2]);
            }),
    };
  }
}
