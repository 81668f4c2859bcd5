import { utf8Text } from '@media-network/protocol';

/** Longest JSON of a stranger that is parsed: 4 MiB of `[` would hold up the process for a second or two. */
export const MAX_PEER_JSON = 65_536;
/** Brackets within brackets: what guards and edges say to each other has three or four. */
const MAX_DEPTH = 16;

/**
 * JSON of a stranger as a value of unknown shape; undefined when it is too long, too deep, or none. Depth is looked
 * at before parsing, since a parser's own depth costs time and stack.
 */
export function parsePeerJson(body: Uint8Array): unknown {
  if (body.length > MAX_PEER_JSON || depthOf(body) > MAX_DEPTH) return undefined;
  const text = utf8Text(body);
  if (text === undefined) return undefined;
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

/** Deepest nesting of brackets; those within strings count too, which only makes it stricter. */
function depthOf(body: Uint8Array): number {
  let depth = 0;
  let deepest = 0;
  for (const byte of body) {
    if (byte === 0x5b || byte === 0x7b) {
      depth += 1;
      if (depth > deepest) deepest = depth;
    } else if (byte === 0x5d || byte === 0x7d) depth -= 1;
  }
  return deepest;
}

/** Items of a list under `key`, as far as they are strings; nothing when the shape is another. */
export function stringsUnder(value: unknown, key: string): readonly string[] {
  if (typeof value !== 'object' || value === null) return [];
  const list: unknown = Object.entries(value).find(([name]) => name === key)?.[1];
  return Array.isArray(list) ? list.filter((item): item is string => typeof item === 'string') : [];
}
