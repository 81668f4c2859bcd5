import { listMembers } from '@media-network/http-cache';
import type { HeaderLookup } from '@media-network/http-cache';

const MAX_REMEMBERED = 1_000;

/** Codings that are made here, the best first: brotli is the smallest of what is coded once and sent often. */
export const CODINGS = ['br', 'zstd', 'gzip'] as const;
export type Coding = (typeof CODINGS)[number];

const MEMBER = /^([!#$%&'*+.^_`|~0-9a-z-]+)(?:[ \t]*;[ \t]*q[ \t]*=[ \t]*([01](?:\.\d{0,3})?))?$/i;

/** The coding that a viewer takes before others; undefined: none of ours (RFC 9110 §12.5.3). */
export function readCoding(acceptEncoding: string): Coding | undefined {
  const weights = new Map<string, number>();
  for (const member of listMembers(acceptEncoding)) {
    const [, name, weight] = MEMBER.exec(member) ?? [];
    if (name !== undefined) weights.set(name.toLowerCase().replace(/^x-gzip$/, 'gzip'), Number(weight ?? 1));
  }
  const any = weights.get('*') ?? 0;
  let best: Coding | undefined;
  let most = 0;
  for (const coding of CODINGS) {
    const weight = weights.get(coding) ?? any;
    if (weight > most) {
      best = coding;
      most = weight;
    }
  }
  // Who would rather have it uncoded gets it so.
  return (weights.get('identity') ?? 0) > most ? undefined : best;
}

/** The coding of an answer to this request: a range is one of the bytes as the origin has them. */
export type ChooseCoding = (header: HeaderLookup) => Coding | undefined;

/** Remembers what it has read: viewers say the same few things. */
export function createCodingChoice(): ChooseCoding {
  const known = new Map<string, Coding | undefined>();
  function read(acceptEncoding: string): Coding | undefined {
    if (known.has(acceptEncoding)) return known.get(acceptEncoding);
    if (known.size >= MAX_REMEMBERED) known.clear();
    const coding = readCoding(acceptEncoding);
    known.set(acceptEncoding, coding);
    return coding;
  }
  return (header) => {
    const accepted = header('accept-encoding');
    const coding = accepted === undefined ? undefined : read(accepted);
    if (coding === undefined || header('range') !== undefined) return undefined;
    return forbidsTransforms(header('cache-control')) ? undefined : coding;
  };
}

/** RFC 9110 §7.7: of a request or an answer. */
export function forbidsTransforms(cacheControl: string | undefined): boolean {
  return cacheControl !== undefined && /(?:^|[\s,])no-transform(?:[\s,;=]|$)/i.test(cacheControl);
}
