import { createPrivateKey, X509Certificate } from 'node:crypto';
import { isIP } from 'node:net';
import { MediaError, errorMessage } from '@media-network/runtime';

/** A certificate with what is between it and a root, and its private key; PEM. */
export interface CertificatePair {
  /** The server's first. */
  readonly cert: string;
  readonly key: string;
}

/** What a certificate says of itself. */
export interface CertificateFacts {
  /** Lower-case; a wildcard begins with `*.`. */
  readonly names: readonly string[];
  readonly issuer: string;
  readonly fromMs: number;
  readonly untilMs: number;
}

export function factsOf(cert: string): CertificateFacts {
  const read = new X509Certificate(cert);
  return {
    names: namesOf(read),
    issuer: commonName(read.issuer),
    fromMs: read.validFromDate.getTime(),
    untilMs: read.validToDate.getTime(),
  };
}

function namesOf(certificate: X509Certificate): string[] {
  // Names with commas or quotes come quoted; none of those is a host.
  return (certificate.subjectAltName ?? '').split(', ').flatMap((entry) => {
    const [, kind, name = ''] = /^(DNS|IP Address):([^"]+)$/.exec(entry) ?? [];
    if (kind === undefined) return [];
    return [name.toLowerCase()];
  });
}

/** The common name, or the whole where there is none. */
function commonName(subject: string): string {
  return /^CN=(.*)$/m.exec(subject)?.[1] ?? subject.replaceAll('\n', ', ');
}

/** Whether a certificate with these names is one for the host: by the name itself, or by a wildcard for its first label. */
export function covers(names: Iterable<string>, host: string): boolean {
  const wildcard = wildcardOf(host);
  for (const name of names) if (name === host || name === wildcard) return true;
  return false;
}

/** `*.example` for `shop.example`; undefined where there is none. */
export function wildcardOf(host: string): string | undefined {
  const dot = host.indexOf('.');
  return dot <= 0 || isIP(host) !== 0 ? undefined : `*${host.slice(dot)}`;
}

/**
 * A pair that can be served: both can be read, and the key is the certificate's.
 *
 * @throws `certificates/bad-pair`
 */
export function checkedPair(pair: CertificatePair, where: string): CertificatePair {
  let why: string | undefined;
  try {
    if (!new X509Certificate(pair.cert).checkPrivateKey(createPrivateKey(pair.key)))
      why = 'the key is not the one of the certificate';
  } catch (error) {
    why = errorMessage(error);
  }
  if (why === undefined) return pair;
  throw new MediaError({
    code: 'certificates/bad-pair',
    message: `The certificate in ${where} cannot be served: ${why}.`,
    source: 'client',
  });
}

const CERTIFICATES = /-----BEGIN CERTIFICATE-----[\s\S]*?-----END CERTIFICATE-----\n?/g;
const KEY = /-----BEGIN (?:EC |RSA )?PRIVATE KEY-----[\s\S]*?-----END (?:EC |RSA )?PRIVATE KEY-----\n?/;

/** One text with both, the key first: replaced whole, so that the two are never of different times. */
export function pairText({ cert, key }: CertificatePair): string {
  return `${key.trimEnd()}\n${cert.trimEnd()}\n`;
}

/** Undefined where one of the two is missing. */
export function readPair(text: string): CertificatePair | undefined {
  const cert = (text.match(CERTIFICATES) ?? []).join('');
  const key = KEY.exec(text)?.[0];
  return cert === '' || key === undefined ? undefined : { cert, key };
}
