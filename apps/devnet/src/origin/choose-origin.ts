import { readOriginUrl } from '@media-network/protocol';
import type { Settings } from '@media-network/protocol';
import { MediaError } from '@media-network/runtime';
import type { PublishedOrigin } from '../network-file.ts';

export interface OriginFacts {
  /** What this start asks for: `sample`, a URL, or nothing. */
  readonly asked: string | undefined;
  /** Rules that a URL that is asked for is published with (docs/rules.md). */
  readonly rules?: readonly string[] | undefined;
  /** What an earlier start published. */
  readonly published: PublishedOrigin | undefined;
  /** The settings on chain as the password opens them; undefined when there are none or it does not. */
  readonly inForce: Settings | undefined;
  /** Whether there are settings on chain at all. */
  readonly exists: boolean;
  readonly sampleUrl: string;
}

export type OriginChoice =
  | { readonly kind: 'sample'; readonly publish: boolean }
  /** `settings` undefined: what is on chain stays as it is. */
  | { readonly kind: 'own'; readonly url: string; readonly settings: Settings | undefined };

/**
 * Which origin a network serves. What is asked for wins; else what the network had, and there what its
 * publisher has put on chain since wins over what was published by an earlier start.
 */
export function chooseOrigin(facts: OriginFacts): OriginChoice {
  const { asked, published, inForce } = facts;
  if (asked === 'sample') return { kind: 'sample', publish: true };
  if (asked !== undefined) {
    const url = originUrl(asked);
    // The same origin again: headers and probes that were set since are its publisher's.
    if (inForce?.origin === url) return { kind: 'own', url, settings: undefined };
    const { rules } = facts;
    return { kind: 'own', url, settings: { ...ownSettings(url), ...(rules === undefined ? {} : { rules }) } };
  }
  if (inForce === undefined) {
    if (published?.kind === 'own')
      return {
        kind: 'own',
        url: published.url,
        settings: facts.exists ? undefined : ownSettings(published.url),
      };
    // Settings that cannot be opened are somebody's: they stay, and the sample runs beside them.
    return { kind: 'sample', publish: !facts.exists };
  }
  const isSample =
    published === undefined
      ? inForce.origin === facts.sampleUrl
      : published.kind === 'sample' && inForce.origin === published.url;
  return isSample
    ? { kind: 'sample', publish: true }
    : { kind: 'own', url: inForce.origin, settings: undefined };
}

function ownSettings(origin: string): Settings {
  return { v: 1, origin, originHost: null, originHeaders: [], probe: ['/'], domains: [] };
}

export function sampleSettings(origin: string): Settings {
  return {
    ...ownSettings(origin),
    probe: ['/pictures/set.jpg', '/download/50mb.bin'],
    rules: ['live /live/*', 'peerpool script'],
  };
}

/** The URL as settings have it. */
function originUrl(text: string): string {
  const url = readOriginUrl(text);
  if (url === undefined)
    throw new MediaError({
      code: 'devnet/bad-origin',
      message: `"${text}" is not the address of an origin: write it as http://host:port, with a path where everything there begins with it.`,
      source: 'client',
    });
  return url.origin + url.prefix;
}
