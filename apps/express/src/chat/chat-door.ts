import type { IncomingMessage } from 'node:http';
import type { Duplex } from 'node:stream';
import { errorMessage } from '@media-network/runtime';
import type { Log } from '@media-network/runtime';
import { callerOf } from '@media-network/runtime/daemon';
import { WebSocketServer } from 'ws';
import type { RawData, WebSocket } from 'ws';
import { z } from 'zod';
import type { Account, SignIn } from '../accounts/sign-in.ts';
import type { Channels } from '../channels/channels.ts';
import type { SiteRules } from '../http/site-rules.ts';
import { isRefusal, refuse, wordsOf } from '../refusal.ts';
import type { ChatRooms, ChatSeat } from './chat-rooms.ts';

/** Chats by WebSocket: everybody reads, whoever is signed in writes. */
export interface ChatDoor {
  /** Takes an upgrade; false where it is for something else. */
  upgrade(request: IncomingMessage, socket: Duplex, head: Buffer): boolean;
  close(): void;
}

export interface ChatDoorDeps {
  readonly log: Log;
  readonly signIn: SignIn;
  readonly channels: Channels;
  readonly rooms: ChatRooms;
  readonly rules: SiteRules;
  /** Readers of one network address, which people of one house or firm share. */
  readonly mostPerAddress: number;
}

const PATH = /^\/api\/channels\/([a-z0-9-]{1,32})\/chat$/;
/** 500 characters of four bytes each, and what JSON makes of them at worst. */
const MOST_BYTES = 8_192;
/** What may wait for a reader that does not read; then it is let go, and comes back for the history. */
const MOST_UNREAD_BYTES = 512 * 1_024;
/** Readers at once: protects memory. */
const MOST_READERS = 20_000;
const PING_MS = 30_000;
const SAID = z.strictObject({ say: z.string().max(2_000), ref: z.int().min(0) });
/** Of the WebSocket protocol: going away, policy. */
const [GOING_AWAY, POLICY] = [1_001, 1_008];

export function openChatDoor(deps: ChatDoorDeps): ChatDoor {
  const { log, signIn, channels, rooms, rules } = deps;
  const server = new WebSocketServer({ noServer: true, maxPayload: MOST_BYTES, perMessageDeflate: false });
  const alive = new WeakSet<WebSocket>();
  const perAddress = new Map<string, number>();
  const pinging = setInterval(() => {
    for (const socket of server.clients) {
      if (!alive.has(socket)) socket.terminate();
      alive.delete(socket);
      socket.ping();
    }
  }, PING_MS);
  pinging.unref();

  function count(socket: WebSocket, who: string): void {
    perAddress.set(who, (perAddress.get(who) ?? 0) + 1);
    socket.on('close', () => {
      const left = (perAddress.get(who) ?? 1) - 1;
      if (left > 0) perAddress.set(who, left);
      else perAddress.delete(who);
    });
  }

  async function serve(socket: WebSocket, name: string, token: string | undefined): Promise<void> {
    const channel = await channels.find(name);
    if (channel === undefined || channel.takenDown !== null) {
      socket.close(POLICY, 'express/not-found');
      return;
    }
    const seat = await rooms.join(channel, { send: (bytes) => send(socket, bytes) });
    socket.on('close', () => seat.leave());
    if (socket.readyState !== socket.OPEN) seat.leave();
    const { slowSeconds, followersOnly } = channel;
    send(socket, JSON.stringify([{ kind: 'settings', slowSeconds, followersOnly }, ...seat.history]));
    socket.on('message', (data: RawData, isBinary: boolean) => {
      void hear(socket, { seat, token }, isBinary || !Buffer.isBuffer(data) ? '' : data.toString('utf8'));
    });
  }

  /** Sessions end while a chat is open: each message is looked at as a request of its own. */
  const accountOf = async (token: string | undefined): Promise<Account | undefined> =>
    token === undefined ? undefined : signIn.accountOf(token);

  async function hear(
    socket: WebSocket,
    { seat, token }: { readonly seat: ChatSeat; readonly token: string | undefined },
    text: string,
  ): Promise<void> {
    const said = SAID.safeParse(jsonOf(text));
    const ref = said.success ? said.data.ref : 0;
    const outcome = said.success
      ? await seat.say(await accountOf(token), said.data.say)
      : refuse('express/bad-request');
    send(
      socket,
      JSON.stringify([
        isRefusal(outcome)
          ? { kind: 'refused', ref, code: outcome.code, message: wordsOf(outcome) }
          : { kind: 'accepted', ref, id: outcome.id },
      ]),
    );
  }

  return {
    upgrade(request, socket, head) {
      const name = PATH.exec((request.url ?? '').replace(/\?.*$/s, ''))?.[1];
      if (name === undefined) return false;
      const who = callerOf(request.socket.remoteAddress ?? '');
      // A browser says of every socket which page opens it, and sends the cookie along whichever it is.
      if (!rules.isOwnPage(request)) {
        socket.end('HTTP/1.1 403 Forbidden\r\nConnection: close\r\nContent-Length: 0\r\n\r\n');
        return true;
      }
      if (server.clients.size >= MOST_READERS || (perAddress.get(who) ?? 0) >= deps.mostPerAddress) {
        socket.end('HTTP/1.1 503 Service Unavailable\r\nConnection: close\r\nContent-Length: 0\r\n\r\n');
        return true;
      }
      const token = rules.tokenOf(request);
      server.handleUpgrade(request, socket, head, (opened) => {
        alive.add(opened);
        opened.on('pong', () => alive.add(opened));
        // What is wrong with a connection ends it, and is nobody else's.
        opened.on('error', () => opened.terminate());
        count(opened, who);
        serve(opened, name, token).catch((error: unknown) => {
          log.error({ reason: errorMessage(error) }, 'a chat could not be joined');
          opened.terminate();
        });
      });
      return true;
    },
    close() {
      clearInterval(pinging);
      for (const socket of server.clients) socket.close(GOING_AWAY);
      server.close();
      // Who does not take leave is not waited for.
      for (const socket of server.clients) socket.terminate();
    },
  };
}

function jsonOf(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

function send(socket: WebSocket, bytes: Buffer | string): void {
  if (socket.readyState !== socket.OPEN) return;
  if (socket.bufferedAmount > MOST_UNREAD_BYTES) socket.terminate();
  else socket.send(bytes, { binary: false });
}
