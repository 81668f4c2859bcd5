import { promisify } from 'node:util';
import zlib from 'node:zlib';

const gunzip = promisify(zlib.gunzip);
const inflate = promisify(zlib.inflate);
const brotli = promisify(zlib.brotliDecompress);
const zstd = promisify<Buffer, zlib.ZstdOptions, Buffer>(zlib.zstdDecompress);

/**
 * A body without its content coding, so that an edge that compresses and an origin that does not can be compared.
 * Undefined when the coding is unknown, the body is not in it, or it grows above `maxBytes`.
 */
export async function decoded(
  body: Buffer,
  coding: string | undefined,
  maxBytes: number,
): Promise<Buffer | undefined> {
  const limit = { maxOutputLength: maxBytes };
  try {
    switch ((coding ?? 'identity').trim().toLowerCase()) {
      case '':
      case 'identity':
        return body.length > maxBytes ? undefined : body;
      case 'gzip':
      case 'x-gzip':
        return await gunzip(body, limit);
      case 'deflate':
        return await inflate(body, limit);
      case 'br':
        return await brotli(body, limit);
      case 'zstd':
        return await zstd(body, limit);
      default:
        return undefined;
    }
  } catch {
    return undefined;
  }
}
