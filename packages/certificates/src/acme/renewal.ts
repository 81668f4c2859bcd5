import { X509Certificate } from 'node:crypto';
import { AsnConvert } from '@peculiar/asn1-schema';
import { AuthorityKeyIdentifier, Certificate, id_ce_authorityKeyIdentifier } from '@peculiar/asn1-x509';
import type { AcmeClient } from './acme-client.ts';
import { base64url } from './jws.ts';
import { readWindow } from './objects.ts';
import type { RenewalWindow } from './objects.ts';

/** What a CA says of when to renew a certificate, and when to ask again. */
export interface RenewalInfo {
  readonly window: RenewalWindow;
  readonly askAgainMs: number;
}

/** RFC 9773 §4.3: what else would be asked of is bounded both ways. */
const MIN_AGAIN_MS = 60_000;
const MAX_AGAIN_MS = 24 * 60 * 60_000;
const AGAIN_MS = 6 * 60 * 60_000;

/** By which a CA knows a certificate (RFC 9773 §4.1); undefined where it has no key of its issuer. */
export function certificateId(cert: string): string | undefined {
  const { tbsCertificate } = AsnConvert.parse(new X509Certificate(cert).raw, Certificate);
  const found = tbsCertificate.extensions?.find(({ extnID }) => extnID === id_ce_authorityKeyIdentifier);
  if (found === undefined) return undefined;
  const { keyIdentifier } = AsnConvert.parse(found.extnValue.buffer, AuthorityKeyIdentifier);
  if (keyIdentifier === undefined) return undefined;
  const parts = [keyIdentifier.buffer, tbsCertificate.serialNumber];
  return parts.map((part) => base64url(new Uint8Array(part))).join('.');
}

/** Undefined: this CA does not say, or not of this certificate. Rejects where it cannot be asked. */
export async function renewalInfo(client: AcmeClient, cert: string): Promise<RenewalInfo | undefined> {
  const { renewalInfo: at } = await client.directory();
  const id = at === undefined ? undefined : certificateId(cert);
  if (at === undefined || id === undefined) return undefined;
  const answer = await client.get(`${at.replace(/\/$/, '')}/${id}`);
  const window = answer.status === 200 ? readWindow(answer.json) : undefined;
  if (window === undefined) return undefined;
  const again = Math.min(Math.max(answer.retryAfterMs ?? AGAIN_MS, MIN_AGAIN_MS), MAX_AGAIN_MS);
  return { window, askAgainMs: again };
}

/** A moment within the window, not the same for all who were certified together (RFC 9773 §4.2). */
export function momentIn({ fromMs, untilMs }: RenewalWindow, random: () => number): number {
  return Math.floor(fromMs + random() * (untilMs - fromMs));
}

/** Where nobody says: after two thirds of the life, and half of a short one, a twentieth earlier or later. */
export function usualMoment(
  { fromMs, untilMs }: { readonly fromMs: number; readonly untilMs: number },
  random: () => number,
): number {
  const life = untilMs - fromMs;
  const share = life < 10 * 86_400_000 ? 1 / 2 : 2 / 3;
  return Math.floor(fromMs + life * (share + (random() - 0.5) / 10));
}
