import { readOriginUrl } from '@media-network/protocol';
import { wrong } from '../line.ts';
import type { Line, Reading } from '../line.ts';
import type { S3Access } from '../s3.ts';
import { unknownParts } from '../verb.ts';
import type { Verb } from '../verb.ts';

/** One more place that a resource's bytes come from, or more of the settings' own. */
export interface OriginRule {
  /** Scheme, host and port. */
  readonly origin: string;
  /** What stands before every target there; mostly nothing. */
  readonly prefix: string;
  readonly weight: number;
  /** Asked only where no other can be. */
  readonly backup: boolean;
  /** Value of Host; undefined: that of the URL. */
  readonly host: string | undefined;
  /** Name that a TLS handshake asks for, and that the certificate must have; undefined: that of Host. */
  readonly sni: string | undefined;
  /** How requests to it are signed, where it is a storage that speaks S3. */
  readonly s3: S3Access | undefined;
}

const MAX_WEIGHT = 1_000;
const HOST = /^[A-Za-z0-9.\-[\]:_]{1,255}$/;
const SERVER_NAME =
  /^(?=.{1,253}$)[a-z0-9_](?:[a-z0-9_-]*[a-z0-9_])?(?:\.[a-z0-9_](?:[a-z0-9_-]*[a-z0-9_])?)*$/i;

export const origin: Verb<OriginRule> = {
  name: 'origin',
  usage:
    'origin URL [weight=2] [backup] [host=NAME] [sni=NAME] [s3=REGION key=ID secret=SECRET [index=index.html]]',
  says: 'One more origin, or with the URL of the first one more about that: its share, its Host, its name in TLS; a path in the URL stands before every target.',
  notes: [
    'The settings’ own origin is the first of them; sixteen there are at most. What is one origin to viewers must be one in what it says, validators (`ETag`) included.',
    'A path in the URL stands before every target, and is taken off again where answers lead there. No answer shows an origin: `Location`, `Content-Location`, `Refresh` and `Link` lead to the resource instead.',
    '`host` is what it is asked by, `sni` the name in TLS; without `sni` that is `host`. The certificate must have that name: it is always verified. A backup is asked where no other is well.',
    'With `s3` it is a bucket, by its host or by a path (`https://minio.example/bucket`), and each GET and HEAD is signed (AWS Signature Version 4). Nothing else is asked of it, no query and no field by which S3 is given orders; a path that ends with a slash is its `index`. Errors of S3 reach viewers without what it says of the bucket. Every active edge and guard knows the key: let it read that bucket and nothing else.',
  ],
  examples: [
    'origin https://b.example/site weight=2',
    'origin https://203.0.113.7 host=www.example.org sni=www.example.org backup',
    'origin https://bucket.s3.eu-central-1.amazonaws.com s3=eu-central-1 key=AKIAIOSFODNN7EXAMPLE secret=wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY',
  ],
  read(line: Line): Reading<OriginRule> {
    const backup = line.words.includes('backup');
    const words = line.words.filter((word) => word !== 'backup');
    const unknown = unknownParts(
      { ...line, words },
      { words: 1, options: ['weight', 'host', 'sni', 's3', 'key', 'secret', 'index'] },
    );
    if (unknown !== undefined) return unknown;
    const option = (name: string): string | undefined => line.options.get(name)?.[0];
    const text = words[0] ?? '';
    const url = readOriginUrl(text);
    if (url === undefined)
      return wrong(
        `has no origin in "${text}": write https://host, with a port or a path where there is one`,
      );
    const weight = option('weight') ?? '1';
    if (!/^[1-9]\d{0,3}$/.test(weight) || Number(weight) > MAX_WEIGHT)
      return wrong(`has weight=${weight}: a whole number from 1 to ${MAX_WEIGHT}`);
    const host = option('host');
    if (host !== undefined && !HOST.test(host)) return wrong(`has no host in host=${host}`);
    const sni = option('sni');
    if (sni !== undefined && (!SERVER_NAME.test(sni) || /^[\d.]+$/.test(sni)))
      return wrong(`has no name in sni=${sni}: write www.example.org`);
    if (sni !== undefined && !url.origin.startsWith('https:')) return wrong('says sni without https');
    const s3 = readS3(line);
    if (s3.kind === 'wrong') return s3;
    return { kind: 'ok', value: { ...url, weight: Number(weight), backup, host, sni, s3: s3.value } };
  },
};

function readS3(line: Line): Reading<S3Access | undefined> {
  const option = (name: string): string | undefined => line.options.get(name)?.[0];
  const [region, keyId, secret] = [option('s3'), option('key'), option('secret')];
  if (region === undefined) {
    const lone = ['key', 'secret', 'index'].find((name) => option(name) !== undefined);
    return lone === undefined ? { kind: 'ok', value: undefined } : wrong(`says ${lone} without s3=REGION`);
  }
  if (!/^[a-z0-9-]{1,64}$/.test(region)) return wrong(`has no region in s3=${region}: write eu-central-1`);
  if (keyId === undefined || secret === undefined) return wrong('says s3 without key= and secret=');
  if (!/^[\w-]{1,128}$/.test(keyId)) return wrong(`has no key id in key=${keyId}`);
  if (!/^[\x21-\x7e]{1,256}$/.test(secret)) return wrong('has no secret in secret=');
  const index = option('index') ?? 'index.html';
  if (!/^[\w.-]{1,128}$/.test(index) || /^\.+$/.test(index))
    return wrong(`has no name of an object in index=${index}`);
  return { kind: 'ok', value: { region, keyId, secret, index } };
}
