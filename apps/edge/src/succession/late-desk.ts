import type { Socket } from 'node:net';
import type { Log } from '@media-network/runtime';
import type { Ledger } from '../journal/ledger.ts';
import type { Account, Accounting } from '../serve/account.ts';
import type { Session, SessionDesk, SessionElsewhere } from '../session/session-desk.ts';
import type { TenantBook } from '../tenant/tenant-book.ts';
import { Frame, jsonFrame } from '../workers/frames.ts';
import type { LateAnswer, LateCount, LateMessage } from './late-messages.ts';

export interface LateDeskDeps {
  readonly book: Pick<TenantBook, 'byKey'>;
  readonly account: Accounting;
  readonly ledger: Pick<Ledger, 'addServed'>;
  readonly sample: () => number;
  readonly sessions: () => Pick<SessionDesk, 'known' | 'hand' | 'receipts'>;
  readonly commit: (body: Uint8Array) => Promise<unknown>;
  readonly purge: (body: Uint8Array) => Promise<unknown>;
  readonly log: Log;
}

/** Takes in what the generations before this one still have to say of answers that they end. */
export interface LateDesk extends SessionElsewhere {
  /** A connection of an earlier generation. Returns what takes its messages. */
  connected(socket: Socket): (message: LateMessage) => void;
  /** Earlier generations that still have something to say. */
  readonly size: number;
  /** Resolves when there are none. */
  empty(): Promise<void>;
}

/** A generation that does not answer in this time is about to end: what it has not said is not counted. */
const SYNC_MS = 2_000;

function say(socket: Socket, answer: LateAnswer): void {
  if (!socket.destroyed) socket.write(jsonFrame(Frame.late, answer));
}

export function createLateDesk(deps: LateDeskDeps): LateDesk {
  const links = new Map<Socket, Map<number, () => void>>();
  const waiters = new Set<() => void>();
  let next = 0;

  function sessionOf(tenant: string, token: string | undefined): Session | undefined {
    const known = deps.book.byKey(tenant);
    return token === undefined || known === undefined
      ? undefined
      : deps.sessions().known(Buffer.from(token, 'base64'), known);
  }

  function count({ tenant, token, object, head, body }: LateCount): void {
    const known = deps.book.byKey(tenant);
    if (known === undefined) {
      // Off the network meanwhile; what it was served, it was.
      deps.ledger.addServed(tenant, deps.sample(), head + body);
      return;
    }
    const account: Account = {
      tenant: known,
      session: sessionOf(tenant, token),
      object: object === undefined ? undefined : { ...object, notedHour: -1 },
    };
    deps.account(account, head, body);
  }

  async function take(socket: Socket, message: LateMessage): Promise<void> {
    switch (message.kind) {
      case 'counts':
        for (const each of message.counts) count(each);
        return;
      case 'handed': {
        const session = sessionOf(message.tenant, message.token);
        if (session !== undefined) deps.sessions().hand(session, message.bytes);
        return;
      }
      case 'receipts': {
        const known = deps.book.byKey(message.tenant);
        const outcome =
          known === undefined
            ? {
                kind: 'refused',
                status: 404,
                code: 'receipt/unknown-session',
                message: 'This edge has no such session, or its hour is closed.',
              }
            : await deps.sessions().receipts(Buffer.from(message.body, 'base64'), known);
        say(socket, { kind: 'outcome', no: message.no, outcome });
        return;
      }
      case 'commit':
        say(socket, {
          kind: 'outcome',
          no: message.no,
          outcome: await deps.commit(Buffer.from(message.body, 'base64')),
        });
        return;
      case 'purge':
        say(socket, {
          kind: 'outcome',
          no: message.no,
          outcome: await deps.purge(Buffer.from(message.body, 'base64')),
        });
        return;
      case 'synced':
        links.get(socket)?.get(message.no)?.();
        links.get(socket)?.delete(message.no);
        return;
      case 'end':
        say(socket, { kind: 'outcome', no: message.no, outcome: undefined });
        return;
      default:
        message satisfies never;
    }
  }

  function sync(socket: Socket, waiting: Map<number, () => void>): Promise<void> {
    next += 1;
    const no = next;
    return new Promise((resolve) => {
      const timer = setTimeout(resolve, SYNC_MS);
      waiting.set(no, () => {
        clearTimeout(timer);
        resolve();
      });
      say(socket, { kind: 'sync', no });
    });
  }

  return {
    connected(socket) {
      const waiting = new Map<number, () => void>();
      links.set(socket, waiting);
      socket.once('close', () => {
        links.delete(socket);
        for (const done of waiting.values()) done();
        if (links.size === 0) for (const done of waiters) done();
      });
      return (message) =>
        void take(socket, message).catch((error: unknown) => {
          deps.log.error({ err: error }, 'what an earlier generation said cannot be taken in');
          socket.destroy();
        });
    },
    get size() {
      return links.size;
    },
    async empty() {
      if (links.size === 0) return;
      await new Promise<void>((resolve) => {
        waiters.add(resolve);
      });
    },
    async sync() {
      if (links.size > 0) await Promise.all([...links].map(([socket, waiting]) => sync(socket, waiting)));
    },
    onSigned(session, bytes) {
      for (const socket of links.keys()) say(socket, { kind: 'signed', session, bytes });
    },
  };
}
