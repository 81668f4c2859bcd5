import { createHmac, timingSafeEqual } from 'node:crypto';

/** A link is good until a second by the server's clock, for one channel: `<seconds>-<HMAC of both>`. */
export type LinkVerdict = 'good' | 'missing' | 'forged' | 'expired';

/** Unix seconds in digits without a leading zero, up to the year 2286; HMAC-SHA-256 in base64url. */
const FORM = /^([1-9]\d{0,9})-([A-Za-z0-9_-]{43})$/;

const macOf = (secret: Uint8Array, channel: string, untilS: string): Buffer =>
  createHmac('sha256', secret).update(`media-network link\n${channel}\n${untilS}`).digest();

/** `untilS`: Unix seconds. */
export const signLink = (secret: Uint8Array, channel: string, untilS: number): string =>
  `${untilS}-${macOf(secret, channel, String(untilS)).toString('base64url')}`;

/** What it says is looked at after who signed it: a forged link tells nothing of expiry. */
export function checkLink(
  secret: Uint8Array,
  channel: string,
  link: string | null,
  nowMs: number,
): LinkVerdict {
  if (link === null || link === '') return 'missing';
  const [, untilS, mac] = FORM.exec(link) ?? [];
  if (untilS === undefined || mac === undefined) return 'forged';
  const wanted = macOf(secret, channel, untilS);
  const given = Buffer.from(mac, 'base64url');
  // Two spellings of the last letter mean the same bytes: there is one link only.
  if (given.toString('base64url') !== mac || !timingSafeEqual(wanted, given)) return 'forged';
  return nowMs < Number(untilS) * 1_000 ? 'good' : 'expired';
}
