'use strict';
/**
 * Measures how far edges are from this page's viewer, and tells a guard, which keeps the mean for the viewer's prefix and nothing of
 * the viewer (docs/dns.md, What edges can take, and where prefixes are near). One script tag, from any guard of the network:
 *
 *   <script async src="https://guard.example/v1/beacon.js" data-resource="<label, host or address>"></script>
 *
 * A page never depends on it: whatever fails here is left at that.
 */
{
  /** One measurement of a viewer in so long says all. */
  const PAUSE_MS = 600_000;
  const TIMEOUT_MS = 3_000;
  /** The edges that a viewer would be led to, and one of the others, so that it is known of those as well. */
  const NEAREST = 2;
  const ROUND_TRIPS = 3;
  const STORE = 'media-beacon';
  const TARGET = '/.well-known/media-network/ready';
  /** Redirected twice, of which the edge takes the time by its own clock. */
  const BEACON = '/.well-known/media-network/beacon';

  const { src, dataset } = document.currentScript;

  const ask = (url) =>
    fetch(url, {
      mode: 'no-cors',
      cache: 'no-store',
      credentials: 'omit',
      signal: AbortSignal.timeout(TIMEOUT_MS),
    });

  /** The least of some round trips on a connection that is there already, in milliseconds. */
  const measure = async (edge) => {
    const url = new URL(TARGET, edge).href;
    await ask(new URL(BEACON, edge).href);
    let least = Infinity;
    for (let i = 0; i < ROUND_TRIPS; i += 1) {
      const begun = performance.now();
      await ask(url);
      least = Math.min(least, performance.now() - begun);
    }
    return least;
  };

  const run = async () => {
    const before = Number(sessionStorage.getItem(STORE));
    if (Date.now() - before < PAUSE_MS) return;
    sessionStorage.setItem(STORE, String(Date.now()));
    const guard = new URL(src).origin;
    const answer = await fetch(`${guard}/v1/edges?resource=${encodeURIComponent(dataset.resource)}`);
    const { edges } = await answer.json();
    const others = edges.slice(NEAREST);
    const looked = [
      ...edges.slice(0, NEAREST),
      ...others.splice(Math.floor(Math.random() * others.length), 1),
    ];
    const samples = [];
    // One after the other: two at once would measure each other.
    for (const { edge, url } of looked) {
      const ms = await measure(url).catch(() => undefined);
      if (ms > 0) samples.push({ edge, ms });
    }
    // As text, which asks nobody for leave first.
    if (samples.length > 0)
      await fetch(`${guard}/v1/rtt`, { method: 'POST', body: JSON.stringify({ samples }) });
  };

  const start = () => void run().catch(() => undefined);
  // What the page itself needs comes first.
  if (document.readyState === 'complete') start();
  else addEventListener('load', start, { once: true });
}
