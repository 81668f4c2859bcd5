import {
  MAX_SESSIONS as MAX_REPORTED,
  checkReceipt,
  checkToken,
  decodeReceipts,
  decodeToken,
  encodeReceipt,
  encodeToken,
  equalBytes,
  parseTokenHeader,
  termsOf,
  toHex,
} from '@media-network/protocol';
import type { Receipt, Token } from '@media-network/protocol';
import { MediaError, createRepeatingTask, errorCode } from '@media-network/runtime';
import type { RepeatingTask, RepeatingTaskDeps } from '@media-network/runtime';
import type { EdgeChain } from '../chain/edge-chain.ts';
import { hourAt } from '../chain/periods.ts';
import type { Journal } from '../journal/journal.ts';
import type { Ledger, SessionBook } from '../journal/ledger.ts';
import type { Tenant } from '../tenant/tenant-book.ts';
import { bookSigned, bookWritten, signableBytes, startMeter } from './session-meter.ts';
import type { SessionMeter } from './session-meter.ts';

/** A session with responses under way or receipts to come. */
export interface Session extends SessionMeter {
  readonly book: SessionBook;
  readonly tenant: Tenant;
  readonly token: Token;
  /** Account of this edge. */
  readonly edge: string;
  /** Bytes that may be ahead of the last receipt: the token's word, or ours where that is less. */
  readonly creditWindow: number;
  /** Bytes of the session that its publisher vouches for, over all edges. */
  readonly ceiling: number;
  /** Sequence of the last receipt that is on disk. */
  durable: bigint;
  /** Woken by every receipt. */
  readonly wakers: Set<() => void>;
}

type TokenOutcome =
  | { readonly kind: 'ok'; readonly session: Session }
  /** The token is good, and its ceiling is reached: nobody vouches for what comes. */
  | { readonly kind: 'used-up' }
  /** 401: malformed, other resource or hour, an hour that is reported already, no vouching key, forged, or another token with this session's number. */
  | { readonly kind: 'refused'; readonly code: string };

type ReceiptsOutcome =
  | { readonly kind: 'ok'; readonly count: number }
  | {
      readonly kind: 'refused';
      readonly status: 400 | 404 | 409 | 422 | 503;
      readonly code: string;
      readonly message: string;
    };

/** Signed sessions (docs/evidence.md, Tokens and receipts). */
export interface SessionDesk {
  open(header: string, tenant: Tenant): Promise<TokenOutcome>;
  /** Bytes of the session left the process. Returns those that are to be counted: a receipt may have counted some. */
  written(session: Session, headBytes: number, bodyBytes: number): number;
  /** So many bytes are given to the socket; negative: they never left. */
  hand(session: Session, bytes: number): void;
  /** Takes receipts; they are on disk when it resolves with `ok`. */
  receipts(body: Uint8Array, tenant: Tenant): Promise<ReceiptsOutcome>;
  /**
   * Bytes that may be handed on before the next receipt; never below 0. Infinite once the hour takes no more receipts.
   *
   * @throws `edge/no-credit` beyond the ceiling, where open traffic has no credit.
   */
  credit(session: Session): number;
  /** Whether somebody vouches for what the session gets from now on: its hour takes receipts, its ceiling is not reached. */
  vouches(session: Session): boolean;
  readonly size: number;
  /** Resolves when no receipt is being judged or written. */
  idle(): Promise<void>;
  /** What another process has to know of the sessions here to go on with them. */
  meters(): SessionLegacy[];
  /** The session of a token that was checked before, elsewhere. */
  known(token: Uint8Array, tenant: Tenant): Session | undefined;
  /** Elsewhere a client has signed for so many bytes of a session. */
  signedElsewhere(session: string, bytes: number): void;
  /** Forgets sessions of hours that take no more receipts. */
  task(deps: RepeatingTaskDeps): RepeatingTask;
}

/** What the phases of a request need. */
export type PhasesDesk = Pick<SessionDesk, 'open' | 'written' | 'hand' | 'credit' | 'vouches' | 'receipts'>;

/** A session with answers that another process still gives. */
export interface SessionLegacy {
  readonly session: string;
  readonly handed: number;
  readonly ahead: number;
  readonly lost: number;
}

/** Where answers in a session are given by more than one process (docs/edge-processes.md). */
export interface SessionElsewhere {
  /** Before a receipt is judged: what has been handed on elsewhere is known here. */
  sync(): Promise<void>;
  onSigned(session: string, bytes: number): void;
}

export interface SessionDeskDeps {
  readonly chain: Pick<EdgeChain, 'edge' | 'nowMs' | 'periods'>;
  readonly ledger: Ledger;
  readonly journal: Pick<Journal, 'flush'>;
  /** Sample that bytes are counted for now. */
  readonly sample: () => number;
  /** Whether a resource may be served beyond what is signed for. */
  readonly hasOpenCredit: (tenant: Tenant) => boolean;
  readonly legacy?: readonly SessionLegacy[];
  readonly elsewhere?: SessionElsewhere;
  /** Sessions that are held at once, of all resources and of one: by default as many of one as a report can list. */
  readonly maxSessions?: number;
  readonly maxOfResource?: number;
  /** What a resource may hold of the half that is kept for those that hold few. */
  readonly fewOfResource?: number;
  /** Told of what is handed on, for when the books are with another process. */
  readonly onHanded?: (session: Session, bytes: number) => void;
}

/** Sessions held at once; a token above it is refused, so that tokens cannot fill the memory. */
const MAX_SESSIONS = 200_000;
/** Of one resource: all that its entry in a report can list. So one publisher's tokens do not lock out another's. */
const MAX_OF_RESOURCE = MAX_REPORTED;
/** Half of all are for resources that hold no more than so many: some that hold very many must not lock out the rest either. */
const FEW_OF_RESOURCE = 1_024;
/** Most receipts in one request. */
export const MAX_RECEIPTS: number = 64;
/** Whatever a token says, an edge runs no further ahead on one client's word. */
const MAX_CREDIT_WINDOW = 64 * 2 ** 20;

const MESSAGES: Readonly<Record<string, string>> = {
  'receipt/unknown-session': 'This edge has no such session, or its hour is closed.',
  'receipt/wrong-subject': 'The receipt is for another edge or resource.',
  'receipt/bad-signature': "The signature is not of the key in the session's token.",
  'receipt/replayed': 'The sequence is not above that of the last receipt.',
  'receipt/decreasing': 'The bytes are below those of the last receipt.',
  'receipt/over-limit': 'The bytes are above what this edge has served in the session.',
  'edge/journal-full': 'This edge cannot keep receipts at the moment. Send it again in a few seconds.',
};

export function createSessionDesk(deps: SessionDeskDeps): SessionDesk {
  const { chain, ledger } = deps;
  const sessions = new Map<string, Session>();
  /** How many of them each resource has. */
  const held = new Map<Tenant, number>();
  const maxSessions = deps.maxSessions ?? MAX_SESSIONS;
  const maxOfResource = deps.maxOfResource ?? MAX_OF_RESOURCE;
  const fewOfResource = deps.fewOfResource ?? FEW_OF_RESOURCE;
  /** Receipts of a session are judged one after the other: the check waits for a signature. */
  const judging = new Map<string, Promise<unknown>>();
  const legacy = new Map(deps.legacy?.map((meter) => [meter.session, meter]));
  const taking = new Set<Promise<unknown>>();

  function live(book: SessionBook, tenant: Tenant, token: Token, recovered: boolean): Session {
    const creditWindow = Math.min(token.creditWindow, MAX_CREDIT_WINDOW);
    const session: Session = {
      ...meterOf(book, creditWindow, recovered),
      book,
      tenant,
      token,
      edge: chain.edge,
      creditWindow,
      ceiling: Number(token.ceiling),
      durable: book.sequence,
      wakers: new Set(),
    };
    const before = sessions.get(book.session);
    if (before !== undefined) forget(before);
    sessions.set(book.session, session);
    held.set(tenant, (held.get(tenant) ?? 0) + 1);
    return session;
  }

  function forget({ book, tenant }: Session): void {
    sessions.delete(book.session);
    const left = (held.get(tenant) ?? 1) - 1;
    if (left > 0) held.set(tenant, left);
    else held.delete(tenant);
  }

  /** Whether a resource may have no more. */
  function isFull(tenant: Tenant): boolean {
    const own = held.get(tenant) ?? 0;
    const free = maxSessions - sessions.size;
    return free <= 0 || own >= maxOfResource || (own >= fewOfResource && free <= maxSessions / 2);
  }

  /** Nothing is lost of a session that another process has handed over. */
  function meterOf(book: SessionBook, creditWindow: number, recovered: boolean): SessionMeter {
    const meter = startMeter(book, creditWindow, recovered);
    const given = legacy.get(book.session);
    if (given === undefined) return meter;
    legacy.delete(book.session);
    const { handed, ahead, lost } = given;
    return { ...meter, handed: Math.max(meter.served, handed), ahead, lost };
  }

  function find(id: string, tenant: Tenant): Session | undefined {
    const known = sessions.get(id);
    if (known !== undefined) return known;
    // After a restart the books have it, and its client may go on.
    const book = ledger.session(id);
    const token = book === undefined ? undefined : decodeToken(book.token);
    return book === undefined || token === undefined || book.resource !== tenant.key
      ? undefined
      : live(book, tenant, token, true);
  }

  const takesReceipts = (session: Session): boolean =>
    ledger.session(session.book.session) === session.book && ledger.takesReceipts(session.book);

  async function judge(receipt: Receipt, tenant: Tenant): Promise<ReceiptsOutcome> {
    await deps.elsewhere?.sync();
    const found = find(toHex(receipt.session), tenant);
    const session = found !== undefined && takesReceipts(found) ? found : undefined;
    if (session !== undefined && receipt.sequence > session.durable && isLast(session, receipt)) {
      // Taken before, but the disk was full: the same receipt again asks whether it is there by now.
      return { kind: 'ok', count: 1 };
    }
    const verdict = await checkReceipt(
      receipt,
      session === undefined
        ? undefined
        : {
            session: session.token.session,
            edge: chain.edge,
            resource: session.tenant.view.address,
            clientKey: session.token.clientKey,
            served: BigInt(signableBytes(session)),
            signed: BigInt(session.signed),
            sequence: session.book.receipt === undefined ? undefined : session.book.sequence,
          },
    );
    if (verdict.kind === 'refused') return refused(verdict.code);
    if (session === undefined || receipt.resource !== tenant.view.address)
      return refused('receipt/wrong-subject');
    // The hour may have been sealed while the signature was checked.
    if (!takesReceipts(session)) return refused('receipt/unknown-session');
    const missing = bookSigned(session, Number(receipt.bytes));
    if (missing > 0) {
      ledger.addServed(tenant.key, deps.sample(), missing);
      ledger.addSessionServed(session.book, missing);
    }
    ledger.putReceipt(session.book, encodeReceipt(receipt));
    deps.elsewhere?.onSigned(session.book.session, session.signed);
    for (const wake of session.wakers) wake();
    return { kind: 'ok', count: 1 };
  }

  /** What is in the ledger is on disk afterwards; many receipts share one fsync. */
  async function makeDurable(ids: ReadonlySet<string>): Promise<ReceiptsOutcome | undefined> {
    const taken = [...ids].map((id) => [sessions.get(id), sessions.get(id)?.book.sequence] as const);
    try {
      await deps.journal.flush();
    } catch (error) {
      return {
        ...refused('edge/journal-full'),
        message: `${MESSAGES['edge/journal-full']} (${errorCode(error)})`,
      };
    }
    for (const [session, sequence] of taken) {
      if (session !== undefined && sequence !== undefined && sequence > session.durable)
        session.durable = sequence;
    }
    return undefined;
  }

  function prune(): void {
    for (const session of sessions.values()) {
      if (takesReceipts(session)) continue;
      if (session.wakers.size === 0) forget(session);
    }
  }

  /** A session that was opened before goes on, with the same token only. */
  function goOn(known: Session, token: Token, tenant: Tenant): TokenOutcome {
    const same = equalBytes(encodeToken(token), known.book.token);
    if (!same || known.tenant !== tenant) return { kind: 'refused', code: 'token/session-taken' };
    if (!takesReceipts(known)) return { kind: 'refused', code: 'token/wrong-hour' };
    if (known.handed >= known.ceiling) return { kind: 'used-up' };
    return { kind: 'ok', session: known };
  }

  async function takeReceipts(body: Uint8Array, tenant: Tenant): Promise<ReceiptsOutcome> {
    const receipts = decodeReceipts(body);
    if (receipts === undefined) return malformed('The body is not one or more receipts of 184 bytes.');
    if (receipts.length > MAX_RECEIPTS) return malformed(`At most ${MAX_RECEIPTS} receipts at a time.`);
    let failure: ReceiptsOutcome | undefined;
    const ids = new Set<string>();
    for (const receipt of receipts) {
      const id = toHex(receipt.session);
      const run = (judging.get(id) ?? Promise.resolve()).then(() => judge(receipt, tenant));
      judging.set(id, run);
      const outcome = await run.finally(() => {
        if (judging.get(id) === run) judging.delete(id);
      });
      if (outcome.kind === 'refused') {
        failure = outcome;
        break;
      }
      ids.add(id);
    }
    const undurable = ids.size === 0 ? undefined : await makeDurable(ids);
    return failure ?? undurable ?? { kind: 'ok', count: receipts.length };
  }

  return {
    async open(header, tenant) {
      const parsed = parseTokenHeader(header);
      const known = parsed === undefined ? undefined : find(toHex(parsed.session), tenant);
      const at = {
        resource: tenant.view.address,
        hour: BigInt(hourAt(chain.periods, chain.nowMs())),
      };
      if (parsed !== undefined && known !== undefined && isNear(parsed, at))
        return goOn(known, parsed, tenant);
      const verdict = await checkToken(parsed, at, (hour) => termsOf(tenant.view, hour).vouchingKey);
      if (verdict.kind === 'refused') return verdict;
      const { token } = verdict;
      if (isFull(tenant)) return { kind: 'refused', code: 'token/too-many-sessions' };
      // Opened by another request while the signature was checked; by another token, it is not ours.
      const again = find(toHex(token.session), tenant);
      if (again !== undefined) return goOn(again, token, tenant);
      // Reported already: with a token of the hour that we name, the client is vouched for again.
      if (Number(token.hour) <= ledger.sealedThrough) return { kind: 'refused', code: 'token/wrong-hour' };
      if (token.ceiling === 0n) return { kind: 'used-up' };
      return { kind: 'ok', session: live(ledger.openSession(encodeToken(token)), tenant, token, false) };
    },
    written(session, headBytes, bodyBytes) {
      // Heads are known only once written; bodies were counted when they were handed on.
      session.handed += headBytes;
      const counted = bookWritten(session, headBytes + bodyBytes);
      if (counted > 0 && takesReceipts(session)) ledger.addSessionServed(session.book, counted);
      return counted;
    },
    hand(session, bytes) {
      session.handed += bytes;
      deps.onHanded?.(session, bytes);
    },
    async receipts(body, tenant) {
      const run = takeReceipts(body, tenant);
      taking.add(run);
      try {
        return await run;
      } finally {
        taking.delete(run);
      }
    },
    credit(session) {
      if (!takesReceipts(session)) return Number.POSITIVE_INFINITY;
      // Beyond the ceiling nobody vouches: what is under way goes on as open traffic, if that has credit. Else tokens
      // of a byte would be worth a film each.
      if (session.handed >= session.ceiling && !deps.hasOpenCredit(session.tenant)) throw usedUp();
      return Math.max(0, session.creditWindow - (session.handed - session.signed));
    },
    vouches: (session) => takesReceipts(session) && session.handed < session.ceiling,
    get size() {
      return sessions.size;
    },
    async idle() {
      while (taking.size > 0) await Promise.allSettled(taking);
    },
    meters: () =>
      [...sessions.values()].map(({ book, handed, ahead, lost }) => ({
        session: book.session,
        handed,
        ahead,
        lost,
      })),
    known(token, tenant) {
      const decoded = decodeToken(token);
      if (decoded === undefined) return undefined;
      const known = find(toHex(decoded.session), tenant);
      if (known !== undefined || Number(decoded.hour) <= ledger.sealedThrough) return known;
      return live(ledger.openSession(token), tenant, decoded, false);
    },
    signedElsewhere(id, bytes) {
      const session = sessions.get(id);
      if (session === undefined) return;
      session.signed = Math.max(session.signed, bytes);
      for (const wake of session.wakers) wake();
    },
    task: (taskDeps) =>
      createRepeatingTask(async () => prune(), taskDeps, { name: 'sessions', intervalMs: 10_000 }),
  };
}

/** What can change about a token whose signature was checked before: clocks lag by a neighbouring hour at most. */
function isNear(token: Token, at: { readonly resource: string; readonly hour: bigint }): boolean {
  return token.resource === at.resource && token.hour >= at.hour - 1n && token.hour <= at.hour + 1n;
}

/**
 * What every answer of a session carries: the edge's account, which receipts name, and the bytes of the session before
 * this answer, so that a client that cannot see heads can sign for what the edge has counted. `readable`: by scripts of
 * another origin.
 */
export function sessionHeaders(session: Session, readable: boolean): string[] {
  const headers = ['Media-Edge', session.edge, 'Media-Served', String(session.served)];
  if (readable) headers.push('Access-Control-Expose-Headers', 'Media-Edge, Media-Served');
  return headers;
}

function isLast(session: Session, receipt: Receipt): boolean {
  return session.book.receipt !== undefined && equalBytes(session.book.receipt, encodeReceipt(receipt));
}

function usedUp(): MediaError {
  return new MediaError({
    code: 'edge/no-credit',
    message: "The session has reached its token's ceiling, and nobody pays for more.",
    source: 'client',
  });
}

type Refusal = Extract<ReceiptsOutcome, { kind: 'refused' }>;

function malformed(message: string): Refusal {
  return { kind: 'refused', status: 400, code: 'receipt/malformed', message };
}

const STATUS: Readonly<Record<string, Refusal['status']>> = {
  'receipt/unknown-session': 404,
  'receipt/replayed': 409,
  'receipt/decreasing': 409,
  'edge/journal-full': 503,
};

function refused(code: string): Refusal {
  return {
    kind: 'refused',
    status: STATUS[code] ?? 422,
    code,
    message: MESSAGES[code] ?? 'The receipt is refused.',
  };
}
