import { AwsV4Signer } from 'aws4fetch';

/** What a storage that speaks S3 is asked with. */
export interface S3Access {
  readonly region: string;
  readonly keyId: string;
  readonly secret: string;
  /** Object that stands for a path which ends with a slash: the path itself would list the bucket. */
  readonly index: string;
}

export interface S3Question {
  readonly method: 'GET' | 'HEAD';
  readonly scheme: 'http' | 'https';
  /** Value of Host. */
  readonly host: string;
  /** What stands before every target: `/bucket`, or nothing. */
  readonly prefix: string;
  readonly target: string;
  readonly nowMs: number;
}

/** Methods by which objects are read; with the publisher's key nothing else is asked for. */
export function isForS3(method: string): method is 'GET' | 'HEAD' {
  return method === 'GET' || method === 'HEAD';
}

/**
 * The path of an object and the fields that prove who asks for it (AWS Signature Version 4, UNSIGNED-PAYLOAD). A query
 * does not go along: in S3 it is another question (`?acl`, `?list-type=2`), and the key would answer it.
 */
export async function signedForS3(
  { region, keyId, secret, index }: S3Access,
  { method, scheme, host, prefix, target, nowMs }: S3Question,
): Promise<{ readonly path: string; readonly fields: readonly string[] }> {
  const [plain = '/'] = target.split('?', 1);
  const path = prefix + encodedPath(plain.endsWith('/') ? plain + index : plain);
  const signer = new AwsV4Signer({
    method,
    url: `${scheme}://${host}${path}`,
    accessKeyId: keyId,
    secretAccessKey: secret,
    service: 's3',
    region,
    datetime: new Date(nowMs).toISOString().replaceAll(/[:-]|\.\d{3}/g, ''),
  });
  const { headers } = await signer.sign();
  const fields: string[] = [];
  for (const name of ['x-amz-date', 'x-amz-content-sha256', 'authorization']) {
    const value = headers.get(name);
    if (value !== null) fields.push(name, value);
  }
  return { path, fields };
}

/** As S3 writes it in what it signs: so a path means one key to both, a plus among it. */
function encodedPath(path: string): string {
  return path
    .split('/')
    .map((segment) =>
      encodeURIComponent(decoded(segment)).replaceAll(
        /[!'()*]/g,
        (char) => `%${char.codePointAt(0)?.toString(16).toUpperCase() ?? ''}`,
      ),
    )
    .join('/');
}

function decoded(segment: string): string {
  try {
    return decodeURIComponent(segment);
  } catch {
    return segment;
  }
}

/** Fields that choose among what is stored, or a part of it. Nothing of a viewer's else: S3 takes some for orders. */
const SENT: ReadonlySet<string> = new Set([
  'accept',
  'accept-encoding',
  'host',
  'if-match',
  'if-modified-since',
  'if-none-match',
  'if-range',
  'if-unmodified-since',
  'origin',
  'range',
  'user-agent',
  'via',
]);

/** Of a request's fields, name, value, …, those that S3 is asked with. */
export function fieldsForS3(raw: readonly string[]): string[] {
  return raw.filter((_, i) => SENT.has((raw[i - (i % 2)] ?? '').toLowerCase()));
}
