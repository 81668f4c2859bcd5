import { MediaError } from '@media-network/runtime';

export function parsePort(text: string, name: string): number {
  const port = Number(text);
  if (/^\d{1,5}$/.test(text) && port <= 65_535) return port;
  throw new MediaError({
    code: 'cli/bad-port',
    message: `${name} must be a port from 0 to 65535, not "${text}".`,
    source: 'client',
  });
}
