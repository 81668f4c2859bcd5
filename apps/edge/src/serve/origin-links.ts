import { mapLeadingUrls, readAbsoluteUrl } from '../origin/leading-fields.ts';
import { placeNamedBy } from '../origin/origin-places.ts';
import type { OriginFacts } from '../origin/origin-settings.ts';

/** How a viewer reaches the resource. */
interface Viewer {
  readonly scheme: 'http' | 'https';
  readonly host: string;
  readonly port: number | undefined;
}

/**
 * Where an origin's answer leads to the origin itself, or to another one of the resource, it leads to the resource's
 * own host instead: an origin that does not know its public name sends viewers past the network otherwise, and names
 * itself to them. The same list where there is nothing to change, or the settings want links kept.
 */
export function rewriteOriginLinks(
  headers: readonly string[],
  settings: OriginFacts,
  viewer: Viewer,
): readonly string[] {
  if (settings.keepsOriginLinks) return headers;
  return mapLeadingUrls(headers, (url) => rewriteUrl(url, settings, viewer));
}

/** Whether any field would be rewritten, for whoever asks. */
export function leadsToOrigin(headers: readonly string[], settings: OriginFacts): boolean {
  // No URL has this host, whatever scheme its origin is asked by.
  const nobody: Viewer = { scheme: 'http', host: '', port: undefined };
  return rewriteOriginLinks(headers, settings, nobody) !== headers;
}

/** An absolute or scheme-relative reference to an origin as one to the resource; any other as it is. */
function rewriteUrl(url: string, settings: OriginFacts, viewer: Viewer): string {
  const parts = readAbsoluteUrl(url);
  const named = parts === undefined ? undefined : placeNamedBy(parts, settings.places);
  if (parts === undefined || named === undefined) return url;
  const { scheme: said, space, rest } = parts;
  // The scheme that the origin was asked with stands for the one that the viewer used.
  const wanted = said === undefined || named.scheme === named.place.scheme ? viewer.scheme : named.scheme;
  const authority =
    wanted === viewer.scheme && viewer.port !== undefined ? `${viewer.host}:${viewer.port}` : viewer.host;
  return `${space}${said === undefined ? '' : `${wanted}:`}//${authority}${rest}`;
}
