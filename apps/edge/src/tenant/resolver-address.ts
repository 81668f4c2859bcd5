import { isIP } from 'node:net';

/** Whether a text is an address with or without port, as a resolver is named: `127.0.0.1:5353`, `[::1]:53`. */
export function isResolverAddress(text: string): boolean {
  const [, v6, v4, port] = /^(?:\[([^\]]*)\]|([^:[\]]*))(?::(\d{1,5}))?$/.exec(text) ?? [];
  const version = v6 === undefined ? 4 : 6;
  if (isIP(text) === 6) return true;
  return (
    isIP(v6 ?? v4 ?? '') === version && (port === undefined || (Number(port) > 0 && Number(port) < 65_536))
  );
}
