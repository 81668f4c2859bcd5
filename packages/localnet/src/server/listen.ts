import type { Server } from 'node:http';
import { listenAt } from '@media-network/runtime/listen';

const CODES = { inUse: 'localnet/port-in-use', failed: 'localnet/cannot-listen' };

/** Resolves with the port. Rejects with `localnet/port-in-use` or `localnet/cannot-listen`. */
export function listen(server: Server, host: string, port: number, use: string): Promise<number> {
  return listenAt(server, { host, port, codes: CODES, use });
}
