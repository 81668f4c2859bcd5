import { createHash } from 'node:crypto';
import { AwsV4Signer } from 'aws4fetch';
import { describe, expect, it } from 'vitest';
import { fieldsForS3, signedForS3 } from './s3.ts';

const AT = Date.parse('2013-05-24T00:00:00Z');
const access = {
  region: 'us-east-1',
  keyId: 'AKIAIOSFODNN7EXAMPLE',
  secret: 'wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY',
  index: 'index.html',
};
const question = {
  method: 'GET',
  scheme: 'https',
  host: 'examplebucket.s3.amazonaws.com',
  prefix: '',
  target: '/test.txt',
  nowMs: AT,
} as const;
const signatureOf = (fields: readonly string[]): string =>
  /Signature=([0-9a-f]{64})$/.exec(fields[fields.indexOf('authorization') + 1] ?? '')?.[1] ?? '';

describe('the signer', () => {
  // Signature Version 4 test suite of AWS (docs.aws.amazon.com, "Signature Version 4 test suite").
  it.each([
    ['get-vanilla', 'GET', '/', '5fa00fa31553b73ebf1942676e86291e8372ff2a2260956d9b8aae1d763fbf31'],
    ['post-vanilla', 'POST', '/', '5da7c1a2acd57cee7505fc6676e4e544621c30862966e37dddb68e92efbe5d6b'],
  ])('agrees with AWS: %s', async (_name, method, path, signature) => {
    const signer = new AwsV4Signer({
      method,
      url: `https://example.amazonaws.com${path}`,
      accessKeyId: 'AKIDEXAMPLE',
      secretAccessKey: 'wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY',
      service: 'service',
      region: 'us-east-1',
      datetime: '20150830T123600Z',
    });
    expect(await signer.signature()).toBe(signature);
  });

  it('agrees with the example of S3', async () => {
    // Amazon S3 API reference, "Signature Calculations for the Authorization Header", GET Object.
    const signer = new AwsV4Signer({
      method: 'GET',
      url: 'https://examplebucket.s3.amazonaws.com/test.txt',
      headers: {
        Range: 'bytes=0-9',
        'x-amz-content-sha256': createHash('sha256').update('').digest('hex'),
      },
      accessKeyId: access.keyId,
      secretAccessKey: access.secret,
      service: 's3',
      region: 'us-east-1',
      datetime: '20130524T000000Z',
      allHeaders: true,
    });
    expect(await signer.signature()).toBe('f0e8bdb87c964420e857bd35b5d6ed310bd44f0170aba48dd91039c6036bdb41');
  });
});

describe('a request', () => {
  it('has the fields that S3 asks for, all of them signed, and no secret', async () => {
    const { path, fields } = await signedForS3(access, question);
    expect(path).toBe('/test.txt');
    expect(fields.slice(0, 4)).toEqual([
      'x-amz-date',
      '20130524T000000Z',
      'x-amz-content-sha256',
      'UNSIGNED-PAYLOAD',
    ]);
    expect(fields[5]).toMatch(
      /^AWS4-HMAC-SHA256 Credential=AKIAIOSFODNN7EXAMPLE\/20130524\/us-east-1\/s3\/aws4_request, SignedHeaders=host;x-amz-content-sha256;x-amz-date, Signature=[0-9a-f]{64}$/,
    );
    expect(fields.join(' ')).not.toContain(access.secret);
  });

  it.each([
    ['/', '', '/index.html'],
    ['/a/', '/bucket', '/bucket/a/index.html'],
    ['/?list-type=2&prefix=x', '', '/index.html'],
    ['/a?acl', '', '/a'],
    ['/a+b', '', '/a%2Bb'],
    ['/a%20b', '', '/a%20b'],
    ["/a'(b)*!~", '', '/a%27%28b%29%2A%21~'],
    ['/caf%C3%A9', '', '/caf%C3%A9'],
    ['/50%', '', '/50%25'],
    ['/a//b', '', '/a//b'],
    ['/a%2Fb', '', '/a%2Fb'],
  ])('%s behind "%s" is for the object %s', async (target, prefix, expected) => {
    expect((await signedForS3(access, { ...question, target, prefix })).path).toBe(expected);
  });

  it('is another for another method, path, moment, host and region', async () => {
    const all = await Promise.all([
      signedForS3(access, question),
      signedForS3(access, { ...question, method: 'HEAD' }),
      signedForS3(access, { ...question, target: '/other.txt' }),
      signedForS3(access, { ...question, nowMs: AT + 1_000 }),
      signedForS3(access, { ...question, host: 'other.s3.amazonaws.com' }),
      signedForS3({ ...access, region: 'eu-central-1' }, question),
    ]);
    expect(new Set(all.map(({ fields }) => signatureOf(fields))).size).toBe(all.length);
  });

  it('takes of a viewer what chooses among what is stored, and no orders', () => {
    const raw = [
      'Host',
      'b',
      'Range',
      'bytes=0-1',
      'X-Amz-Acl',
      'public',
      'x-amz-security-token',
      't',
      'Authorization',
      'AWS4 x',
      'Cookie',
      'a=1',
      'If-None-Match',
      '"e"',
      'X-Forwarded-Host',
      'v',
    ];
    expect(fieldsForS3(raw)).toEqual(['Host', 'b', 'Range', 'bytes=0-1', 'If-None-Match', '"e"']);
  });
});
