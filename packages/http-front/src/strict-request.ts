import type { IncomingMessage } from 'node:http';
import type { Exchange } from './exchange.ts';
import type { StrictRequest } from './request.ts';

export interface Remote {
  readonly remoteAddress: string | undefined;
  readonly remotePort: number | undefined;
  readonly serverName: string | undefined;
}

/** What a slow handler gets: the front's reading, the platform's body stream, the exchange's account. */
export function strictRequest<Token>(
  exchange: Exchange<Token>,
  body: IncomingMessage,
  remote: Remote,
): StrictRequest<Token> {
  const { reading } = exchange;
  return {
    scheme: reading.scheme,
    method: reading.method,
    httpVersion: reading.httpVersion,
    host: reading.host,
    port: reading.port,
    target: reading.target,
    pathEnd: reading.pathEnd,
    rawHeaders: reading.rawHeaders,
    body,
    hasBody: exchange.framing.present,
    remoteAddress: remote.remoteAddress,
    remotePort: remote.remotePort,
    serverName: remote.serverName,
    get signal() {
      return exchange.signal;
    },
    get bytesWritten() {
      return exchange.bytesWritten;
    },
    header(lowerName) {
      let value: string | undefined;
      for (let i = 0; i + 1 < reading.rawHeaders.length; i += 2) {
        if (reading.rawHeaders[i]?.toLowerCase() !== lowerName) continue;
        const text = reading.rawHeaders[i + 1] ?? '';
        value = value === undefined ? text : `${value}, ${text}`;
      }
      return value;
    },
    account(token) {
      exchange.account(token);
    },
  };
}
