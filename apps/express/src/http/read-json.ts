import type { IncomingMessage } from 'node:http';
import { refuse } from '../refusal.ts';
import type { Refusal } from '../refusal.ts';

/** The longest is a list of words. */
const MOST_BYTES = 16_384;

/** The body, which must say that it is JSON: no form of another site's page can. */
export async function readJson(request: IncomingMessage): Promise<{ readonly value: unknown } | Refusal> {
  const type = request.headers['content-type']?.split(';')[0]?.trim().toLowerCase();
  if (type !== 'application/json') return refuse('express/not-json');
  const chunks: Buffer[] = [];
  let size = 0;
  try {
    for await (const chunk of request) {
      // A request without an encoding yields buffers.
      const piece = Buffer.isBuffer(chunk) ? chunk : Buffer.from(String(chunk));
      size += piece.length;
      if (size > MOST_BYTES) return refuse('express/too-large');
      chunks.push(piece);
    }
    return { value: JSON.parse(Buffer.concat(chunks).toString('utf8')) };
  } catch {
    return refuse('express/bad-request', 'That is no JSON.');
  }
}
