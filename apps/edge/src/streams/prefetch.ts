import type { StoredEntry } from '@media-network/http-cache';
import { headerValue } from '@media-network/http-cache';
import type { ParsedRequest } from '@media-network/http-front';
import { askedTarget, firstFor } from '@media-network/rules';
import { errorCode } from '@media-network/runtime';
import type { Clock, Log } from '@media-network/runtime';
import type { OriginSettings } from '../origin/origin-settings.ts';
import { madeRequest } from '../serve/made-request.ts';
import type { Answer } from '../serve/answer.ts';
import { readOut } from '../serve/origin-body.ts';
import { OWN_PREFIX } from '../serve/own-answer.ts';
import { createRememberedKeys } from '../serve/remembered-keys.ts';
import { admittedVisit } from '../serve/visit.ts';
import type { AdmittedVisit } from '../serve/visit.ts';
import type { Tenant } from '../tenant/tenant-book.ts';
import { isPlaylist, nextSegments } from './playlist.ts';

/** Whose playlist it is, and how it was asked for. */
export interface PlaylistOf {
  readonly tenant: Tenant;
  readonly settings: OriginSettings;
  readonly path: string;
  readonly target: string;
  readonly viewer: { readonly scheme: 'http' | 'https'; readonly host: string };
}

export interface Prefetch {
  /** A new playlist is in the cache. */
  stored(of: PlaylistOf, entry: StoredEntry): void;
}

export interface PrefetchDeps {
  /** look-up → fetch, as for a viewer without any fields. */
  readonly seek: (visit: AdmittedVisit) => Promise<Answer>;
  readonly requestId: () => string;
  readonly clock: Clock;
  readonly log: Log;
}

const SEGMENTS = 2;
/** All edges' playlists together: viewers come first. */
const MAX_UNDER_WAY = 8;
/** Longer ones are no segments of a stream. */
const MAX_BYTES = 16 * 2 ** 20;
/** A playlist comes again with most of the same names. */
const REMEMBER_MS = 60_000;
const MAX_TARGET = 2_048;
const WAIT_MS = 10_000;

/**
 * Where a name in a playlist leads, if that is below the same scheme and host: an origin's word must not make an
 * edge ask anybody else.
 */
export function targetBelow(
  { target, viewer }: Pick<PlaylistOf, 'target' | 'viewer'>,
  name: string,
): string | undefined {
  const base = `${viewer.scheme}://${viewer.host}`;
  const url = URL.parse(name, `${base}${target}`);
  if (url === null || url.origin !== new URL(base).origin || url.username !== '' || url.password !== '')
    return undefined;
  const found = url.pathname + url.search;
  const isFit = found.length <= MAX_TARGET && !found.startsWith('//') && !found.startsWith(OWN_PREFIX);
  return isFit ? found : undefined;
}

export function createPrefetch({ seek, requestId, clock, log }: PrefetchDeps): Prefetch {
  const known = createRememberedKeys<true>(clock, REMEMBER_MS);
  let underWay = 0;

  async function fetchAhead(of: PlaylistOf, target: string): Promise<void> {
    underWay += 1;
    try {
      const { tenant, settings } = of;
      const asked = { id: requestId(), request: requestFor(of, target), startedAtMs: clock.nowMs() };
      const { body, contentLength } = await seek(
        admittedVisit(asked, { tenant, settings, session: undefined }),
      );
      if (body === undefined || Buffer.isBuffer(body)) return;
      if ((contentLength ?? 0) > MAX_BYTES) await body[Symbol.asyncIterator]().return?.();
      else await readOut(body);
    } catch (error) {
      log.debug({ code: errorCode(error) }, 'a segment could not be fetched ahead');
    } finally {
      underWay -= 1;
    }
  }

  return {
    stored(of, entry) {
      const { settings, path, viewer } = of;
      const type = headerValue(entry.meta.headers, 'content-type');
      if (firstFor(settings.rules.prefetch, path) === undefined || !isPlaylist(path, type)) return;
      if (entry.body === undefined || entry.meta.status !== 200) return;
      const url = `${viewer.scheme}://${viewer.host}${of.target}`;
      for (const name of nextSegments(entry.body, { count: SEGMENTS, nowMs: clock.nowMs(), url })) {
        const target = targetBelow(of, name);
        if (target === undefined) continue;
        const key = `${viewer.scheme}://${viewer.host}${target}`;
        if (known.get(key) === true || underWay >= MAX_UNDER_WAY) continue;
        known.note(key, true);
        void fetchAhead(of, target);
      }
    },
  };
}

/** Nobody's request: nothing of a viewer is in it. */
function requestFor({ settings, viewer }: PlaylistOf, named: string): ParsedRequest {
  const values: Readonly<Record<string, string>> = { host: viewer.host, accept: '*/*' };
  return madeRequest({
    ...viewer,
    target: askedTarget(settings.rules, named),
    header: (name) => values[name],
    rawHeaders: ['Accept', '*/*'],
    signal: AbortSignal.timeout(WAIT_MS),
  });
}
