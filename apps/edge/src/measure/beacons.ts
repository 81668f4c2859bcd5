import { createHmac, timingSafeEqual } from 'node:crypto';
import type { ParsedRequest } from '@media-network/http-front';
import { OWN_PREFIX, ownAnswer } from '../serve/own-answer.ts';
import type { Answer } from '../serve/answer.ts';
import { viewerPrefix } from './round-trip-book.ts';
import type { RoundTripBook, ViewerPrefix } from './round-trip-book.ts';

export const BEACON_PATH: string = `${OWN_PREFIX}beacon`;

/**
 * Takes the time of round trips to viewers: `…/beacon` is answered with a redirect, and what comes back for it was under way for
 * one round trip. Any client follows redirects by itself, at once. Two of them, of which the shorter counts: the first may find a client busy
 * with the page. What is remembered between them is in the link, under a key of this process.
 */
export interface Beacons {
  /** Undefined where the request is for something else. */
  answer(request: Pick<ParsedRequest, 'method' | 'target' | 'pathEnd' | 'remoteAddress'>): Answer | undefined;
}

export interface BeaconsDeps {
  readonly book: Pick<RoundTripBook, 'add'>;
  /** Milliseconds since whenever; never goes back. */
  readonly timer: () => number;
  /** 32 bytes. */
  readonly secret: Uint8Array;
}

/** Begun (µs, 8) ‖ shortest yet (µs, 4) ‖ hop 1 ‖ MAC 16. */
const BODY_BYTES = 13;
const MAC_BYTES = 16;
const HOPS = 2;
/** Who follows later than this does not follow at once. */
const LATEST_MS = 3_000;
const NO_STORE = ['Access-Control-Allow-Origin', '*', 'Cache-Control', 'no-store'];

interface Link {
  readonly begunUs: number;
  readonly leastUs: number;
  readonly hop: number;
}

export function createBeacons({ book, timer, secret }: BeaconsDeps): Beacons {
  const nowUs = (): number => Math.round(timer() * 1_000);

  /** Bound to the prefix: nobody says of a network that he is not in that it is far. */
  function macOf(body: Uint8Array, { family, bytes }: ViewerPrefix): Buffer {
    return createHmac('sha256', secret)
      .update(body)
      .update(Uint8Array.of(family))
      .update(bytes)
      .digest()
      .subarray(0, MAC_BYTES);
  }

  function redirect(prefix: ViewerPrefix, link: Omit<Link, 'begunUs'>): Answer {
    const body = Buffer.alloc(BODY_BYTES);
    body.writeUIntBE(nowUs(), 2, 6);
    body.writeUInt32BE(Math.min(link.leastUs, 0xffff_ffff), 8);
    body.writeUInt8(link.hop, 12);
    const token = Buffer.concat([body, macOf(body, prefix)]).toString('base64url');
    return ownAnswer(302, [...NO_STORE, 'Location', `${BEACON_PATH}/${token}`]);
  }

  function read(token: string, prefix: ViewerPrefix): Link | undefined {
    const bytes = Buffer.from(token, 'base64url');
    if (bytes.length !== BODY_BYTES + MAC_BYTES) return undefined;
    const body = bytes.subarray(0, BODY_BYTES);
    if (!timingSafeEqual(bytes.subarray(BODY_BYTES), macOf(body, prefix))) return undefined;
    return { begunUs: body.readUIntBE(2, 6), leastUs: body.readUInt32BE(8), hop: body.readUInt8(12) };
  }

  return {
    answer({ method, target, pathEnd, remoteAddress }) {
      const path = target.slice(0, pathEnd);
      const isOne = path === BEACON_PATH || path.startsWith(`${BEACON_PATH}/`);
      if (!isOne || (method !== 'GET' && method !== 'HEAD')) return undefined;
      const prefix = viewerPrefix(remoteAddress ?? '');
      if (prefix === undefined) return ownAnswer(204, NO_STORE);
      if (path === BEACON_PATH) return redirect(prefix, { leastUs: 0xffff_ffff, hop: 1 });
      const link = read(path.slice(BEACON_PATH.length + 1), prefix);
      const tookUs = link === undefined ? 0 : nowUs() - link.begunUs;
      // Of another time or process, or somebody's own making: it is measured anew with the next page.
      if (link === undefined || tookUs <= 0 || tookUs > LATEST_MS * 1_000) return ownAnswer(204, NO_STORE);
      const leastUs = Math.min(link.leastUs, tookUs);
      if (link.hop < HOPS) return redirect(prefix, { leastUs, hop: link.hop + 1 });
      book.add(prefix, leastUs / 1_000);
      return ownAnswer(204, NO_STORE);
    },
  };
}
