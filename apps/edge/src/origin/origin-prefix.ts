import { mapLeadingUrls, readAbsoluteUrl } from './leading-fields.ts';
import { placeNamedBy } from './origin-places.ts';
import type { OriginPlace } from './origin-places.ts';

/**
 * What an origin behind a path says of where things are, as it is to whoever does not know of that path: `/site/a` of
 * `https://b.example/site` is `/a`. Done when the answer comes, as only then it is known which origin spoke.
 */
export function withoutPrefix(
  headers: readonly string[],
  place: OriginPlace,
  places: readonly OriginPlace[],
): readonly string[] {
  const cookies = place.prefix === '' ? headers : cookiesWithoutPrefix(headers, place.prefix);
  if (places.every(({ prefix }) => prefix === '')) return cookies;
  return mapLeadingUrls(cookies, (url) => {
    const parts = readAbsoluteUrl(url);
    if (parts === undefined) return cut(url, place.prefix);
    // What leads to where it came from is meant so, whichever others are at the same address.
    const named = placeNamedBy(parts, [place, ...places]);
    if (named === undefined) return url;
    const rest = cut(parts.rest, named.place.prefix);
    return rest === parts.rest ? url : url.slice(0, url.length - parts.rest.length) + rest;
  });
}

/** A reference that begins with the prefix, without it; any other as it is. */
function cut(reference: string, prefix: string): string {
  const at = reference.length - reference.trimStart().length;
  if (prefix === '' || !reference.startsWith(prefix, at)) return reference;
  const rest = reference.slice(at + prefix.length);
  if (rest === '') return `${reference.slice(0, at)}/`;
  if (rest.startsWith('/')) {
    // `/site//x` would be another host to a viewer.
    return reference.slice(0, at) + rest.replace(/^\/{2,}/, '/');
  }
  return /^[?#]/.test(rest) ? `${reference.slice(0, at)}/${rest}` : reference;
}

function cookiesWithoutPrefix(headers: readonly string[], prefix: string): readonly string[] {
  if (!headers.some((name, i) => i % 2 === 0 && name.toLowerCase() === 'set-cookie')) return headers;
  return headers.map((value, i) =>
    i % 2 === 1 && headers[i - 1]?.toLowerCase() === 'set-cookie'
      ? value.replace(
          /(;[ \t]*path=)([^;]*)/i,
          (_all, before: string, path: string) => before + cut(path, prefix),
        )
      : value,
  );
}
