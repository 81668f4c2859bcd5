import { formatHttpDate } from './http-date.ts';
import type { UpgradeProtocol } from './upgrade.ts';

const NAME = /^[!#$%&'*+.^_`|~0-9A-Za-z-]+$/;
const VALUE = /^[\t\x20-\x7e\x80-\xff]*$/;
/** What the front says itself; from elsewhere it would contradict the framing (RFC 9112 §6, §9). */
const OURS = new Set(['connection', 'content-length', 'keep-alive', 'transfer-encoding', 'upgrade']);

/** How the end of a body is made known. */
export type Framing =
  /** None, and no word about its length. */
  | 'none'
  | 'chunked'
  /** The end of the connection, for HTTP/1.0. */
  | 'close'
  | { readonly length: number };

/**
 * The head of an HTTP/1 response, blank line included. Throws a TypeError for what cannot be sent: a line
 * break in a value would be another response.
 */
export function responseHead(
  status: number,
  statusText: string,
  headers: readonly string[],
  framing: Framing,
  options: {
    readonly close: boolean;
    readonly nowMs: number;
    /** What a 101 switches to. */
    readonly upgrade?: UpgradeProtocol | undefined;
  },
): Buffer {
  let head = statusLine(status, statusText);
  let dated = false;
  for (let i = 0; i + 1 < headers.length; i += 2) {
    const name = headers[i] ?? '';
    head += fieldLine(name, headers[i + 1] ?? '');
    if (name.length === 4 && name.toLowerCase() === 'date') dated = true;
  }
  // RFC 9110 §6.6.1: an origin or a cache with a clock dates what it sends.
  if (!dated) head += `Date: ${formatHttpDate(options.nowMs)}\r\n`;
  if (framing === 'chunked') head += 'Transfer-Encoding: chunked\r\n';
  else if (typeof framing === 'object') head += `Content-Length: ${framing.length}\r\n`;
  if (options.upgrade !== undefined) head += `Connection: Upgrade\r\nUpgrade: ${options.upgrade}\r\n`;
  else if (options.close) head += 'Connection: close\r\n';
  return Buffer.from(`${head}\r\n`, 'latin1');
}

/** The head of an interim response (RFC 9110 §15.2). */
export function interimHead(status: number, headers: readonly string[]): Buffer {
  let head = statusLine(status, status === 100 ? 'Continue' : status === 103 ? 'Early Hints' : '');
  for (let i = 0; i + 1 < headers.length; i += 2) head += fieldLine(headers[i] ?? '', headers[i + 1] ?? '');
  return Buffer.from(`${head}\r\n`, 'latin1');
}

function statusLine(status: number, statusText: string): string {
  if (!Number.isInteger(status) || status < 100 || status > 999)
    throw new TypeError(`${status} is no status of HTTP`);
  if (!VALUE.test(statusText)) throw new TypeError('the status text cannot be sent');
  return `HTTP/1.1 ${status} ${statusText}\r\n`;
}

function fieldLine(name: string, value: string): string {
  if (!NAME.test(name) || !VALUE.test(value) || OURS.has(name.toLowerCase()))
    throw new TypeError(`the field ${JSON.stringify(name)} cannot be sent`);
  return `${name}: ${value}\r\n`;
}
