import { Agent as HttpAgent, request as httpRequest } from 'node:http';
import type { IncomingMessage } from 'node:http';
import { Agent as HttpsAgent, request as httpsRequest } from 'node:https';
import { promisify } from 'node:util';
import { brotliDecompress, gunzip, inflate, zstdDecompress } from 'node:zlib';
import { errorMessage } from '@media-network/runtime';

/** An edge, where viewers reach it. */
export interface EdgePlace {
  readonly endpoint: string;
  readonly region: string;
  readonly hostname: string;
  /** Undefined where it does not speak it. */
  readonly ports: { readonly http: number | undefined; readonly https: number | undefined };
}

/** What one edge has of an object after it was asked for it. */
export type Warmed =
  /** Fetched and kept now, or kept before. */
  | { readonly kind: 'fetched' | 'there'; readonly bytes: number }
  /** Delivered and not kept, by the origin's word or because it is too large. */
  | { readonly kind: 'not-kept'; readonly bytes: number; readonly why: string }
  | { readonly kind: 'failed'; readonly why: string }
  /** The publisher has picked other edges for the resource. */
  | { readonly kind: 'not-picked' };

export interface EdgeAsker {
  /** Asks for it as a browser does, and reads it to the end. Never rejects. */
  warm(url: URL): Promise<Warmed>;
  /**
   * Its text, decoded.
   *
   * @throws where it is not had whole within its bounds
   */
  text(url: URL): Promise<string>;
  close(): void;
}

const IDLE_MS = 30_000;
const MAX_TEXT_BYTES = 52_428_800;
type Decode = (bytes: Buffer, options: { readonly maxOutputLength: number }) => Promise<Buffer>;
const DECODERS: ReadonlyMap<string, Decode> = new Map<string, Decode>([
  ['gzip', promisify(gunzip)],
  ['x-gzip', promisify(gunzip)],
  ['deflate', promisify(inflate)],
  ['br', promisify(brotliDecompress)],
  ['zstd', promisify(zstdDecompress)],
]);

export function createEdgeAsker(edge: EdgePlace, parallel: number): EdgeAsker {
  const options = { keepAlive: true, maxSockets: parallel };
  const agents = { http: new HttpAgent(options), https: new HttpsAgent(options) };

  function get(url: URL): Promise<IncomingMessage> {
    const secure = url.protocol === 'https:';
    const port = secure ? edge.ports.https : edge.ports.http;
    if (port === undefined)
      return Promise.reject(new Error(`the edge does not speak ${url.protocol.slice(0, -1)}`));
    return new Promise((resolve, reject) => {
      const asked = (secure ? httpsRequest : httpRequest)({
        host: edge.hostname,
        port,
        path: url.pathname + url.search,
        agent: secure ? agents.https : agents.http,
        servername: url.hostname,
        // Nothing that is secret is sent, and what comes is thrown away; the root of a network on this machine is not this program's to trust.
        rejectUnauthorized: false,
        timeout: IDLE_MS,
        headers: {
          host: url.host,
          accept: '*/*',
          // As browsers do: what Vary names is warmed for them.
          'accept-encoding': 'gzip, deflate, br, zstd',
          'user-agent': 'media-resource-warm',
        },
      });
      asked.on('timeout', () => asked.destroy(new Error('it keeps silent')));
      asked.on('error', reject);
      asked.on('response', resolve);
      asked.end();
    });
  }

  return {
    async warm(url) {
      try {
        const response = await get(url);
        let bytes = 0;
        for await (const chunk of response) bytes += Buffer.isBuffer(chunk) ? chunk.length : 0;
        return judged(response, bytes);
      } catch (error) {
        return { kind: 'failed', why: errorMessage(error) };
      }
    },
    async text(url) {
      const response = await get(url);
      if (response.statusCode !== 200) {
        response.resume();
        throw new Error(`the edge answers ${wordOf(response)}`);
      }
      const bytes = await readUpTo(response, MAX_TEXT_BYTES);
      const coding = response.headers['content-encoding'] ?? (/\.gz$/i.test(url.pathname) ? 'gzip' : '');
      const decode = DECODERS.get(coding);
      return (
        decode === undefined ? bytes : await decode(bytes, { maxOutputLength: MAX_TEXT_BYTES })
      ).toString();
    },
    close() {
      agents.http.destroy();
      agents.https.destroy();
    },
  };
}

async function readUpTo(response: IncomingMessage, maxBytes: number): Promise<Buffer> {
  const parts: Buffer[] = [];
  let size = 0;
  for await (const chunk of response) {
    const part = Buffer.from(chunk);
    size += part.length;
    if (size > maxBytes) throw new Error('it is longer than any list of URLs');
    parts.push(part);
  }
  return Buffer.concat(parts);
}

function wordOf({ statusCode, headers }: IncomingMessage): string {
  const code = headers['media-error'];
  return `${statusCode ?? 0}${typeof code === 'string' ? ` ${code}` : ''}`;
}

/** By what the edge says in Cache-Status (RFC 9211). */
function judged(response: IncomingMessage, bytes: number): Warmed {
  if (response.headers['media-error'] === 'edge/not-picked') return { kind: 'not-picked' };
  if ((response.statusCode ?? 0) >= 400) return { kind: 'failed', why: wordOf(response) };
  const said = String(response.headers['cache-status'] ?? '');
  const own = said.split(',').find((member) => member.trim().startsWith('medianet')) ?? '';
  const words = own.split(';').map((word) => word.trim());
  if (words.includes('hit')) return { kind: 'there', bytes };
  if (words.includes('stored') || words.includes('collapsed')) return { kind: 'fetched', bytes };
  const detail = words.find((word) => word.startsWith('detail='))?.slice('detail='.length);
  return { kind: 'not-kept', bytes, why: detail ?? 'the edge does not say why' };
}
