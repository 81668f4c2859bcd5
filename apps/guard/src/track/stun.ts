import type { Clock } from '@media-network/runtime';
import { cannotListen } from '@media-network/runtime/daemon';
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
    throw cannotListen(cause, {
      host,
      port: stunPort,
      flag: '--stun-port',
      codes: { inUse: 'guard/port-in-use', failed: 'guard/cannot-listen' },
      transport: 'UDP',
    });
  }
}
