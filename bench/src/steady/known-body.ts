import { createCipheriv, createHash } from 'node:crypto';

/** Longest body that there is. */
export const MAX_KNOWN_BYTES = 12_000_000;
const OFFSETS = 2 ** 22;
const SEED = Buffer.alloc(16, 'steady');

/** The same noise in every process: bodies are windows of it, so one of another path or another place is another throughout. */
const noise = createCipheriv('aes-128-ctr', SEED, SEED).update(Buffer.alloc(MAX_KNOWN_BYTES + OFFSETS));

/**
 * What a path of the steady origin stands for: `/<kind>/<bytes>/<anything>`. `keep` may be kept for an hour, `short`
 * for a second and is then validated, `pass` not at all; `flap` fails now and then, `post` takes bodies.
 */
export interface KnownPath {
  readonly kind: 'keep' | 'short' | 'pass' | 'flap' | 'post';
  readonly bytes: number;
}

const PATH = /^\/(keep|short|pass|flap|post)\/(\d{1,8})(?:\/|$)/;

/** Undefined for a path that the origin does not know. */
export function knownPath(path: string): KnownPath | undefined {
  const [, kind, bytes] = PATH.exec(path) ?? [];
  if (kind === undefined || Number(bytes) > MAX_KNOWN_BYTES) return undefined;
  return { kind: kind as KnownPath['kind'], bytes: Number(bytes) }; // the pattern names them
}

/** Bytes `start` to `end` (exclusive) of the body behind a path. A view: nobody may write to it. */
export function knownBody(path: string, start: number, end: number): Buffer {
  const offset = createHash('sha256').update(path).digest().readUInt32BE(0) % OFFSETS;
  return noise.subarray(offset + start, offset + end);
}

export function knownTag(path: string): string {
  return `"${createHash('sha256').update(path).digest('hex').slice(0, 16)}"`;
}

/** Compares a body with what it has to be, as it comes. */
export class BodyCheck {
  readonly #expected: Buffer;
  /** Bytes taken. */
  bytes = 0;
  /** Of the first byte that was not right. */
  wrongAt: number | undefined;

  constructor(path: string, start: number, end: number) {
    this.#expected = knownBody(path, start, end);
  }

  take(chunk: Buffer): void {
    const expected = this.#expected.subarray(this.bytes, this.bytes + chunk.length);
    if (this.wrongAt === undefined && !expected.equals(chunk))
      this.wrongAt = this.bytes + chunk.findIndex((byte, at) => byte !== expected[at]);
    this.bytes += chunk.length;
  }

  /** Whether all of it came. */
  get whole(): boolean {
    return this.bytes === this.#expected.length;
  }
}
