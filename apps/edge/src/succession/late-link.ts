import { connect } from 'node:net';
import { MediaError } from '@media-network/runtime';
import type { Account } from '../serve/account.ts';
import type { Session, SessionDesk } from '../session/session-desk.ts';
import type { Tenant } from '../tenant/tenant-book.ts';
import { Frame, FrameReader, frame, jsonFrame, jsonOf } from '../workers/frames.ts';
import type { LateAnswer, LateCount, LateMessage, ReceiptsOutcome } from './late-messages.ts';

/** To the generation that has the books now, from one that still ends answers. */
export interface LateLink {
  /** Bytes that left. */
  count(account: Account, headBytes: number, bodyBytes: number): void;
  handed(session: Session, bytes: number): void;
  receipts(body: Uint8Array, tenant: Tenant): Promise<ReceiptsOutcome>;
  commit(body: Uint8Array): Promise<unknown>;
  purge(body: Uint8Array): Promise<unknown>;
  /** Says what is left, and resolves when it is taken in. */
  end(): Promise<void>;
}

export interface LateLinkDeps {
  readonly desk: Pick<SessionDesk, 'signedElsewhere'>;
  /** What those before us still have to say. */
  readonly settleEarlier: () => Promise<void>;
  readonly onSigned: (session: string, bytes: number) => void;
}

/** How long counts are gathered. What is gathered when a process is killed is not counted. */
const GATHER_MS = 20;

export function openLateLink(door: string, deps: LateLinkDeps): LateLink {
  const socket = connect(door);
  const reader = new FrameReader();
  const waiting = new Map<number, { resolve: (outcome: unknown) => void; reject: (error: Error) => void }>();
  let counts = new Map<string, LateCount>();
  let timer: NodeJS.Timeout | undefined;
  let next = 0;

  function send(message: LateMessage): void {
    if (!socket.destroyed) socket.write(jsonFrame(Frame.late, message));
  }

  function tell(): void {
    clearTimeout(timer);
    timer = undefined;
    if (counts.size === 0) return;
    send({ kind: 'counts', counts: [...counts.values()] });
    counts = new Map();
  }

  function ask(message: (no: number) => LateMessage): Promise<unknown> {
    next += 1;
    const no = next;
    return new Promise((resolve, reject) => {
      if (socket.destroyed) {
        reject(gone());
        return;
      }
      waiting.set(no, { resolve, reject });
      send(message(no));
    });
  }

  async function hear(said: LateAnswer): Promise<void> {
    switch (said.kind) {
      case 'sync':
        await deps.settleEarlier();
        tell();
        send({ kind: 'synced', no: said.no });
        return;
      case 'signed':
        deps.desk.signedElsewhere(said.session, said.bytes);
        deps.onSigned(said.session, said.bytes);
        return;
      case 'outcome':
        waiting.get(said.no)?.resolve(said.outcome);
        waiting.delete(said.no);
        return;
      default:
        said satisfies never;
    }
  }

  socket.on('data', (chunk: Buffer) =>
    reader.feed(chunk, {
      onBody: () => undefined,
      onFrame: (_type, payload) => void hear(jsonOf(payload) as LateAnswer),
    }),
  );
  socket.on('error', () => undefined);
  socket.on('close', () => {
    for (const { reject } of waiting.values()) reject(gone());
    waiting.clear();
  });
  socket.write(frame(Frame.lateBegins));

  return {
    count({ tenant, session, object }, headBytes, bodyBytes) {
      const token = session === undefined ? undefined : base64(session.book.token);
      const key = `${tenant.key} ${token ?? ''} ${object?.target ?? ''} ${object?.body ?? ''}`;
      const before = counts.get(key);
      counts.set(key, {
        tenant: tenant.key,
        ...(token === undefined ? {} : { token }),
        ...(object === undefined
          ? {}
          : { object: { target: object.target, body: object.body, size: object.size } }),
        head: (before?.head ?? 0) + headBytes,
        body: (before?.body ?? 0) + bodyBytes,
      });
      timer ??= setTimeout(tell, GATHER_MS);
    },
    handed({ tenant, book }, bytes) {
      // What is on its way is known before what has left.
      send({ kind: 'handed', tenant: tenant.key, token: base64(book.token), bytes });
    },
    async receipts(body, tenant) {
      tell();
      // What the other end of this program says.
      return (await ask((no) => ({
        kind: 'receipts',
        no,
        tenant: tenant.key,
        body: base64(body),
      }))) as ReceiptsOutcome;
    },
    commit(body) {
      tell();
      return ask((no) => ({ kind: 'commit', no, body: base64(body) }));
    },
    purge: (body) => ask((no) => ({ kind: 'purge', no, body: base64(body) })),
    async end() {
      tell();
      await ask((no) => ({ kind: 'end', no })).catch(() => undefined);
      socket.end();
    },
  };
}

const base64 = (bytes: Uint8Array): string => Buffer.from(bytes).toString('base64');

function gone(): MediaError {
  return new MediaError({
    code: 'edge/keeper-lost',
    message: 'The process that keeps the books of this edge has gone.',
    source: 'internal',
    retry: true,
  });
}
