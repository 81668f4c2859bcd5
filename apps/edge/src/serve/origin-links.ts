import type { OriginSettings } from '../origin/origin-settings.ts';

/** Fields that lead a viewer on (RFC 9110 §8.7, §10.2.2, RFC 8288; Refresh is of browsers). */
const LEADING = new Set(['location', 'content-location', 'refresh', 'link']);

/** How a viewer reaches the resource. */
interface Viewer {
  readonly scheme: 'http' | 'https';
  readonly host: string;
  readonly port: number | undefined;
}

/**
 * Where an origin's answer leads to the origin itself, it leads to the resource's own host instead: an
 * origin that does not know its public name sends viewers past the network otherwise, and names itself to
 * them. The same list where there is nothing to change, or the settings want links kept.
 */
export function rewriteOriginLinks(
  headers: readonly string[],
  settings: OriginSettings,
  viewer: Viewer,
): readonly string[] {
  if (settings.keepsOriginLinks) return headers;
  let changed: string[] | undefined;
  for (let i = 0; i + 1 < headers.length; i += 2) {
    const name = (headers[i] ?? '').toLowerCase();
    if (!LEADING.has(name)) continue;
    const value = headers[i + 1] ?? '';
    const rewritten = rewriteField(name, value, settings, viewer);
    if (rewritten === value) continue;
    changed ??= [...headers];
    changed[i + 1] = rewritten;
  }
  return changed ?? headers;
}

/** Whether any field would be rewritten, for whoever asks. */
export function leadsToOrigin(headers: readonly string[], settings: OriginSettings): boolean {
  const nobody: Viewer = { scheme: settings.scheme, host: '', port: undefined };
  return rewriteOriginLinks(headers, settings, nobody) !== headers;
}

function rewriteField(name: string, value: string, settings: OriginSettings, viewer: Viewer): string {
  switch (name) {
    case 'refresh':
      // `5; url=http://…`, with or without quotes.
      return value.replace(
        /^([^;,]*[;,][ \t]*url[ \t]*=[ \t]*["']?)([^"']*)/i,
        (_all, before: string, url: string) => before + rewriteUrl(url, settings, viewer),
      );
    case 'link':
      // Targets stand in angle brackets; what stands in quotes is a parameter.
      return value.replaceAll(/"(?:[^"\\]|\\.)*"|<([^>]*)>/g, (all, url: string | undefined) =>
        url === undefined ? all : `<${rewriteUrl(url, settings, viewer)}>`,
      );
    default:
      return rewriteUrl(value, settings, viewer);
  }
}

/** An absolute or scheme-relative reference to the origin as one to the resource; any other as it is. */
function rewriteUrl(url: string, settings: OriginSettings, viewer: Viewer): string {
  const parts =
    /^([ \t]*)(?:(https?):)?\/\/(?:[^/?#@]*@)?(\[[^\]]*\]|[^/?#:]*)(?::(\d*))?((?:[/?#][^]*)?)$/i.exec(url);
  if (parts === null) return url;
  const [, space = '', named, host = '', port = '', rest = ''] = parts;
  const scheme =
    named?.toLowerCase() === 'https' || (named === undefined && settings.scheme === 'https')
      ? 'https'
      : 'http';
  if (!isOrigin(host.toLowerCase(), port, scheme, settings)) return url;
  // The scheme that the origin was asked with stands for the one that the viewer used.
  const wanted = named === undefined || scheme === settings.scheme ? viewer.scheme : scheme;
  const authority =
    wanted === viewer.scheme && viewer.port !== undefined ? `${viewer.host}:${viewer.port}` : viewer.host;
  return `${space}${named === undefined ? '' : `${wanted}:`}//${authority}${rest}`;
}

function isOrigin(host: string, port: string, scheme: 'http' | 'https', settings: OriginSettings): boolean {
  const effective = port === '' ? defaultPort(scheme) : Number(port);
  return settings.authorities.some(
    (known) =>
      known.host === host &&
      // The usual port of one scheme stands for that of the other: a redirect to https is one to itself.
      (known.port === effective || (isDefault(known.port) && isDefault(effective))),
  );
}

function defaultPort(scheme: 'http' | 'https'): number {
  return scheme === 'https' ? 443 : 80;
}

function isDefault(port: number): boolean {
  return port === 80 || port === 443;
}
