import {
  MAX_PURGE_BYTES,
  MAX_PURGE_WHAT,
  PURGE_FRAME_BYTES,
  isPurgeable,
  purgeWhatBytes,
} from '@media-network/protocol';
import type { PurgeWhat } from '@media-network/protocol';
import { MediaError } from '@media-network/runtime';
import { placeOf } from '../resource/target-place.ts';

export interface WhatOptions {
  readonly tag?: readonly string[];
  readonly prefix?: readonly string[];
  readonly all?: true;
}

/** What is to be purged of what one name means: several may be the same resource. */
export interface NamedPurge {
  /** As `findResource` takes it. */
  readonly resource: string;
  readonly what: readonly PurgeWhat[];
}

function bad(message: string, hint: string): MediaError {
  return new MediaError({ code: 'cli/bad-purge', message, hint, source: 'client' });
}

/**
 * What a command line means, by resource.
 *
 * @throws `cli/bad-purge` naming what cannot be purged, or what is missing
 */
export function readPurge(words: readonly string[], options: WhatOptions): readonly NamedPurge[] {
  const places = words.map(placeOf);
  const prefixes = (options.prefix ?? []).map(placeOf);
  const named = places.flatMap(({ resource, target }) =>
    resource !== undefined && target === undefined ? [resource] : [],
  );
  if (named.length > 1)
    throw bad(
      `${named.join(' and ')} are several resources.`,
      'Purge one after the other, or give URLs with their paths.',
    );
  const sites = [...places, ...prefixes].flatMap(({ resource }) => resource ?? []);
  const [only] = named.length === 1 ? named : new Set(sites).size === 1 ? sites : [];
  const found = new Map<string, PurgeWhat[]>();
  const put = (resource: string | undefined, what: PurgeWhat): void => {
    const of = resource ?? only;
    if (of === undefined)
      throw bad(
        'It is not said of which resource.',
        'Name it first, as in "media purge 1 /a.css" or "media purge 1 --tag news", or give a URL.',
      );
    if (!isPurgeable(what)) throw cannot(what);
    found.set(of, [...(found.get(of) ?? []), what]);
  };
  for (const { resource, target } of places)
    if (target !== undefined) put(resource, { kind: 'target', target });
  for (const { resource, target } of prefixes) put(resource, { kind: 'prefix', prefix: target ?? '/' });
  for (const tag of options.tag ?? []) put(undefined, { kind: 'tag', tag });
  if (options.all === true) put(undefined, { kind: 'all' });
  if (found.size === 0)
    throw bad(
      'Nothing to purge.',
      'Say what: URLs or paths, --tag, --prefix, or --all, as in "media purge 1 /a.css".',
    );
  return [...found].map(([resource, what]) => ({ resource, what }));
}

function cannot(what: PurgeWhat): MediaError {
  if (what.kind === 'tag')
    return bad(
      `"${what.tag}" is no tag.`,
      'A tag is printable ASCII without commas, at most 1,024 characters; repeat --tag for several.',
    );
  const text = what.kind === 'prefix' ? what.prefix : what.kind === 'target' ? what.target : '';
  return bad(`"${text.slice(0, 80)}" is longer than any request.`, 'Targets have at most 8,192 characters.');
}

/** As many purges as it takes, each within its bounds. */
export function inPurges(what: readonly PurgeWhat[]): readonly (readonly PurgeWhat[])[] {
  const parts: PurgeWhat[][] = [];
  let bytes = Number.POSITIVE_INFINITY;
  for (const each of what) {
    const more = purgeWhatBytes(each);
    const last = parts.at(-1);
    if (last === undefined || last.length === MAX_PURGE_WHAT || bytes + more > MAX_PURGE_BYTES) {
      parts.push([each]);
      bytes = PURGE_FRAME_BYTES + more;
    } else {
      last.push(each);
      bytes += more;
    }
  }
  return parts;
}
