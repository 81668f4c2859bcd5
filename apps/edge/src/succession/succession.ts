import type { Answer, ParsedRequest } from '@media-network/http-front';
import type { Account, Accounting } from '../serve/account.ts';
import type { Session, SessionDesk, SessionLegacy } from '../session/session-desk.ts';
import type { Tenant } from '../tenant/tenant-book.ts';
import { createExchangeClient } from '../workers/exchange-client.ts';
import type { ExchangeClient, RemoteAccount } from '../workers/exchange-client.ts';
import type { LateDesk } from './late-desk.ts';
import { openLateLink } from './late-link.ts';
import type { LateLink } from './late-link.ts';
import type { ReceiptsOutcome } from './late-messages.ts';

/** Who pays for bytes that leave here: the books here know, or another process's. */
export type AnyAccount = Account | RemoteAccount;

/** What a generation leaves to the next, beside folder and sockets. */
export interface Legacy {
  /** Sessions with what is under way in them. */
  readonly sessions: readonly SessionLegacy[];
  /** By which the network knows this edge from a copy of it. */
  readonly instance: string;
}

export interface SuccessionDeps {
  readonly answer: (request: ParsedRequest) => Promise<Answer<Account>>;
  readonly account: Accounting;
  readonly desk: () => SessionDesk;
  readonly commit: (body: Uint8Array) => Promise<unknown>;
  readonly purge: (body: Uint8Array) => Promise<unknown>;
  readonly late: LateDesk;
  readonly instance: string;
  /** Resolves when all that left to viewers through workers here is known here. */
  readonly settle: () => Promise<void>;
  /** Ends all that changes the books or the folder, but for answers under way. */
  readonly hold: () => Promise<void>;
  /** Gives journal, cache and folder up. Resolves with what takes them back. */
  readonly give: () => Promise<() => Promise<void>>;
  readonly resume: () => void;
  /** Accepts nobody any more, and resolves when everybody who is here has been answered. */
  readonly drain: () => Promise<void>;
}

/**
 * How one generation of an edge takes over from another while both serve: the old one holds requests back for
 * a moment, gives its books up as they are on disk, and from then on is a front of the new one, as workers are.
 * What it still has under way it ends by itself, and tells the new one of every byte.
 *
 *     own → held → (own again, if the new one fails) | elsewhere
 */
export interface Succession {
  /** Whether requests may be answered here without asking. */
  readonly own: boolean;
  answer(request: ParsedRequest): Promise<Answer<AnyAccount>>;
  written(account: AnyAccount | undefined, headBytes: number, bodyBytes: number): void;
  handed(session: Session, bytes: number): void;
  receipts(body: Uint8Array, tenant: Tenant): Promise<ReceiptsOutcome>;
  commit(body: Uint8Array): Promise<unknown>;
  purge(body: Uint8Array): Promise<unknown>;
  letGo(): Promise<Legacy>;
  takeBack(): Promise<void>;
  /** The new generation listens, and takes what comes here at this local socket. Resolves when nothing is left to do. */
  retire(door: string): Promise<void>;
}

type Late =
  | { readonly kind: 'count'; readonly account: Account; readonly head: number; readonly body: number }
  | { readonly kind: 'handed'; readonly session: Session; readonly bytes: number };

export function createSuccession(deps: SuccessionDeps): Succession {
  let state: 'own' | 'held' | 'elsewhere' = 'own';
  /** Resolved when it is known who answers. */
  let opened = Promise.withResolvers<void>();
  /** The books are here. */
  let keepsBooks = true;
  /** What happens while nobody has the books. */
  let between: Late[] = [];
  let client: ExchangeClient | undefined;
  let link: LateLink | undefined;
  let undo: (() => Promise<void>) | undefined;

  function count(account: Account, head: number, body: number): void {
    if (keepsBooks) deps.account(account, head, body);
    else if (link === undefined) between.push({ kind: 'count', account, head, body });
    else {
      // The session's own figures decide here how far ahead it may run.
      if (account.session !== undefined) deps.desk().written(account.session, head, body);
      link.count(account, head, body);
    }
  }

  return {
    get own() {
      return state === 'own';
    },
    async answer(request) {
      if (state === 'held') await opened.promise;
      return client === undefined ? deps.answer(request) : client.answer(request);
    },
    written(account, head, body) {
      if (account === undefined) deps.account(undefined, head, body);
      else if ('left' in account) account.left(head, body);
      else count(account, head, body);
    },
    handed(session, bytes) {
      if (keepsBooks) return;
      if (link === undefined) between.push({ kind: 'handed', session, bytes });
      else link.handed(session, bytes);
    },
    async receipts(body, tenant) {
      if (state === 'held') await opened.promise;
      return link === undefined ? deps.desk().receipts(body, tenant) : link.receipts(body, tenant);
    },
    async commit(body) {
      if (state === 'held') await opened.promise;
      return link === undefined ? deps.commit(body) : link.commit(body);
    },
    async purge(body) {
      if (state === 'held') await opened.promise;
      return link === undefined ? deps.purge(body) : link.purge(body);
    },
    async letGo() {
      if (state !== 'own') throw new Error('an edge is taken over from once');
      state = 'held';
      opened = Promise.withResolvers();
      await deps.hold();
      keepsBooks = false;
      // From here on nothing is counted in the books here: what they hold now is what goes to disk.
      const sessions = deps.desk().meters();
      undo = await deps.give();
      return { sessions, instance: deps.instance };
    },
    async takeBack() {
      if (state !== 'held') return;
      await undo?.();
      keepsBooks = true;
      for (const each of between.splice(0))
        if (each.kind === 'count') deps.account(each.account, each.head, each.body);
      deps.resume();
      state = 'own';
      opened.resolve();
    },
    async retire(door) {
      client = createExchangeClient(door);
      link = openLateLink(door, {
        desk: { signedElsewhere: (session, bytes) => deps.desk().signedElsewhere(session, bytes) },
        async settleEarlier() {
          await Promise.all([deps.late.sync(), deps.settle()]);
        },
        onSigned: (session, bytes) => deps.late.onSigned(session, bytes),
      });
      const missed = between;
      between = [];
      for (const each of missed) {
        if (each.kind === 'count') count(each.account, each.head, each.body);
        else link.handed(each.session, each.bytes);
      }
      state = 'elsewhere';
      opened.resolve();
      await deps.drain();
      // Those before us are answered through here.
      await deps.late.empty();
      client.close();
      await link.end();
    },
  };
}
