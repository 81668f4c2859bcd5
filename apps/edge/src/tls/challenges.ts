import type { CertificatePair } from '@media-network/certificates';
import type { Proof } from '@media-network/certificates/acme';

/** Proofs that a CA may look for at this moment, by the name that it certifies. */
export interface Challenges {
  put(proof: Proof): void;
  remove(name: string): void;
  /** What `/.well-known/acme-challenge/<token>` answers under this host (RFC 8555 §8.3). */
  http(host: string, token: string): string | undefined;
  /** What the certificate of a TLS-ALPN-01 handshake says (RFC 8737). */
  digest(name: string): Uint8Array | undefined;
}

export const CHALLENGE_PREFIX = '/.well-known/acme-challenge/';
/** Longer than any CA looks. */
const PROOF_DAYS = 7;

export function createChallenges(): Challenges {
  const proofs = new Map<string, Proof>();
  return {
    put: (proof) => void proofs.set(proof.name, proof),
    remove: (name) => void proofs.delete(name),
    http(host, token) {
      const proof = proofs.get(host);
      return proof?.type === 'http-01' && proof.token === token ? proof.keyAuthorization : undefined;
    },
    digest(name) {
      const proof = proofs.get(name);
      return proof?.type === 'tls-alpn-01' ? proof.digest : undefined;
    },
  };
}

/** The certificate by which a handshake proves it; its key is of no further use to anybody. */
export async function proofPair(name: string, digest: Uint8Array, nowMs: number): Promise<CertificatePair> {
  const { lifetimeOf, makeProofCertificate } = await import('@media-network/certificates/make');
  return makeProofCertificate(name, digest, lifetimeOf(nowMs, PROOF_DAYS));
}
