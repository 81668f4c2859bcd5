import type { Found } from '@media-network/chain';
import { activeIn, termsOf } from '@media-network/protocol';
import type { ResourceTerms } from '@media-network/protocol';

/** What held for a resource in an hour. */
export interface ResourceInHour extends ResourceTerms {
  readonly active: boolean;
}

/** Reads it off the account, where terms and spans are kept for as long as any hour needs them. */
export function resourceIn(resource: Found<'resource'>, hour: bigint): ResourceInHour {
  return { ...termsOf(resource, hour), active: activeIn(resource, hour) };
}
