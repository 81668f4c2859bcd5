import { createContexts } from '@media-network/certificates';
import { createFront } from '@media-network/http-front';
import type { Answer, Front, ListenOptions, Listening, TlsListening } from '@media-network/http-front';
import { createLog, createRepeatingTask, errorCode, errorMessage, systemClock } from '@media-network/runtime';
import { createFastAccessLog } from '../serve/access-log.ts';
import { createHitLane } from '../serve/hit-lane.ts';
import { createRequestIds } from '../serve/request-id.ts';
import { createCertificateLine } from './certificate-line.ts';
import { createExchangeClient } from './exchange-client.ts';
import type { RemoteAccount } from './exchange-client.ts';
import { createHotSet } from './hot-set.ts';
import type { HotFound } from './hot-set.ts';
import type { FrontCounts, FromWorker, ToWorker } from './messages.ts';

/** How long what was counted may wait to be told. What a killed worker has not told is not counted. */
const TELL_MS = 20;

export interface WorkerProcess {
  /** What came from the process with the books, with the socket that came along. */
  receive(message: ToWorker, handle: unknown): Promise<void>;
}

/**
 * A process that accepts viewers beside others: it reads requests, answers by itself what is hot, and hands
 * the rest to the process that has the books. It keeps nothing that anybody needs after it.
 */
export function createWorker(
  start: Extract<ToWorker, { kind: 'start' }>,
  say: (message: FromWorker, handle?: unknown) => Promise<void>,
): WorkerProcess {
  const clock = systemClock;
  const log = createLog('edge', { level: start.logLevel, file: start.logFile });
  const hot = createHotSet({ clock });
  const client = createExchangeClient(start.door);
  const accessLog = start.accessLog ? createFastAccessLog(log) : undefined;
  const slots = new Map<number, Listening>();
  const certificates = createCertificateLine({ say, clock });
  const contexts = createContexts({ load: certificates.find, clock });
  const secure: TlsListening[] = [];
  let fallback = start.tls?.fallback;
  let unbilledBytes = 0;
  const refusals = new Map<string, number>();
  /** The last request that a lane was asked for in vain: it is handed over in the same breath. */
  let missed = false;

  const lane = createHitLane<HotFound, RemoteAccount>({
    // As they were offered: copies of other settings are taken back.
    basisOf: () => undefined,
    fieldsOf: ({ entry }) => entry.meta.headers,
    find: (request) => hot.find(request),
    tokenOf: ({ account }) => account,
    clock,
    requestId: createRequestIds(Math.random),
    onHit({ account, spend }, request, bytes) {
      account.hit(bytes);
      spend(bytes);
      accessLog?.(request.host, request.target, bytes);
    },
  });

  const front: Front = createFront<RemoteAccount>(
    {
      fast(request) {
        const hit = lane.fast(request);
        missed = hit === undefined;
        return hit;
      },
      selective(request) {
        const hit = lane.selective(request);
        missed = hit === undefined;
        return hit;
      },
      answer(request): Promise<Answer<RemoteAccount>> {
        const asked = missed;
        missed = false;
        return client.answer(request, start.no, asked);
      },
      onWritten(account, headBytes, bodyBytes) {
        if (account === undefined) unbilledBytes += headBytes + bodyBytes;
        else account.left(headBytes, bodyBytes);
      },
      onRefused: (reason) => void refusals.set(reason, (refusals.get(reason) ?? 0) + 1),
    },
    { clock, log, maxAssembledBytes: start.maxAssembledBytes },
  );

  let told = { ...front.stats, open: 0 };
  function frontCounts(): FrontCounts | undefined {
    const { connections, fast, slow, refused } = front.stats;
    const open = front.openConnections;
    if (
      connections === told.connections &&
      fast === told.fast &&
      slow === told.slow &&
      refused === told.refused &&
      open === told.open &&
      unbilledBytes === 0
    )
      return undefined;
    const counts = {
      connections: connections - told.connections,
      fast: fast - told.fast,
      slow: slow - told.slow,
      refused: refused - told.refused,
      openConnections: open,
      unbilledBytes,
      refusals: [...refusals],
    };
    told = { connections, fast, slow, refused, open };
    unbilledBytes = 0;
    refusals.clear();
    return counts;
  }

  function tell(): void {
    const taken = hot.take();
    const counts = frontCounts();
    if (taken.length > 0 || counts !== undefined) void say({ kind: 'counts', hot: taken, front: counts });
  }

  const teller = createRepeatingTask(
    async () => tell(),
    { clock, log },
    { name: 'tell', intervalMs: TELL_MS },
  );
  teller.start();

  /** Accounts that nothing refers to any more: no write of theirs can come back. */
  let gone: number[] = [];
  const accounts = new FinalizationRegistry<number>((id) => {
    gone.push(id);
    if (gone.length < 100) return;
    void say({ kind: 'settled', ids: gone });
    gone = [];
  });

  async function listen(message: Extract<ToWorker, { kind: 'listen' }>, handle: unknown): Promise<void> {
    const { slot, listener, host, port, reusePort } = message;
    const options = { host, port, reusePort, ...(handle === undefined ? {} : { handle }) };
    try {
      const listening =
        listener === 'https' && start.tls !== undefined
          ? await listenTls(options, start.tls.ticketKeys)
          : await front.listen(options);
      slots.set(slot, listening);
      const made = handle === undefined;
      await say(
        { kind: 'listening', slot, host: listening.host, port: listening.port, made },
        made ? listening.handle : undefined,
      );
    } catch (error) {
      await say({ kind: 'listen-failed', slot, code: errorCode(error), message: errorMessage(error) });
    }
  }

  async function listenTls(options: ListenOptions, ticketKeys: Buffer): Promise<Listening> {
    const { contextFor } = contexts;
    const listening = await front.listenTls(options, { ...fallback, ticketKeys, contextFor });
    secure.push(listening);
    return listening;
  }

  async function drain(graceMs: number, idleMs: number): Promise<void> {
    await front.close({ graceMs, idleMs });
    await teller.stop();
    tell();
    client.close();
    // Who takes this in ends us once it has taken in all that it is about.
    await say({ kind: 'counted', seq: 0, told: client.toldBytes });
  }

  return {
    async receive(message, handle) {
      switch (message.kind) {
        case 'listen':
          return listen(message, handle);
        case 'unlisten':
          slots.get(message.slot)?.stop();
          slots.delete(message.slot);
          return undefined;
        case 'host':
          return hot.host(message);
        case 'offer':
          accounts.register(hot.offer(message.offer), message.offer.id);
          return undefined;
        case 'drop':
          hot.drop(message.ids);
          return say({ kind: 'dropped', seq: message.seq });
        case 'certificate':
          certificates.told(message.seq, message.pair);
          return undefined;
        case 'certificates':
          contexts.forget(message.names);
          fallback = message.fallback;
          if (fallback !== undefined) for (const listening of secure) listening.renew(fallback);
          return undefined;
        case 'count':
          tell();
          return say({ kind: 'counted', seq: message.seq, told: client.toldBytes });
        case 'drain':
          return drain(message.graceMs, message.idleMs);
        case 'start':
          throw new Error('a worker starts once');
        default:
          return message satisfies never;
      }
    },
  };
}
