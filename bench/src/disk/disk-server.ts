/**
 * Opens the cache store of an edge over a folder and says how long that takes, as lines of JSON: `open` with
 * what is known when the store can be used, `read` when the whole index is. Arguments: dir, objects, and how long
 * opening may wait, in milliseconds.
 */
import { openCacheStore } from '@media-network/http-cache';

const [dir = '', objects = '0', recoverWithinMs = '0'] = process.argv.slice(2);
const LOOK_MS = 50;

function say(event: 'open' | 'read', entries: number): void {
  const ms = Math.round(performance.now() - begun);
  process.stdout.write(`${JSON.stringify({ event, ms, entries, rssBytes: process.memoryUsage.rss() })}\n`);
}

const begun = performance.now();
const store = await openCacheStore({
  maxRamBytes: 256 * 2 ** 20,
  disk: { dir, maxBytes: 64 * 2 ** 30, recoverWithinMs: Number(recoverWithinMs) },
});
say('open', store.stats.entries);
while (store.stats.entries < Number(objects)) await new Promise((resolve) => setTimeout(resolve, LOOK_MS));
say('read', store.stats.entries);
await store.close();
