import { createHash, createHmac } from 'node:crypto';
import { createServer } from 'node:http';
import type { IncomingMessage } from 'node:http';

export interface Bucket {
  readonly url: string;
  readonly port: number;
  /** By key. */
  readonly objects: Map<string, { readonly body: Buffer; readonly type: string }>;
  /** Requests as they came: method and raw URL. */
  readonly seen: string[];
  /** Why requests were refused. */
  readonly refused: string[];
  close(): Promise<void>;
}

const hmac = (key: string | Buffer, text: string): Buffer => createHmac('sha256', key).update(text).digest();
const sha256 = (text: string): string => createHash('sha256').update(text).digest('hex');

/** RFC 3986, slashes kept: as S3 writes a key in what it signs. */
const encoded = (text: string): string =>
  [...Buffer.from(text)]
    .map((byte) => {
      const char = String.fromCodePoint(byte);
      return /[A-Za-z0-9\-._~/]/.test(char) ? char : `%${byte.toString(16).toUpperCase().padStart(2, '0')}`;
    })
    .join('');

/**
 * A storage that verifies to the letter what the Amazon S3 API reference says of the Authorization header: every
 * field of its own must be signed, the time be right, and no signed request ask for anything but an object.
 */
export async function startBucket(options: {
  readonly name: string;
  /** Whether the bucket is named in the path, as MinIO has it. */
  readonly inPath: boolean;
  readonly region: string;
  readonly keyId: string;
  readonly secret: string;
}): Promise<Bucket> {
  const { name, inPath, region, keyId, secret } = options;
  const objects: Bucket['objects'] = new Map();
  const seen: string[] = [];
  const refused: string[] = [];

  function wrong(request: IncomingMessage): string | undefined {
    const { headers, method = '', url = '' } = request;
    const found =
      /^AWS4-HMAC-SHA256 Credential=([^/]+)\/(\d{8})\/([^/]+)\/s3\/aws4_request, SignedHeaders=([a-z0-9;-]+), Signature=([0-9a-f]{64})$/.exec(
        headers.authorization ?? '',
      );
    if (found === null) return 'there is no signature';
    const [, id, day, signedRegion, names = '', signature] = found;
    if (id !== keyId || signedRegion !== region) return 'another key or region';
    const time = String(headers['x-amz-date']);
    const [, y, mo, d, h, mi, s] = /^(\d{4})(\d\d)(\d\d)T(\d\d)(\d\d)(\d\d)Z$/.exec(time) ?? [];
    const at = Date.parse(`${y}-${mo}-${d}T${h}:${mi}:${s}Z`);
    if (!(Math.abs(at - Date.now()) < 900_000) || !time.startsWith(day ?? '-')) return 'the time is wrong';
    const signed = names.split(';');
    const unsigned = Object.keys(headers).filter(
      (each) => (each === 'host' || each.startsWith('x-amz-')) && !signed.includes(each),
    );
    if (unsigned.length > 0) return `not signed: ${unsigned.join(', ')}`;
    if (headers.cookie !== undefined) return 'somebody else is named';
    const [path = '', query] = url.split('?', 2);
    if (query !== undefined) return 'it asks for more than an object';
    const canonical = [
      method,
      encoded(decodeURIComponent(path)),
      '',
      ...signed.map((each) => `${each}:${String(headers[each]).trim().replaceAll(/ +/g, ' ')}`),
      '',
      names,
      String(headers['x-amz-content-sha256']),
    ].join('\n');
    const scope = `${day}/${region}/s3/aws4_request`;
    const key = [String(day), region, 's3', 'aws4_request'].reduce<Buffer | string>(
      (before, part) => hmac(before, part),
      `AWS4${secret}`,
    );
    const expected = hmac(key, ['AWS4-HMAC-SHA256', time, scope, sha256(canonical)].join('\n')).toString(
      'hex',
    );
    return expected === signature ? undefined : 'the signature does not match';
  }

  const server = createServer((request, response) => {
    seen.push(`${request.method} ${request.url}`);
    const error = (status: number, code: string): void => {
      const body = `<Error><Code>${code}</Code><BucketName>${name}</BucketName><AWSAccessKeyId>${keyId}</AWSAccessKeyId></Error>`;
      const headers = { 'Content-Type': 'application/xml', 'x-amz-request-id': 'R1', Server: 'AmazonS3' };
      response.writeHead(status, headers).end(request.method === 'HEAD' ? undefined : body);
    };
    const why = wrong(request);
    if (why !== undefined) {
      refused.push(why);
      error(403, 'SignatureDoesNotMatch');
      return;
    }
    const path = decodeURIComponent(request.url ?? '/');
    const begin = inPath ? `/${name}/` : '/';
    const object = path.startsWith(begin) ? objects.get(path.slice(begin.length)) : undefined;
    if (object === undefined) {
      error(404, 'NoSuchKey');
      return;
    }
    const etag = `"${createHash('md5').update(object.body).digest('hex')}"`;
    const [, first, last] = /^bytes=(\d+)-(\d*)$/.exec(request.headers.range ?? '') ?? [];
    const common = {
      ETag: etag,
      'Content-Type': object.type,
      'Accept-Ranges': 'bytes',
      'x-amz-request-id': 'R2',
      'x-amz-id-2': 'host-of-s3',
      Server: 'AmazonS3',
    };
    if (request.headers['if-none-match'] === etag) {
      response.writeHead(304, common).end();
      return;
    }
    const size = object.body.length;
    const from = first === undefined ? 0 : Number(first);
    const to = last === undefined || last === '' ? size - 1 : Math.min(Number(last), size - 1);
    const part = object.body.subarray(from, to + 1);
    const range = first === undefined ? {} : { 'Content-Range': `bytes ${from}-${to}/${size}` };
    response
      .writeHead(first === undefined ? 200 : 206, { ...common, ...range, 'Content-Length': part.length })
      .end(request.method === 'HEAD' ? undefined : part);
  });
  await new Promise<void>((resolve) => {
    server.listen(0, '127.0.0.1', resolve);
  });
  const at = server.address();
  if (at === null || typeof at === 'string') throw new Error('no port');
  return {
    url: `http://127.0.0.1:${at.port}`,
    port: at.port,
    objects,
    seen,
    refused,
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}
