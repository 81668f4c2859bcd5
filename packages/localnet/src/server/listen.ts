import type { Server } from 'node:http';
import { MediaError, errorCode } from '@media-network/runtime';

/** Resolves with the port. Throws `localnet/port-in-use` or what the system says. */
export async function listen(server: Server, host: string, port: number, purpose: string): Promise<number> {
  try {
    await new Promise<void>((resolve, reject) => {
      server.once('error', reject);
      server.listen(port, host, () => {
        server.off('error', reject);
        resolve();
      });
    });
  } catch (error) {
    if (errorCode(error) !== 'EADDRINUSE') throw error;
    throw new MediaError({
      code: 'localnet/port-in-use',
      message: `Port ${port} on ${host}, wanted for ${purpose}, is taken by another program; stop that program or choose another port.`,
      source: 'client',
      retry: true,
      context: { host, port },
      cause: error,
    });
  }
  const address = server.address();
  return typeof address === 'object' && address !== null ? address.port : port;
}
