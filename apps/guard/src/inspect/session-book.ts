import type { VouchedSession } from '@media-network/protocol';

/** Sessions whose signatures were verified, by edge, hour and resource, so that nobody verifies them twice. */
export interface SessionBook {
  get(edge: string, hour: bigint, resource: string): readonly VouchedSession[] | undefined;
  set(edge: string, hour: bigint, resource: string, sessions: readonly VouchedSession[]): void;
}

/** Sessions that are remembered; what is older is verified anew if it is needed. */
const MAX_SESSIONS_KEPT = 500_000;

const cost = (sessions: readonly VouchedSession[]): number => sessions.length + 1;

export function createSessionBook(): SessionBook {
  const lists = new Map<string, readonly VouchedSession[]>();
  let size = 0;
  return {
    get: (edge, hour, resource) => lists.get(`${edge} ${hour} ${resource}`),
    set(edge, hour, resource, sessions) {
      const key = `${edge} ${hour} ${resource}`;
      const before = lists.get(key);
      if (before !== undefined) size -= cost(before);
      lists.delete(key);
      lists.set(key, sessions);
      size += cost(sessions);
      for (const [oldest, list] of lists) {
        if (size <= MAX_SESSIONS_KEPT || oldest === key) break;
        lists.delete(oldest);
        size -= cost(list);
      }
    },
  };
}
