import {
  createHash,
  createPublicKey,
  generateKeyPairSync,
  randomBytes,
  sign,
  X509Certificate,
} from 'node:crypto';
import type { KeyObject } from 'node:crypto';
import { isIP } from 'node:net';
import { Attributes, CertificationRequest, CertificationRequestInfo } from '@peculiar/asn1-csr';
import { AsnConvert, OctetString } from '@peculiar/asn1-schema';
import {
  AlgorithmIdentifier,
  Attribute,
  AttributeTypeAndValue,
  AttributeValue,
  AuthorityKeyIdentifier,
  BasicConstraints,
  Certificate,
  ExtendedKeyUsage,
  Extension,
  Extensions,
  GeneralName,
  GeneralSubtree,
  GeneralSubtrees,
  KeyIdentifier,
  KeyUsage,
  KeyUsageFlags,
  Name,
  NameConstraints,
  RelativeDistinguishedName,
  SubjectAlternativeName,
  SubjectKeyIdentifier,
  SubjectPublicKeyInfo,
  TBSCertificate,
  Validity,
  Version,
  id_ce_authorityKeyIdentifier,
  id_ce_basicConstraints,
  id_ce_extKeyUsage,
  id_ce_keyUsage,
  id_ce_nameConstraints,
  id_ce_subjectAltName,
  id_ce_subjectKeyIdentifier,
  id_kp_serverAuth,
} from '@peculiar/asn1-x509';
import type { CertificatePair } from './certificate-pair.ts';

/** Certificates and requests as DER says them; all keys are P-256, all signatures ECDSA with SHA-256. */

const ECDSA_SHA256 = '1.2.840.10045.4.3.2';
const EXTENSION_REQUEST = '1.2.840.113549.1.9.14';
/** acmeIdentifier, RFC 8737 §6.1. */
const ACME_IDENTIFIER = '1.3.6.1.5.5.7.1.31';
const COMMON_NAME = '2.5.4.3';
const ORGANISATION = '2.5.4.10';
/** Clocks of clients differ from ours. */
const BACKDATE_MS = 60 * 60_000;
const SERIAL_BYTES = 16;

export interface Lifetime {
  readonly fromMs: number;
  readonly untilMs: number;
}

export function newKey(): KeyObject {
  return generateKeyPairSync('ec', { namedCurve: 'P-256' }).privateKey;
}

export function keyText(key: KeyObject): string {
  return key.export({ type: 'pkcs8', format: 'pem' });
}

/** From an hour ago, for clocks that are behind, to `days` from now. */
export function lifetimeOf(nowMs: number, days: number): Lifetime {
  return { fromMs: nowMs - BACKDATE_MS, untilMs: nowMs + days * 86_400_000 };
}

function nameOf(commonName: string, organisation?: string): Name {
  const parts = [
    ...(organisation === undefined ? [] : [{ type: ORGANISATION, text: organisation }]),
    { type: COMMON_NAME, text: commonName },
  ];
  return new Name(
    parts.map(
      ({ type, text }) =>
        new RelativeDistinguishedName([
          new AttributeTypeAndValue({ type, value: new AttributeValue({ utf8String: text }) }),
        ]),
    ),
  );
}

function publicKeyOf(privateKey: KeyObject): SubjectPublicKeyInfo {
  const der = createPublicKey(privateKey).export({ type: 'spki', format: 'der' });
  return AsnConvert.parse(der, SubjectPublicKeyInfo);
}

function keyIdOf(key: SubjectPublicKeyInfo): ArrayBuffer {
  return bytesOf(createHash('sha1').update(new Uint8Array(key.subjectPublicKey)).digest());
}

/** An `ArrayBuffer` of its own, as the library takes it. */
function bytesOf(bytes: Uint8Array): ArrayBuffer {
  return Uint8Array.from(bytes).buffer;
}

function extension(extnID: string, value: unknown, critical = false): Extension {
  return new Extension({ extnID, critical, extnValue: new OctetString(AsnConvert.serialize(value)) });
}

function subjectNames(names: readonly string[]): SubjectAlternativeName {
  return new SubjectAlternativeName(
    names.map((name) => new GeneralName(isIP(name) === 0 ? { dNSName: name } : { iPAddress: name })),
  );
}

function pem(label: string, der: ArrayBuffer): string {
  const lines =
    Buffer.from(der)
      .toString('base64')
      .match(/.{1,64}/g) ?? [];
  return `-----BEGIN ${label}-----\n${lines.join('\n')}\n-----END ${label}-----\n`;
}

function signed(toSign: object, key: KeyObject): ArrayBuffer {
  return bytesOf(sign('sha256', new Uint8Array(AsnConvert.serialize(toSign)), key));
}

interface Parts {
  readonly subject: Name;
  readonly subjectKey: SubjectPublicKeyInfo;
  readonly issuer: Name;
  readonly issuerKey: KeyObject;
  readonly lifetime: Lifetime;
  readonly extensions: readonly Extension[];
}

function certificate(parts: Parts): string {
  // A positive number: the first bit is its sign, and a leading zero would be no DER.
  const serial = randomBytes(SERIAL_BYTES);
  serial[0] = 0x40 | ((serial[0] ?? 0) & 0x3f);
  const algorithm = new AlgorithmIdentifier({ algorithm: ECDSA_SHA256 });
  const tbs = new TBSCertificate({
    version: Version.v3,
    serialNumber: bytesOf(serial),
    signature: algorithm,
    issuer: parts.issuer,
    validity: new Validity({
      notBefore: new Date(parts.lifetime.fromMs),
      notAfter: new Date(parts.lifetime.untilMs),
    }),
    subject: parts.subject,
    subjectPublicKeyInfo: parts.subjectKey,
    extensions: new Extensions([...parts.extensions]),
  });
  return pem(
    'CERTIFICATE',
    AsnConvert.serialize(
      new Certificate({
        tbsCertificate: tbs,
        signatureAlgorithm: algorithm,
        signatureValue: signed(tbs, parts.issuerKey),
      }),
    ),
  );
}

/**
 * A root that can sign for these names and what is below them, these networks, and nothing else (RFC 5280 §4.2.1.10):
 * who trusts it trusts it for them alone, whoever gets its key.
 */
export function makeRoot(options: {
  readonly commonName: string;
  readonly domains: readonly string[];
  /** Addresses with the length of their prefix: `127.0.0.0/8`. */
  readonly networks: readonly string[];
  readonly lifetime: Lifetime;
}): CertificatePair {
  const key = newKey();
  const name = nameOf(options.commonName, 'Media Network');
  const subjectKey = publicKeyOf(key);
  const permitted = [
    ...options.domains.map((dNSName) => new GeneralName({ dNSName })),
    ...options.networks.map((iPAddress) => new GeneralName({ iPAddress })),
  ].map((base) => new GeneralSubtree({ base }));
  const cert = certificate({
    subject: name,
    subjectKey,
    issuer: name,
    issuerKey: key,
    lifetime: options.lifetime,
    extensions: [
      extension(id_ce_basicConstraints, new BasicConstraints({ cA: true, pathLenConstraint: 0 }), true),
      extension(id_ce_keyUsage, new KeyUsage(KeyUsageFlags.keyCertSign | KeyUsageFlags.cRLSign), true),
      extension(
        id_ce_nameConstraints,
        new NameConstraints({ permittedSubtrees: new GeneralSubtrees(permitted) }),
        true,
      ),
      extension(id_ce_subjectKeyIdentifier, new SubjectKeyIdentifier(keyIdOf(subjectKey))),
    ],
  });
  return { cert, key: keyText(key) };
}

/** A server's certificate, signed by `issuer`, with a key of its own. */
export function makeLeaf(
  issuer: { readonly cert: string; readonly key: KeyObject },
  options: { readonly names: readonly string[]; readonly lifetime: Lifetime },
): CertificatePair {
  const key = newKey();
  const root = AsnConvert.parse(new X509Certificate(issuer.cert).raw, Certificate).tbsCertificate;
  const cert = certificate({
    // Names are in the extension; a subject besides would only repeat one, cut to 64 letters.
    subject: new Name([]),
    subjectKey: publicKeyOf(key),
    issuer: root.subject,
    issuerKey: issuer.key,
    lifetime: options.lifetime,
    extensions: [
      extension(id_ce_basicConstraints, new BasicConstraints({ cA: false }), true),
      extension(id_ce_keyUsage, new KeyUsage(KeyUsageFlags.digitalSignature), true),
      extension(id_ce_extKeyUsage, new ExtendedKeyUsage([id_kp_serverAuth])),
      // Critical where the subject is empty (RFC 5280 §4.2.1.6).
      extension(id_ce_subjectAltName, subjectNames(options.names), true),
      extension(
        id_ce_authorityKeyIdentifier,
        new AuthorityKeyIdentifier({
          keyIdentifier: new KeyIdentifier(keyIdOf(root.subjectPublicKeyInfo)),
        }),
      ),
    ],
  });
  return { cert, key: keyText(key) };
}

/** What answers a TLS-ALPN-01 challenge (RFC 8737 §3): self-signed, with the digest of the key authorization. */
export function makeProofCertificate(name: string, digest: Uint8Array, lifetime: Lifetime): CertificatePair {
  const key = newKey();
  const subject = nameOf('ACME challenge');
  const cert = certificate({
    subject,
    subjectKey: publicKeyOf(key),
    issuer: subject,
    issuerKey: key,
    lifetime,
    extensions: [
      extension(id_ce_subjectAltName, subjectNames([name])),
      extension(ACME_IDENTIFIER, new OctetString(bytesOf(digest)), true),
    ],
  });
  return { cert, key: keyText(key) };
}

/** A request for a certificate (PKCS #10, DER): all that ever leaves an edge of a key is in it. */
export function makeRequest(names: readonly string[], key: KeyObject): Uint8Array {
  const info = new CertificationRequestInfo({
    subject: new Name([]),
    subjectPKInfo: publicKeyOf(key),
    attributes: new Attributes([
      new Attribute({
        type: EXTENSION_REQUEST,
        values: [
          AsnConvert.serialize(new Extensions([extension(id_ce_subjectAltName, subjectNames(names))])),
        ],
      }),
    ]),
  });
  return new Uint8Array(
    AsnConvert.serialize(
      new CertificationRequest({
        certificationRequestInfo: info,
        signatureAlgorithm: new AlgorithmIdentifier({ algorithm: ECDSA_SHA256 }),
        signature: signed(info, key),
      }),
    ),
  );
}
