import { wrong } from '../line.ts';
import type { Line, Reading } from '../line.ts';
import { readPathPattern } from '../path.ts';
import type { PathPattern } from '../path.ts';
import { listed, unknownParts } from '../verb.ts';
import type { Verb } from '../verb.ts';

/** A path that is served with a signature only. The first rule that fits decides. */
export interface SignRule {
  readonly path: PathPattern;
  /** Names of the keys that may sign. */
  readonly keys: ReadonlySet<string>;
}

export const sign: Verb<SignRule> = {
  name: 'sign',
  usage: 'sign PATH key=NAMES',
  says: 'Serves a path only to who has a signed URL or cookie for it, made with one of these keys.',
  notes: [
    'A signed URL has `media-expires` (Unix seconds), `media-key`, `media-signature` and, if wanted, `media-path` (a path with stars that it is good for; without it for one target alone) and `media-address` (an address or network). What is signed is ASCII: `medianet-grant-v1`, the name of the key, the time, the path with stars or else the target as it is without these parameters, and the address or nothing, with a line feed between each two. The signature is HMAC-SHA256 or Ed25519, base64url. The cookie `Media-Grant` says the same: `expires=…&key=…&path=…&signature=…`. `media resource sign` makes both.',
    'Parameters and cookie of a grant end at the edge: neither the origin nor the key of the cache sees them, so that one copy serves all. 403 costs the publisher nothing.',
  ],
  examples: ['sign /members/* key=site', 'sign *.m3u8 key=site,partner'],
  leavesKept: true,
  read(line: Line): Reading<SignRule> {
    const unknown = unknownParts(line, { words: 1, options: ['key'] });
    if (unknown !== undefined) return unknown;
    const [text] = line.words;
    if (text === undefined) return wrong('needs a path');
    const path = readPathPattern(text);
    if (path.kind === 'wrong') return path;
    const key = line.options.get('key')?.[0];
    if (key === undefined || key === '')
      return wrong('names no key: add key=site, and a rule "signing-key site hmac=…"');
    return { kind: 'ok', value: { path: path.value, keys: new Set(listed(key)) } };
  },
};
