import type { DenyList } from '@media-network/runtime/daemon';
import { resourceLabel } from '@media-network/protocol';
import { sha256 } from './evidence/blob-roots.ts';

/** What this guard's operator has nothing to do with. */
export interface Denials {
  /** `resource`: its account. */
  denies(resource: string): boolean;
}

/** Of a guard without a list. */
export const NONE_DENIED: Denials = { denies: () => false };

/** Resources whose answer is kept; all of them are asked about in each round. */
const MAX_SAID = 200_000;

export function createDenials(list: Pick<DenyList, 'denies' | 'version'>): Denials {
  const said = new Map<string, boolean>();
  let version = list.version;
  return {
    denies(resource) {
      if (version !== list.version || said.size > MAX_SAID) said.clear();
      version = list.version;
      const before = said.get(resource);
      if (before !== undefined) return before;
      const denied = list.denies([resource, resourceLabel(resource, sha256)]);
      said.set(resource, denied);
      return denied;
    },
  };
}
