import type { Clock, Log } from '@media-network/runtime';
import { errorCode, errorMessage } from '@media-network/runtime';
import type { Account } from '../accounts/sign-in.ts';
import { createBuckets } from '../bucket.ts';
import type { Channel } from '../channels/channels.ts';
import { cleanText } from '../clean-text.ts';
import { refuse } from '../refusal.ts';
import type { Refusal } from '../refusal.ts';
import { mayWrite } from './may-write.ts';
import type { Message, MessageLog } from './message-log.ts';
import type { Moderation, Sanction } from './moderation.ts';

/** What everybody in a chat is told. */
export type ChatEvent =
  | ({ readonly kind: 'message'; readonly moderator: boolean } & Message)
  | { readonly kind: 'deleted'; readonly id: number }
  | { readonly kind: 'silenced'; readonly address: string; readonly untilMs: number | undefined }
  | { readonly kind: 'tip'; readonly name: string; readonly lamports: string; readonly signature: string }
  | { readonly kind: 'settings'; readonly slowSeconds: number; readonly followersOnly: boolean };

/** Whoever reads along; `send` gets a list of events as JSON, once for all. */
export interface ChatPeer {
  send(events: Buffer): void;
}

export interface ChatSeat {
  /** What was said before, oldest first. */
  readonly history: readonly ChatEvent[];
  /** Resolves when it is on the disk. */
  say(account: Account | undefined, text: string): Promise<Message | Refusal>;
  leave(): void;
}

export interface ChatRooms {
  join(channel: Channel, peer: ChatPeer): Promise<ChatSeat>;
  /** Who reads along in a channel at the moment. */
  readers(channel: string): number;
  /** Told to everybody in the channel. */
  tell(channel: string, event: ChatEvent): void;
  remove(channel: string, id: number, by: string): Promise<boolean>;
  sanction(channel: string, sanction: Sanction, by: string): Promise<void>;
  /** Settings, words, moderators or sanctions are other ones. */
  refresh(channel: Channel): Promise<void>;
  /** Forgets chats that nobody reads, and who wrote in them last. */
  sweep(): void;
  close(): void;
}

export const MOST_LETTERS = 500;
const HISTORY = 50;
/** Events of so long are told together: with many readers, sending is what costs. */
const GATHER_MS = 40;

interface Room {
  readonly peers: Set<ChatPeer>;
  channel: Channel;
  words: readonly string[];
  moderators: ReadonlySet<string>;
  sanctions: Map<string, Sanction>;
  readonly lastMs: Map<string, number>;
  gathered: ChatEvent[];
}

export interface ChatRoomsDeps {
  readonly clock: Clock;
  readonly log: Log;
  readonly messages: MessageLog;
  readonly moderation: Moderation;
  readonly follows: (address: string, channel: string) => Promise<boolean>;
}

export function createChatRooms({ clock, log, messages, moderation, follows }: ChatRoomsDeps): ChatRooms {
  const rooms = new Map<string, Promise<Room>>();
  const open = new Map<string, Room>();
  /** Of a person in all chats: what a program writes, and nobody reads. */
  const pace = createBuckets({ clock }, { burst: 8, perSecond: 2 });
  const closing = new AbortController();

  async function load(channel: Channel): Promise<Room> {
    const room: Room = {
      peers: new Set(),
      channel,
      words: [],
      moderators: new Set(),
      sanctions: new Map(),
      lastMs: new Map(),
      gathered: [],
    };
    await reload(room, channel);
    open.set(channel.name, room);
    return room;
  }

  async function reload(room: Room, channel: Channel): Promise<void> {
    room.channel = channel;
    room.words = await moderation.words(channel.name);
    room.moderators = new Set([channel.owner, ...(await moderation.moderators(channel.name))]);
    room.sanctions = new Map((await moderation.sanctions(channel.name)).map((each) => [each.address, each]));
  }

  async function enter(channel: Channel): Promise<Room> {
    const found = rooms.get(channel.name) ?? load(channel);
    rooms.set(channel.name, found);
    try {
      return await found;
    } catch (error) {
      rooms.delete(channel.name);
      throw error;
    }
  }

  async function flush(room: Room): Promise<void> {
    await clock.sleep(GATHER_MS, closing.signal);
    const events = Buffer.from(JSON.stringify(room.gathered));
    room.gathered = [];
    for (const peer of room.peers) peer.send(events);
  }

  function gather(room: Room, event: ChatEvent): void {
    room.gathered.push(event);
    if (room.gathered.length === 1) void flush(room);
  }

  const eventOf = (room: Room, message: Message): ChatEvent => ({
    kind: 'message',
    moderator: room.moderators.has(message.author),
    ...message,
  });

  async function say(room: Room, { address, name }: Account, said: string): Promise<Message | Refusal> {
    const text = cleanText(said, MOST_LETTERS);
    if (text === undefined) return refuse('express/bad-request', `1 to ${MOST_LETTERS} characters.`);
    const { channel } = room;
    if (!pace.take(address)) return refuse('express/too-fast');
    const nowMs = clock.nowMs();
    const refusal = mayWrite(text, {
      nowMs,
      moderates: room.moderators.has(address),
      sanction: room.sanctions.get(address),
      followersOnly: channel.followersOnly,
      follows: !channel.followersOnly || (await follows(address, channel.name)),
      slowSeconds: channel.slowSeconds,
      lastMs: room.lastMs.get(address),
      words: room.words,
    });
    if (refusal !== undefined) return refusal;
    if (channel.slowSeconds > 0) room.lastMs.set(address, nowMs);
    try {
      const message = await messages.append({ channel: channel.name, author: address, name, text });
      gather(room, eventOf(room, message));
      return message;
    } catch (error) {
      log.error({ code: errorCode(error), reason: errorMessage(error) }, 'a message could not be kept');
      return refuse('express/failed');
    }
  }

  return {
    async join(channel, peer) {
      const room = await enter(channel);
      open.set(channel.name, room);
      // Before the history is read: what comes in between is told twice, and has the same id.
      room.peers.add(peer);
      const recent = await messages.recent(channel.name, HISTORY);
      return {
        history: recent.map((message) => eventOf(room, message)),
        say: async (account, text) =>
          account === undefined ? refuse('express/not-signed-in') : say(room, account, text),
        leave: () => void room.peers.delete(peer),
      };
    },
    readers: (channel) => open.get(channel)?.peers.size ?? 0,
    tell(channel, event) {
      const room = open.get(channel);
      if (room !== undefined) gather(room, event);
    },
    async remove(channel, id, by) {
      if (!(await messages.remove(channel, id, by))) return false;
      await moderation.acted(channel, 'delete', String(id), by);
      const room = open.get(channel);
      if (room !== undefined) gather(room, { kind: 'deleted', id });
      return true;
    },
    async sanction(channel, sanction, by) {
      await moderation.sanction(channel, sanction, by);
      const room = open.get(channel);
      if (room === undefined) return;
      room.sanctions.set(sanction.address, sanction);
      gather(room, { kind: 'silenced', address: sanction.address, untilMs: sanction.untilMs });
    },
    async refresh(channel) {
      const room = open.get(channel.name);
      if (room === undefined) return;
      const before = room.channel;
      await reload(room, channel);
      const { slowSeconds, followersOnly } = channel;
      if (before.slowSeconds !== slowSeconds || before.followersOnly !== followersOnly)
        gather(room, { kind: 'settings', slowSeconds, followersOnly });
    },
    sweep() {
      for (const [name, { peers, gathered }] of open) {
        if (peers.size > 0 || gathered.length > 0) continue;
        open.delete(name);
        rooms.delete(name);
      }
    },
    close: () => closing.abort(),
  };
}
