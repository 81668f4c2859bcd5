import { createServer } from 'node:http';
import type { Clock } from '@media-network/runtime';
import { listenAt } from '@media-network/runtime/listen';
import { createVouchHandler, createVoucher } from '@media-network/vouch';
import type { NetworkHours, VouchingKey } from '@media-network/vouch';

export interface SignerOptions {
  readonly key: VouchingKey;
  readonly resource: string;
  readonly hours: NetworkHours;
  /** 0 for a free port. Listens on 127.0.0.1 only. */
  readonly port: number;
}

export interface Signer {
  /** `http://127.0.0.1:<port>/` */
  readonly url: string;
  close(): Promise<void>;
}

/** Viewers of one machine share its address. */
const TOKENS_PER_ADDRESS = 1_000_000;

/**
 * The publisher's signer beside its origin, as `media vouch` runs it.
 *
 * @throws `devnet/port-in-use` when the port is taken.
 */
export async function startSigner(deps: { readonly clock: Clock }, options: SignerOptions): Promise<Signer> {
  const { key, resource, hours, port } = options;
  const voucher = createVoucher({
    resource,
    vouchingKey: key,
    hours,
    tokensPerAddress: TOKENS_PER_ADDRESS,
    clock: deps.clock,
  });
  const handle = createVouchHandler(voucher);
  const server = createServer((request, response) => void handle(request, response));
  const bound = await listenAt(server, {
    host: '127.0.0.1',
    port,
    flag: '--port',
    codes: { inUse: 'devnet/port-in-use', failed: 'devnet/cannot-listen' },
    use: 'the signer',
  });
  return {
    url: `http://127.0.0.1:${bound}/`,
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}
