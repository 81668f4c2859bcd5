/** Where edges serve PeerPool's library: below the site's own host, so that a page needs to trust nobody else. */
export const PEERPOOL_PATH = '/.well-known/media-network/peerpool.js';

/** It is not `async`: a player that is made before the library is there would not share. */
const TAG = Buffer.from(`<script src="${PEERPOOL_PATH}" data-auto></script>`, 'latin1');
/** A page that has not begun by then is none that gets a tag: what is looked through is held. */
const MAX_LOOKED_AT = 64 * 1024;
/** Longest that may stand at the end of a piece and go on in the next: a tag, with its attributes. */
const LONGEST_HEAD_TAG = 1_024;

export interface PageFacts {
  readonly status: number;
  readonly contentType: string | undefined;
  /** Undefined, empty or identity: bytes of another coding are not looked into. */
  readonly contentEncoding: string | undefined;
  readonly cacheControl: string | undefined;
  /** Content-Security-Policy; one field of several policies, or several in one, separated by commas. */
  readonly policy: string | undefined;
}

/** Whether an answer is a page that a tag may be added to. UTF-16 has no byte of ASCII by itself, so it is left alone. */
export function takesScript(facts: PageFacts): boolean {
  const { status, contentType, contentEncoding, cacheControl, policy } = facts;
  const coding = contentEncoding?.trim().toLowerCase() ?? '';
  return (
    status === 200 &&
    /^(?:text\/html|application\/xhtml\+xml)[ \t]*(?:;|$)/i.test(contentType?.trim() ?? '') &&
    !/charset[ \t]*=[ \t]*"?utf-?(?:16|32)/i.test(contentType ?? '') &&
    (coding === '' || coding === 'identity') &&
    !/(?:^|[\s,])no-transform(?:[\s,;=]|$)/i.test(cacheControl ?? '') &&
    (policy ?? '').split(',').every(allowsOwnScripts)
  );
}

/** Whether a policy of a page lets scripts of its own host run; one that trusts by nonce or hash alone does not. */
function allowsOwnScripts(policy: string): boolean {
  const directives = new Map<string, string[]>();
  for (const directive of policy.split(';')) {
    const [name = '', ...sources] = directive.trim().toLowerCase().split(/\s+/);
    // Of two of one name the first counts.
    if (!directives.has(name)) directives.set(name, sources);
  }
  if (directives.has('sandbox')) return false;
  const sources = ['script-src-elem', 'script-src', 'default-src'].map((name) => directives.get(name));
  const counts = sources.find((each) => each !== undefined);
  if (counts === undefined) return true;
  return !counts.includes("'strict-dynamic'") && (counts.includes("'self'") || counts.includes('*'));
}

/**
 * A page with the tag right behind its first `<head>`, as it comes: what is held is at most what may be the beginning
 * of that. Comments are passed over; a page without `<head>` stays as it is, to the byte.
 */
export async function* withScript(body: AsyncIterable<Uint8Array>): AsyncGenerator<Buffer> {
  let held: Buffer = Buffer.alloc(0);
  let passed = 0;
  let isOver = false;
  for await (const piece of body) {
    if (isOver) {
      yield Buffer.from(piece.buffer, piece.byteOffset, piece.byteLength);
      continue;
    }
    held = Buffer.concat([held, piece]);
    const at = placeIn(held.subarray(0, MAX_LOOKED_AT - passed));
    if (at.kind === 'found') {
      yield Buffer.concat([held.subarray(0, at.end), TAG, held.subarray(at.end)]);
      isOver = true;
    } else if (passed + held.length >= MAX_LOOKED_AT || at.kind === 'none') {
      yield held;
      isOver = true;
    } else if (at.from > 0) {
      yield held.subarray(0, at.from);
      passed += at.from;
      held = held.subarray(at.from);
    }
    if (isOver) held = Buffer.alloc(0);
  }
  if (held.length > 0) yield held;
}

type Place =
  /** The tag goes here. */
  | { readonly kind: 'found'; readonly end: number }
  /** Nothing before `from` matters any more. */
  | { readonly kind: 'more'; readonly from: number }
  /** The page's body has begun. */
  | { readonly kind: 'none' };

/** In one byte a character, in which no byte of a longer character of UTF-8 or its like is taken for ASCII. */
function placeIn(bytes: Buffer): Place {
  const text = bytes.toString('latin1');
  let at = 0;
  for (;;) {
    const open = text.indexOf('<', at);
    if (open === -1) return { kind: 'more', from: text.length };
    if (text.startsWith('<!--', open)) {
      const end = text.indexOf('-->', open + 4);
      if (end === -1) return { kind: 'more', from: open };
      at = end + 3;
      continue;
    }
    const rest = text.slice(open, open + LONGEST_HEAD_TAG);
    const tag = /^<head(?:[ \t\n\f\r/](?:[^>"']|"[^"]*"|'[^']*')*)?>/i.exec(rest);
    if (tag !== null) return { kind: 'found', end: open + tag[0].length };
    if (/^<(?:body|title|meta|script|link|style)\b/i.test(rest)) return { kind: 'none' };
    // It may be the beginning of the tag, or of a comment.
    const isOpen = !rest.includes('>') || /^<head[ \t\n\f\r/]/i.test(rest);
    if (isOpen && rest.length < LONGEST_HEAD_TAG) return { kind: 'more', from: open };
    at = open + 1;
  }
}
