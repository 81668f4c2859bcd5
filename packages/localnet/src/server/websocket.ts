import type { Server } from 'node:http';
import { WebSocketServer } from 'ws';
import type { WebSocket } from 'ws';
import { errorMessage } from '@media-network/runtime';
import type { Log } from '@media-network/runtime';
import type { Bank } from '../bank/bank.ts';
import type { LedgerRecord } from '../ledger/record.ts';
import { MAX_SOCKET_BACKLOG_BYTES, MAX_SOCKET_MESSAGE_BYTES, MAX_WEBSOCKETS } from '../limits.ts';
import { createDispatch } from '../rpc/dispatch.ts';
import { stringifyRpc } from '../rpc/json.ts';
import { createSubscriptions } from '../rpc/subscriptions.ts';
import type { SlotChange, Subscriptions } from '../rpc/subscriptions.ts';

export interface SocketFront {
  landed(record: LedgerRecord): void;
  slot(change: SlotChange): void;
  close(): void;
}

/**
 * A new subscription's notifications wait this long after its answer: kit listens for an id only some turns
 * after it has read it, and would miss what comes in the same packet. A real node is never that quick.
 */
const NOTIFY_AFTER_MS = 10;

/** WebSocket close code "try again later" (IANA registry). */
const TRY_LATER = 1013;

export function createSocketFront(
  deps: { bank: Bank; log: Log; onCall: (method: string) => void },
  server: Server,
): SocketFront {
  const { bank, log, onCall } = deps;
  const wss = new WebSocketServer({ server, maxPayload: MAX_SOCKET_MESSAGE_BYTES, perMessageDeflate: false });
  const connections = new Map<WebSocket, Subscriptions>();

  const send = (socket: WebSocket, value: unknown): void => sendText(socket, stringifyRpc(value));

  function sendText(socket: WebSocket, text: string): void {
    if (socket.readyState !== socket.OPEN) return;
    if (socket.bufferedAmount > MAX_SOCKET_BACKLOG_BYTES) {
      log.warn({ backlog: socket.bufferedAmount }, 'a websocket does not read what it asked for; cut off');
      socket.terminate();
      return;
    }
    socket.send(text);
  }

  wss.on('connection', (socket) => {
    socket.on('error', (error) => log.debug({ err: errorMessage(error) }, 'websocket failed'));
    if (connections.size >= MAX_WEBSOCKETS) {
      socket.close(TRY_LATER, `at most ${MAX_WEBSOCKETS} connections`);
      return;
    }
    /** Notifications of subscriptions whose id the client may not know yet. */
    const held = new Map<number, unknown[]>();
    const notify = (method: string, subscription: number, result: unknown): void => {
      const notification = { jsonrpc: '2.0', method, params: { result, subscription } };
      const waiting = held.get(subscription);
      if (waiting === undefined) send(socket, notification);
      else waiting.push(notification);
    };
    const release = (id: number): void => {
      const waiting = held.get(id) ?? [];
      held.delete(id);
      for (const notification of waiting) send(socket, notification);
    };
    let subscribed: number[] = [];
    const hold = (id: number): void => {
      held.set(id, []);
      subscribed.push(id);
    };
    const subscriptions = createSubscriptions({ bank, notify, subscribed: hold });
    connections.set(socket, subscriptions);
    socket.on('close', () => connections.delete(socket));
    const dispatch = createDispatch({ log, barrier: bank.barrier, onCall }, (name) =>
      subscriptions.method(name),
    );

    async function answer(text: string): Promise<void> {
      subscribed = [];
      // Subscriptions are made before the first wait, so the list is this message's own.
      const answering = dispatch(text);
      const fresh = subscribed;
      const result = await answering;
      if (result !== undefined) sendText(socket, result);
      if (fresh.length > 0) setTimeout(() => fresh.forEach(release), NOTIFY_AFTER_MS).unref();
    }

    socket.on('message', (data: Buffer) => {
      answer(data.toString('utf8')).catch((error: unknown) => {
        log.warn({ err: errorMessage(error) }, 'websocket request failed');
        socket.terminate();
      });
    });
  });

  return {
    landed(record) {
      for (const subscriptions of connections.values()) subscriptions.landed(record);
    },
    slot(change) {
      for (const subscriptions of connections.values()) subscriptions.slot(change);
    },
    close() {
      for (const socket of wss.clients) socket.terminate();
      wss.close();
    },
  };
}
