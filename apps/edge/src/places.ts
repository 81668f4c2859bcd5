import type { EdgeConfig } from './config.ts';
import type { ControlPlace } from './edge-api.ts';
import type { ListenPlace } from './workers/worker-pool.ts';

/** The sockets of a predecessor where it listened at these places, or the places as they are. */
export function inherited(wanted: readonly ListenPlace[], from: readonly ListenPlace[]): ListenPlace[] {
  return wanted.flatMap((place) => {
    const same = from.filter(
      ({ listener, host, port }) =>
        listener === place.listener && host === place.host && (place.port === 0 || port === place.port),
    );
    return same.length === 0 ? [place] : same;
  });
}

/** The same for the control plane. */
export function controlAt(
  { controlHost: host, controlPort: port }: EdgeConfig,
  from: ControlPlace | undefined,
): { readonly host: string; readonly port: number; readonly handle?: unknown } {
  const same = from?.host === host && (port === 0 || from.port === port);
  return same ? from : { host, port };
}

/** An address as it stands in a URL; the wildcard addresses are reached by loopback. */
export function urlHost(host: string): string {
  if (host === '0.0.0.0' || host === '::') return '127.0.0.1';
  return host.includes(':') ? `[${host}]` : host;
}
