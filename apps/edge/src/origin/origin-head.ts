import { MediaError } from '@media-network/runtime';
import type { OriginHead } from './origin-response.ts';

const HOP_BY_HOP = new Set([
  'connection',
  'keep-alive',
  'proxy-authenticate',
  'proxy-connection',
  'te',
  'trailer',
  'transfer-encoding',
  'upgrade',
]);
/** A Connection field must not take away what the end of the body, its meaning or its privacy hangs on. */
const NOT_NAMEABLE = new Set([
  'cache-control',
  'content-encoding',
  'content-length',
  'content-type',
  'etag',
  'set-cookie',
  'vary',
]);
const NAME = /^[!#$%&'*+.^_`|~0-9A-Za-z-]+$/;
const VALUE = /^[\t\x20-\x7e\x80-\xff]*$/;

/**
 * What an origin's fields say of the connection, and the fields without those. Stricter than the parser:
 * what a viewer's client could read in another way throws `edge/origin-bad-response`.
 */
export function readHead(
  raw: readonly string[],
  method: string,
  status: number,
  statusText = '',
): OriginHead {
  if (!VALUE.test(statusText)) throw badResponse('its reason phrase is malformed');
  // Neither a final answer nor one of the interim ones that the parser takes away (RFC 9110 §15).
  if (status < 200 || status > 999) throw badResponse(`its status is ${status}`);
  const dropped = new Set(HOP_BY_HOP);
  let chunked = false;
  let contentLength: number | undefined;
  for (let i = 0; i + 1 < raw.length; i += 2) {
    const name = raw[i] ?? '';
    const value = raw[i + 1] ?? '';
    if (!NAME.test(name) || !VALUE.test(value))
      throw badResponse(`its field ${JSON.stringify(name)} is malformed`);
    switch (name.toLowerCase()) {
      case 'connection':
        for (const option of value.split(',')) {
          const named = option.trim().toLowerCase();
          if (!NOT_NAMEABLE.has(named)) dropped.add(named);
        }
        break;
      case 'transfer-encoding':
        // Any other coding would reach the viewer undone or not, and nobody could tell.
        if (chunked || value.trim().toLowerCase() !== 'chunked')
          throw badResponse(`its Transfer-Encoding is "${value}"`);
        chunked = true;
        break;
      case 'content-length':
        if (!/^\d{1,15}$/.test(value) || (contentLength !== undefined && contentLength !== Number(value))) {
          throw badResponse('its Content-Length is malformed');
        }
        contentLength = Number(value);
        break;
      default:
    }
  }
  // RFC 9112 §6.3: an answer with both is an attempt at smuggling.
  if (chunked && contentLength !== undefined)
    throw badResponse('it has Content-Length and Transfer-Encoding');
  const rawHeaders: string[] = [];
  for (let i = 0; i + 1 < raw.length; i += 2) {
    const name = raw[i] ?? '';
    if (!dropped.has(name.toLowerCase())) rawHeaders.push(name, raw[i + 1] ?? '');
  }
  const bodyless = method === 'HEAD' || status === 204 || status === 304;
  const framing = bodyless ? 'none' : chunked ? 'chunked' : contentLength !== undefined ? 'length' : 'close';
  return { rawHeaders, framing, contentLength };
}

/**
 * The fields of an interim answer that may go on to the viewer (RFC 9110 §15.2), or undefined where one of
 * them is malformed: it is a hint, and nothing is lost with it.
 */
export function interimHead(raw: readonly string[]): string[] | undefined {
  const kept: string[] = [];
  for (let i = 0; i + 1 < raw.length; i += 2) {
    const name = raw[i] ?? '';
    const value = raw[i + 1] ?? '';
    if (!NAME.test(name) || !VALUE.test(value)) return undefined;
    const lower = name.toLowerCase();
    if (!HOP_BY_HOP.has(lower) && !NOT_INTERIM.test(lower)) kept.push(name, value);
  }
  return kept;
}

/** What says how long something is, sets a state at the viewer, or is the edge's to say. */
const NOT_INTERIM = /^(?:content-length|set-cookie2?|cache-status|via|media-.*|repr-digest)$/;

/**
 * The fields of a 101 that go on to the viewer, those of the connection and of a body apart. Throws
 * `edge/origin-bad-response` where it is not the switch that was asked for (RFC 6455 §4.1).
 */
export function readSwitch(raw: readonly string[], accept: string): readonly string[] {
  const said = (wanted: string): string =>
    raw
      .flatMap((name, i) => (i % 2 === 0 && name.toLowerCase() === wanted ? [raw[i + 1] ?? ''] : []))
      .join(',');
  if (said('upgrade').trim().toLowerCase() !== 'websocket') throw badResponse('it switches to no WebSocket');
  if (said('sec-websocket-accept') !== accept) throw badResponse('its Sec-WebSocket-Accept is wrong');
  const framed = raw.filter(
    (_, i) => !/^(?:content-length|transfer-encoding)$/i.test(raw[i - (i % 2)] ?? ''),
  );
  return readHead(framed, 'GET', 204).rawHeaders;
}

/** A 304 or 206 that nobody asked for would give the viewer a part, or nothing, for the whole. */
export function checkAsked(status: number, asked: readonly string[]): void {
  const wanted =
    status === 304 ? /^if-(?:none-match|modified-since)$/i : status === 206 ? /^range$/i : undefined;
  if (wanted === undefined) return;
  if (!asked.some((name, i) => i % 2 === 0 && wanted.test(name)))
    throw badResponse(`it is a ${status} that was not asked for`);
}

export function badResponse(why: string, cause?: unknown): MediaError {
  return new MediaError({
    code: 'edge/origin-bad-response',
    message: `The origin's answer is not valid HTTP: ${why}.`,
    source: 'origin',
    ...(cause === undefined ? {} : { cause }),
  });
}
