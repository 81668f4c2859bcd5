import type { ByteRange } from './origin-fetch.ts';

/** Header fields in the order in which they are sent. */
export type HeaderList = readonly (readonly [name: string, value: string])[];

/** A program that fetches from edges in life, and how its requests look. */
interface Profile {
  /** Programs that play media ask for it by ranges; a browser that shows a page does not. */
  readonly plays: boolean;
  readonly headers: HeaderList;
}

const LANGUAGES = ['en-US,en;q=0.9', 'en-GB,en;q=0.9', 'de-DE,de;q=0.9,en;q=0.8', 'pt-BR,pt;q=0.9', 'ja'];

const CHROME =
  'Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/141.0.0.0 Safari/537.36';
const FIREFOX = 'Mozilla/5.0 (X11; Linux x86_64; rv:143.0) Gecko/20100101 Firefox/143.0';
const SAFARI =
  'Mozilla/5.0 (iPhone; CPU iPhone OS 18_6 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/18.6 Mobile/15E148 Safari/604.1';

/**
 * Fields that select or reveal an answer, as these programs send them. An edge that serves viewers well and probes
 * otherwise, or the other way round, must not find anything here that viewers do not send.
 */
const PROFILES: readonly Profile[] = [
  {
    plays: false,
    headers: [
      ['Connection', 'keep-alive'],
      ['User-Agent', CHROME],
      ['Accept', 'image/avif,image/webp,image/apng,image/svg+xml,image/*,*/*;q=0.8'],
      ['Accept-Encoding', 'gzip, deflate, br'],
    ],
  },
  {
    plays: false,
    headers: [
      ['User-Agent', FIREFOX],
      ['Accept', 'text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8'],
      ['Accept-Encoding', 'gzip, deflate, br'],
      ['Connection', 'keep-alive'],
    ],
  },
  {
    plays: true,
    headers: [
      ['Accept', '*/*'],
      ['Accept-Encoding', 'gzip, deflate, br'],
      ['User-Agent', SAFARI],
      ['Connection', 'keep-alive'],
    ],
  },
  {
    plays: true,
    headers: [
      ['Connection', 'keep-alive'],
      ['User-Agent', CHROME],
      ['Accept', '*/*'],
      ['Accept-Encoding', 'identity;q=1, *;q=0'],
    ],
  },
  {
    plays: true,
    headers: [
      ['User-Agent', 'AppleCoreMedia/1.0.0.22G86 (iPhone; U; CPU OS 18_6 like Mac OS X; en_us)'],
      ['Accept', '*/*'],
      ['Accept-Encoding', 'identity'],
      ['Connection', 'keep-alive'],
    ],
  },
];

/** What a request of one of them carries, drawn by `random`; `range` only where a player would ask for one. */
export interface ViewerHead {
  readonly headers: HeaderList;
  readonly plays: boolean;
}

export function drawHead(random: () => number): ViewerHead {
  const profile = PROFILES[Math.floor(random() * PROFILES.length)] ?? { plays: false, headers: [] };
  const language = LANGUAGES[Math.floor(random() * LANGUAGES.length)] ?? 'en';
  return { plays: profile.plays, headers: [...profile.headers, ['Accept-Language', language]] };
}

/** Players read ahead in pieces of one of these sizes, and seek to their multiples. */
const PIECES = [16_384, 32_768, 65_536, 131_072, 262_144, 524_288, 1_048_576];

/**
 * A part of an object of `size` bytes as a player asks for it; undefined when even the smallest piece is above
 * `maxBytes`.
 */
export function drawRange(size: number, maxBytes: number, random: () => number): ByteRange | undefined {
  const fitting = PIECES.filter((piece) => piece <= maxBytes);
  const piece = fitting[Math.floor(random() * fitting.length)];
  if (piece === undefined) return undefined;
  const first = Math.floor(random() * Math.ceil(size / piece)) * piece;
  return [first, Math.min(size, first + piece) - 1];
}
