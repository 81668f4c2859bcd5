import { readOriginUrl } from '@media-network/protocol';
import type { Settings } from '@media-network/protocol';
import { bad } from './bad-resource.ts';

/** The URL of an origin as settings have it. */
export function parseOrigin(text: string): string {
  const url = readOriginUrl(text);
  if (url !== undefined) return url.origin + url.prefix;
  throw bad(
    `"${text}" is not the address of an origin: write it as http://host:port or https://host, with a path where everything there begins with it.`,
  );
}

/** Settings that name an origin and nothing else. */
export function originOnly(origin: string): Settings {
  return { v: 1, origin, originHost: null, originHeaders: [], probe: ['/'], domains: [] };
}
