import { Readable } from 'node:stream';
import type { ParsedRequest } from '@media-network/http-front';

/** A GET that no viewer sent as it is: what the edge asks itself for. Of a viewer is in it what `asked` says. */
export function madeRequest(
  asked: Pick<ParsedRequest, 'scheme' | 'host' | 'target' | 'header' | 'rawHeaders' | 'signal'> &
    Partial<
      Pick<ParsedRequest, 'method' | 'httpVersion' | 'port' | 'remoteAddress' | 'remotePort' | 'serverName'>
    >,
): ParsedRequest {
  const query = asked.target.indexOf('?');
  return {
    port: undefined,
    method: 'GET',
    httpVersion: '1.1',
    remoteAddress: undefined,
    remotePort: undefined,
    serverName: undefined,
    ...asked,
    pathEnd: query === -1 ? asked.target.length : query,
    hasBody: false,
    upgrade: undefined,
    body: Readable.from([]),
    interim: () => undefined,
  };
}
