import { promisify } from 'node:util';
import { gunzip } from 'node:zlib';
import { Agent, interceptors, request } from 'undici';
import type { Post } from './post.ts';
import { JSON_FIELDS } from './post.ts';

const unzipped = promisify(gunzip);
/** From http to https, and to a region; more of them lead nowhere. */
const MAX_REDIRECTS = 5;

/**
 * For daemons, which ask their node hundreds of times a minute: without what fetch does besides, a call takes a sixth
 * of its processor time (docs/bench.md). Connections are kept, and hold no process up while they idle.
 */
export function createNodePost(): Post {
  const dispatcher = new Agent().compose(interceptors.redirect({ maxRedirections: MAX_REDIRECTS }));
  return async (url, body, signal) => {
    const answer = await request(url, {
      method: 'POST',
      headers: { ...JSON_FIELDS, 'accept-encoding': 'gzip' },
      body,
      dispatcher,
      ...(signal === undefined ? {} : { signal }),
    });
    const { 'content-encoding': coding, 'retry-after': retryAfter } = answer.headers;
    return {
      status: answer.statusCode,
      statusText: answer.statusText,
      retryAfter: Array.isArray(retryAfter) ? retryAfter[0] : retryAfter,
      text:
        coding === 'gzip'
          ? (await unzipped(new Uint8Array(await answer.body.arrayBuffer()))).toString()
          : await answer.body.text(),
    };
  };
}
