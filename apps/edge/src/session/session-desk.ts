import {
  checkReceipt,
  checkTicket,
  decodeReceipts,
  decodeTicket,
  encodeReceipt,
  encodeTicket,
  parseTicketHeader,
  toHex,
} from '@media-network/protocol';
import type { Receipt, Ticket } from '@media-network/protocol';
import { createRepeatingTask } from '@media-network/runtime';
import type { RepeatingTask, RepeatingTaskDeps } from '@media-network/runtime';
import type { EdgeChain } from '../chain/edge-chain.ts';
import { hourAt, weekOf } from '../chain/periods.ts';
import type { Ledger, SessionBook } from '../journal/ledger.ts';
import type { Tenant } from '../tenant/tenant-book.ts';

/** A session with responses under way or receipts to come. */
export interface Session {
  readonly book: SessionBook;
  readonly tenant: Tenant;
  readonly ticket: Ticket;
  /**
   * Bytes given to sockets for it, in the kernel or not. Above `book.served` only while responses are
   * under way: a client may sign for bytes whose write has not come back to us yet.
   */
  handed: number;
  /** A good receipt for bytes that `book.served` has not reached yet. */
  waiting: Receipt | undefined;
  /** Woken by every receipt. */
  readonly wakers: Set<() => void>;
}

type TicketOutcome =
  | { readonly kind: 'ok'; readonly session: Session }
  /** 401: malformed, unknown guard, other resource or hour, expired, forged, or another ticket with this session's number. */
  | { readonly kind: 'refused'; readonly code: string };

type ReceiptsOutcome =
  | { readonly kind: 'ok'; readonly count: number }
  | {
      readonly kind: 'refused';
      readonly status: 400 | 404 | 409 | 422 | 429;
      readonly code: string;
      readonly message: string;
    };

/** Signed sessions (docs/evidence.md, Tickets and receipts). */
export interface SessionDesk {
  open(header: string, tenant: Tenant): Promise<TicketOutcome>;
  /** Bytes of the session left the process, at a sample of the chain's time. */
  written(session: Session, headBytes: number, bodyBytes: number, sample: number): void;
  receipts(body: Uint8Array, tenant: Tenant): Promise<ReceiptsOutcome>;
  /** Bytes that may be handed on before the next receipt; never below 0. Infinite once the ticket's hour is over. */
  credit(session: Session): number;
  readonly size: number;
  /** Forgets sessions of hours that take no more receipts. */
  task(deps: RepeatingTaskDeps): RepeatingTask;
}

export interface SessionDeskDeps {
  readonly chain: Pick<EdgeChain, 'edge' | 'nowMs' | 'operatorsOfWeek' | 'periods'>;
  readonly ledger: Ledger;
  /** Sample that bytes are counted for now. */
  readonly sample: () => number;
}

const SAMPLES = 12;
/** Sessions held at once; a ticket above it is refused, so that tickets cannot fill the memory. */
const MAX_SESSIONS = 200_000;
/** Most receipts in one request. */
export const MAX_RECEIPTS: number = 64;

const MESSAGES: Readonly<Record<string, string>> = {
  'receipt/unknown-session': 'This edge has no such session, or its hour is closed.',
  'receipt/wrong-subject': 'The receipt is for another edge or resource.',
  'receipt/bad-signature': "The signature is not of the key in the session's ticket.",
  'receipt/replayed': 'The sequence is not above that of the last receipt.',
  'receipt/decreasing': 'The bytes are below those of the last receipt.',
  'receipt/over-limit': 'The bytes are above what this edge has served in the session.',
};

export function createSessionDesk(deps: SessionDeskDeps): SessionDesk {
  const { chain, ledger } = deps;
  const sessions = new Map<string, Session>();
  const operators = new Map<number, { readonly at: number; readonly byNo: ReadonlyMap<number, string> }>();
  /** Receipts of a session are judged one after the other: the check waits for a signature. */
  const judging = new Map<string, Promise<unknown>>();

  async function operatorsOf(week: number, wanted: number): Promise<ReadonlyMap<number, string>> {
    const known = operators.get(week);
    const now = chain.nowMs();
    // A set may still grow while it is not usable, so an unknown guard is looked for again, at most once a second.
    if (known !== undefined && (known.byNo.has(wanted) || now - known.at < 1_000)) return known.byNo;
    const byNo = await chain.operatorsOfWeek(week);
    operators.set(week, { at: now, byNo });
    for (const old of operators.keys()) if (old < week - 1) operators.delete(old);
    return byNo;
  }

  function live(book: SessionBook, tenant: Tenant, ticket: Ticket): Session {
    const session: Session = {
      book,
      tenant,
      ticket,
      handed: book.served,
      waiting: undefined,
      wakers: new Set(),
    };
    sessions.set(book.session, session);
    return session;
  }

  function find(id: string, tenant: Tenant): Session | undefined {
    const known = sessions.get(id);
    if (known !== undefined) return known;
    // After a restart the books have it, and its client may go on.
    const book = ledger.session(id);
    const ticket = book === undefined ? undefined : decodeTicket(book.ticket);
    return book === undefined || ticket === undefined || book.resource !== tenant.key
      ? undefined
      : live(book, tenant, ticket);
  }

  function commit(session: Session): void {
    const { waiting, book } = session;
    if (waiting === undefined || Number(waiting.bytes) > book.served || ledger.session(book.session) !== book)
      return;
    session.waiting = undefined;
    ledger.putReceipt(book, encodeReceipt(waiting));
  }

  async function judge(receipt: Receipt, tenant: Tenant): Promise<ReceiptsOutcome> {
    const session = find(toHex(receipt.session), tenant);
    const open =
      session !== undefined &&
      ledger.session(session.book.session) === session.book &&
      ledger.takesReceipts(session.book);
    const held = session?.waiting;
    const verdict = await checkReceipt(
      receipt,
      session === undefined || !open
        ? undefined
        : {
            session: session.ticket.session,
            edge: chain.edge,
            resource: session.tenant.view.address,
            clientKey: session.ticket.clientKey,
            served: BigInt(Math.max(session.book.served, session.handed)),
            signed: held?.bytes ?? BigInt(session.book.signed),
            sequence:
              held?.sequence ?? (session.book.receipt === undefined ? undefined : session.book.sequence),
          },
    );
    if (verdict.kind === 'refused') return refused(verdict.code);
    if (session === undefined || receipt.resource !== tenant.view.address)
      return refused('receipt/wrong-subject');
    // The hour may have been sealed while the signature was checked.
    if (!ledger.takesReceipts(session.book)) return refused('receipt/unknown-session');
    commit(session);
    session.waiting = receipt;
    commit(session);
    for (const wake of session.wakers) wake();
    return { kind: 'ok', count: 1 };
  }

  function prune(): void {
    for (const [id, session] of sessions) {
      if (ledger.session(id) === session.book && ledger.takesReceipts(session.book)) continue;
      if (session.wakers.size === 0) sessions.delete(id);
    }
  }

  return {
    async open(header, tenant) {
      const ticket = parseTicketHeader(header);
      if (ticket === undefined) return { kind: 'refused', code: 'ticket/malformed' };
      const hour = hourAt(chain.periods, chain.nowMs());
      const unixSecs = Math.floor(chain.nowMs() / 1000);
      const id = toHex(ticket.session);
      const known = find(id, tenant);
      if (known !== undefined) {
        // The signature was checked when it came first; the rest can change.
        const same = Buffer.compare(encodeTicket(ticket), known.book.ticket) === 0;
        if (!same || known.tenant !== tenant) return { kind: 'refused', code: 'ticket/session-taken' };
        if (Number(ticket.hour) !== hour) return { kind: 'refused', code: 'ticket/wrong-hour' };
        if (ticket.expires <= unixSecs) return { kind: 'refused', code: 'ticket/expired' };
        return { kind: 'ok', session: known };
      }
      if (ticket.hour !== BigInt(hour)) return { kind: 'refused', code: 'ticket/wrong-hour' };
      const byNo = await operatorsOf(weekOf(chain.periods, hour), ticket.guardNo);
      const verdict = await checkTicket(
        ticket,
        { resource: tenant.view.address, hour: BigInt(hour), unixSecs },
        (no) => byNo.get(no),
      );
      if (verdict.kind === 'refused') return { kind: 'refused', code: `ticket/${verdict.reason}` };
      if (sessions.size >= MAX_SESSIONS) return { kind: 'refused', code: 'ticket/too-many-sessions' };
      // Opened by another request while the signature was checked; by another ticket, it is not ours.
      const again = find(id, tenant);
      if (again !== undefined) {
        return Buffer.compare(encodeTicket(ticket), again.book.ticket) === 0 && again.tenant === tenant
          ? { kind: 'ok', session: again }
          : { kind: 'refused', code: 'ticket/session-taken' };
      }
      return { kind: 'ok', session: live(ledger.openSession(encodeTicket(ticket)), tenant, ticket) };
    },
    written(session, headBytes, bodyBytes, sample) {
      // Heads are known only once written; bodies were counted when they were handed on.
      session.handed += headBytes;
      if (Math.floor(sample / SAMPLES) !== session.book.hour) return;
      if (ledger.session(session.book.session) !== session.book) return;
      ledger.addSessionServed(session.book, headBytes + bodyBytes);
      commit(session);
    },
    async receipts(body, tenant) {
      const receipts = decodeReceipts(body);
      if (receipts === undefined)
        return {
          kind: 'refused',
          status: 400,
          code: 'receipt/malformed',
          message: 'The body is not one or more receipts of 184 bytes.',
        };
      if (receipts.length > MAX_RECEIPTS)
        return {
          kind: 'refused',
          status: 400,
          code: 'receipt/malformed',
          message: `At most ${MAX_RECEIPTS} receipts at a time.`,
        };
      for (const receipt of receipts) {
        const id = toHex(receipt.session);
        const run = (judging.get(id) ?? Promise.resolve()).then(() => judge(receipt, tenant));
        judging.set(id, run);
        const outcome = await run.finally(() => {
          if (judging.get(id) === run) judging.delete(id);
        });
        if (outcome.kind === 'refused') return outcome;
      }
      return { kind: 'ok', count: receipts.length };
    },
    credit(session) {
      if (Math.floor(deps.sample() / SAMPLES) !== session.book.hour) return Number.POSITIVE_INFINITY;
      const signed = Number(session.waiting?.bytes ?? 0n);
      return Math.max(
        0,
        session.ticket.creditWindow - (session.handed - Math.max(session.book.signed, signed)),
      );
    },
    get size() {
      return sessions.size;
    },
    task: (taskDeps) =>
      createRepeatingTask(async () => prune(), taskDeps, { name: 'sessions', intervalMs: 10_000 }),
  };
}

function refused(code: string): ReceiptsOutcome {
  const status =
    code === 'receipt/unknown-session'
      ? 404
      : code === 'receipt/replayed' || code === 'receipt/decreasing'
        ? 409
        : 422;
  return { kind: 'refused', status, code, message: MESSAGES[code] ?? 'The receipt is refused.' };
}
