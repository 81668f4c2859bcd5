import { Readable, pipeline } from 'node:stream';
import type { Transform } from 'node:stream';
import { promisify } from 'node:util';
import zlib from 'node:zlib';
import { orLeft } from '../serve/or-left.ts';
import type { Coding } from './coding.ts';

export interface Compressor {
  /** A whole body, coded; undefined where others are at it already. */
  whole(body: Buffer, coding: Coding): Promise<Buffer | undefined> | undefined;
  /** A body as it comes, each piece flushed, so that nobody waits for the next; undefined where too many are under way. */
  stream(body: AsyncIterable<Uint8Array>, coding: Coding): AsyncIterable<Uint8Array> | undefined;
}

/** Of the platform's four threads, which files are read by as well. */
const MAX_WHOLE = 2;
/** Each holds a window of some hundred kilobytes. */
const MAX_STREAMS = 16;

const { constants } = zlib;
const WHOLE: Readonly<Record<Coding, (body: Buffer) => Promise<Buffer>>> = {
  br: async (body) =>
    promisify<Buffer, zlib.BrotliOptions, Buffer>(zlib.brotliCompress)(body, {
      params: { [constants.BROTLI_PARAM_QUALITY]: 5, [constants.BROTLI_PARAM_SIZE_HINT]: body.length },
    }),
  zstd: async (body) =>
    promisify<Buffer, zlib.ZstdOptions, Buffer>(zlib.zstdCompress)(body, {
      params: { [constants.ZSTD_c_compressionLevel]: 6 },
    }),
  gzip: async (body) => promisify<Buffer, zlib.ZlibOptions, Buffer>(zlib.gzip)(body, { level: 6 }),
};
const STREAM: Readonly<Record<Coding, () => Transform>> = {
  br: () =>
    zlib.createBrotliCompress({
      flush: constants.BROTLI_OPERATION_FLUSH,
      params: { [constants.BROTLI_PARAM_QUALITY]: 4, [constants.BROTLI_PARAM_LGWIN]: 18 },
    }),
  zstd: () =>
    zlib.createZstdCompress({
      flush: constants.ZSTD_e_flush,
      params: { [constants.ZSTD_c_compressionLevel]: 3, [constants.ZSTD_c_windowLog]: 18 },
    }),
  gzip: () => zlib.createGzip({ flush: constants.Z_SYNC_FLUSH, level: 5 }),
};

/** Codings cost time: so many at once, and whoever comes beside gets the bytes as they are. */
export function createCompressor(): Compressor {
  let atWhole = 0;
  let atStreams = 0;

  async function whole(body: Buffer, coding: Coding): Promise<Buffer | undefined> {
    try {
      return await WHOLE[coding](body);
    } finally {
      atWhole -= 1;
    }
  }

  async function* streamed(body: AsyncIterable<Uint8Array>, coding: Coding): AsyncGenerator<Uint8Array> {
    const coder = STREAM[coding]();
    try {
      pipeline(Readable.from(body, { objectMode: false }), coder, () => undefined);
      // The type of a stream's pieces leaves open what they are; of a coder they are Buffers.
      yield* coder as AsyncIterable<Buffer>;
    } finally {
      coder.destroy();
      atStreams -= 1;
    }
  }

  return {
    whole(body, coding) {
      if (atWhole >= MAX_WHOLE) return undefined;
      atWhole += 1;
      return whole(body, coding);
    },
    stream(body, coding) {
      if (atStreams >= MAX_STREAMS) return undefined;
      atStreams += 1;
      return orLeft(streamed(body, coding), async () => {
        atStreams -= 1;
        await body[Symbol.asyncIterator]().return?.();
      });
    },
  };
}
