import { Readable } from 'node:stream';
import { badResponse } from './origin-head.ts';
import type { OriginResponse } from './origin-response.ts';

const OF_S3 = /^(?:x-amz-.*|server)$/i;
const OF_BODY = /^(?:content-length|content-type|transfer-encoding)$/i;

/**
 * What S3 says, as viewers may hear it: it tells its errors with the names of bucket, endpoint and key, and leads to
 * another region by a redirect, which is a mistake in the settings and no place for a viewer.
 */
export function ofBucket(response: OriginResponse): OriginResponse {
  const { status, body } = response;
  const rawHeaders = without(response.rawHeaders, OF_S3);
  if (status < 300 || status === 304) return { ...response, rawHeaders };
  if (status < 400) throw badResponse('its bucket is in another region');
  body.on('error', () => undefined);
  body.destroy();
  return {
    ...response,
    rawHeaders: without(rawHeaders, OF_BODY),
    framing: response.framing === 'none' ? 'none' : 'length',
    contentLength: 0,
    body: Readable.from([]),
  };
}

function without(fields: readonly string[], names: RegExp): readonly string[] {
  return fields.filter((_, i) => !names.test(fields[i - (i % 2)] ?? ''));
}
