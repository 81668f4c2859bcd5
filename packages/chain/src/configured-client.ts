import { addressOf, parseAddress } from '@media-network/protocol';
import { MediaError } from '@media-network/runtime';
import { address } from '@solana/kit';
import type { Address } from '@solana/kit';

import { createMediaClient } from './client.ts';
import type { MediaClient, MediaClientOptions } from './client.ts';

/** An address that somebody wrote as an option. Throws `config/invalid`, naming the option. */
export function addressOption(option: string, text: string): Address {
  const bytes = parseAddress(text);
  if (bytes !== undefined) return address(addressOf(bytes));
  throw new MediaError({
    code: 'config/invalid',
    message: `${option} must be a Solana address, not "${text}".`,
    source: 'client',
  });
}

/** The client that the configuration of a daemon asks for. Throws `config/invalid`. */
export function createConfiguredClient(
  config: { readonly rpcUrl: string; readonly wsUrl?: string | undefined; readonly programId: string },
  deps: Pick<MediaClientOptions, 'clock' | 'log' | 'post' | 'random' | 'signal'>,
): MediaClient {
  return createMediaClient({
    rpcUrl: config.rpcUrl,
    ...(config.wsUrl === undefined ? {} : { wsUrl: config.wsUrl }),
    programId: addressOption('--program-id', config.programId),
    ...deps,
  });
}
