import { encodeTxtRequest, signTxtRequest } from '@media-network/protocol';
import type { SignBytes } from '@media-network/protocol';
import { MediaError } from '@media-network/runtime';
import { askGuard } from '../ask-node.ts';
import type { EdgeChain } from '../chain/edge-chain.ts';
import type { DnsPublisher } from './dns-publisher.ts';

export interface GuardRecordsDeps {
  readonly chain: Pick<EdgeChain, 'guards' | 'edge' | 'nowMs'>;
  readonly sign: SignBytes;
  readonly fetch: typeof globalThis.fetch;
}

const TIMEOUT_MS = 5_000;
/** A guard that does not answer for names; an old one does not know the path. */
const NO_NAMES = 404;

/**
 * The guards that answer for the zone publish the records of DNS-01: for names of sites, never for the whole zone. A CA asks
 * any of them, so each that answers for names has to take the record; one that cannot be reached is not asked by a CA either.
 */
export function createGuardRecords(deps: GuardRecordsDeps): DnsPublisher {
  const { chain } = deps;

  async function ask(what: 'publish' | 'withdraw', name: string, value: string): Promise<void> {
    const request = await signTxtRequest(
      { edge: chain.edge, what, unixSecs: BigInt(Math.floor(chain.nowMs() / 1_000)), name, value },
      deps.sign,
    );
    const body = encodeTxtRequest(request);
    const answers = await Promise.all(
      chain
        .guards()
        .map((guard) =>
          askGuard(deps.fetch, guard, { path: '/v1/txt', body, maxBytes: 1_024, timeoutMs: TIMEOUT_MS }),
        ),
    );
    const refusals = answers.flatMap((each) =>
      each.kind === 'none' && each.status !== 0 && each.status !== NO_NAMES ? [each.why] : [],
    );
    const taken = answers.some(({ kind }) => kind === 'answer');
    if (taken && refusals.length === 0) return;
    throw new MediaError({
      code: 'certificates/no-record',
      message: `The guards do not ${what} the record ${name}: ${refusals.join('; ') || 'none of them answers for names of this site'}.`,
      source: 'peer',
      retry: true,
    });
  }

  return {
    wholeZone: false,
    publish: (name, value) => ask('publish', name, value),
    withdraw: (name, value) => ask('withdraw', name, value),
  };
}
