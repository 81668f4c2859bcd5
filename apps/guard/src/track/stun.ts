import { MediaError, errorCode, errorMessage } from '@media-network/runtime';
import type { Clock } from '@media-network/runtime';
import { startStun, stunUrlOf } from '@media-network/tracker';
import type { GuardConfig } from '../config.ts';

/** Answers STUN beside the tracker. Viewers find it at the host of the guard's endpoint. Rejects with `guard/port-in-use` or `guard/cannot-listen`. */
export async function openStun(
  { host, stunPort = 0 }: Pick<GuardConfig, 'host' | 'stunPort'>,
  endpoint: string,
  clock: Pick<Clock, 'nowMs'>,
): Promise<{ readonly url: string; close(): Promise<void> }> {
  try {
    const server = await startStun({ host, port: stunPort, nowMs: () => clock.nowMs() });
    const seenAt = URL.parse(endpoint)?.hostname.replaceAll(/^\[|\]$/g, '') ?? host;
    return { url: stunUrlOf(seenAt, server.port), close: () => server.close() };
  } catch (cause) {
    const inUse = errorCode(cause) === 'EADDRINUSE';
    throw new MediaError({
      code: inUse ? 'guard/port-in-use' : 'guard/cannot-listen',
      message: inUse
        ? `UDP port ${stunPort} is in use. Choose another with --stun-port.`
        : `The guard cannot listen on UDP ${host}:${stunPort}: ${errorMessage(cause)}.`,
      source: 'client',
      cause,
    });
  }
}
