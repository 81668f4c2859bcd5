import type { HeadParser } from './head-parser.ts';

/** Protocols that a connection may be switched to; what else `Upgrade` offers is ignored (RFC 9110 §7.8). */
export type UpgradeProtocol = 'websocket';

const WEBSOCKET = /(?:^|,)[ \t]*websocket[ \t]*(?:$|,)/i;
const UPGRADE = /(?:^|,)[ \t]*upgrade[ \t]*(?:$|,)/i;

/** Whether a field offers a WebSocket, whatever else is right or wrong with the request. */
export function namesWebSocket(upgrade: string | undefined): boolean {
  return upgrade !== undefined && WEBSOCKET.test(upgrade);
}

/**
 * What a request of HTTP/1 asks to switch to. RFC 6455 §4.1: a GET of HTTP/1.1 without a body that says so in `Upgrade`
 * and in `Connection`. With a body it would be open what of the bytes behind the head is of which protocol.
 */
export function upgradeOf(
  request: Pick<HeadParser, 'method' | 'minorVersion' | 'header'>,
  hasBody: boolean,
): UpgradeProtocol | undefined {
  if (request.method !== 'GET' || request.minorVersion !== 1 || hasBody) return undefined;
  if (!namesWebSocket(request.header('upgrade'))) return undefined;
  return UPGRADE.test(request.header('connection') ?? '') ? 'websocket' : undefined;
}
