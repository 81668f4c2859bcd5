import type { DatagramCalls } from './datagram-calls.ts';

/** Messages of one call. */
const SLOTS = 64;
/** `struct sockaddr_in6`, the longest address there is. */
const NAME_BYTES = 28;
/** `struct iovec`: where, how much. */
const VECTOR_BYTES = 16;
/** `struct mmsghdr`: name, its length, vectors, their number, control data, its length, flags; then the message's length. */
const MESSAGE_BYTES = 64;
/** The same as numbers of four bytes. */
const MESSAGE_WORDS = MESSAGE_BYTES / 4;
const VECTOR_WORDS = VECTOR_BYTES / 4;
const [NAME_LENGTH, FLAGS, LENGTH] = [2, 12, 14];
const MSG_DONTWAIT = 0x40;
const MSG_TRUNC = 0x20;
const AF_INET = 2;

/** One message that came. `address`: its 4 or 16 bytes, until the next one is looked at. */
export interface Datagram {
  readonly bytes: Uint8Array;
  length: number;
  family: 4 | 6;
  readonly address: Uint8Array;
}

/** Fixed memory for messages that come and that go, told to the system once; nothing is made for a message. */
export interface DatagramRing {
  /**
   * Takes the messages that wait at a socket, at most 64, lets each be answered into `room`, and sends all answers.
   * `answer`: bytes of the answer, 0 for none.
   */
  turn(fd: number, answer: (message: Datagram, room: Uint8Array) => number): void;
}

/** Longest messages that are taken, and that are sent; a longer one that comes is dropped. */
export function createDatagramRing(
  calls: DatagramCalls,
  { inBytes, outBytes }: { readonly inBytes: number; readonly outBytes: number },
): DatagramRing {
  const names = Buffer.alloc(SLOTS * NAME_BYTES);
  const [incoming, outgoing] = [createSide(calls, names, inBytes), createSide(calls, names, outBytes)];
  const slots = incoming.views.map((bytes): Datagram => ({
    bytes,
    length: 0,
    family: 4,
    address: Buffer.alloc(16),
  }));

  /** Whether a message came whole, from somewhere that can be answered; fills `slot`. */
  function read(slot: Datagram, at: number): boolean {
    const { words } = incoming;
    const name = at * NAME_BYTES;
    // Answers to port 0 go nowhere.
    if (((words[at * MESSAGE_WORDS + FLAGS] ?? 0) & MSG_TRUNC) !== 0) return false;
    if (names[name + 2] === 0 && names[name + 3] === 0) return false;
    slot.length = words[at * MESSAGE_WORDS + LENGTH] ?? 0;
    slot.family = names[name] === AF_INET ? 4 : 6;
    const from = name + (slot.family === 4 ? 4 : 8);
    for (let i = 0; i < 16; i += 1) slot.address[i] = slot.family === 6 || i < 4 ? (names[from + i] ?? 0) : 0;
    return true;
  }

  /** The system stops at the first message that it does not take: that one is left out, like one that got lost. */
  function send(fd: number, count: number): void {
    for (let from = 0; from < count;) {
      const at = outgoing.messagesAt + BigInt(from * MESSAGE_BYTES);
      const sent = calls.sendmmsg(fd, at, count - from, MSG_DONTWAIT);
      from += sent > 0 ? sent : 1;
    }
  }

  return {
    turn(fd, answer) {
      for (let i = 0; i < SLOTS; i += 1) {
        incoming.lengths[i * VECTOR_WORDS + 2] = inBytes;
        incoming.words[i * MESSAGE_WORDS + NAME_LENGTH] = NAME_BYTES;
      }
      const count = calls.recvmmsg(fd, incoming.messagesAt, SLOTS, MSG_DONTWAIT, 0n);
      let answers = 0;
      for (let i = 0; i < count; i += 1) {
        const slot = slots[i];
        const room = outgoing.views[answers];
        if (slot === undefined || room === undefined || !read(slot, i)) continue;
        const size = answer(slot, room);
        if (size === 0) continue;
        outgoing.lengths[answers * VECTOR_WORDS + 2] = size;
        // To where the question came from.
        const [from, to] = [i * MESSAGE_WORDS, answers * MESSAGE_WORDS];
        for (let word = 0; word <= NAME_LENGTH; word += 1)
          outgoing.words[to + word] = incoming.words[from + word] ?? 0;
        answers += 1;
      }
      send(fd, answers);
    },
  };
}

const numbers = (of: Buffer): Uint32Array => new Uint32Array(of.buffer, of.byteOffset, of.length / 4);

interface Side {
  /** All `struct mmsghdr`, and where they are. */
  readonly words: Uint32Array;
  readonly messagesAt: bigint;
  /** All `struct iovec`. */
  readonly lengths: Uint32Array;
  /** What each message's bytes are. */
  readonly views: readonly Buffer[];
}

function createSide(calls: DatagramCalls, names: Buffer, bytes: number): Side {
  const data = Buffer.alloc(SLOTS * bytes);
  const vectors = Buffer.alloc(SLOTS * VECTOR_BYTES);
  const messages = Buffer.alloc(SLOTS * MESSAGE_BYTES);
  const [dataAt, namesAt, vectorsAt] = [data, names, vectors].map((each) => calls.addressOf(each));
  if (dataAt === undefined || namesAt === undefined || vectorsAt === undefined) throw new Error('no address');
  for (let i = 0; i < SLOTS; i += 1) {
    vectors.writeBigUInt64LE(dataAt + BigInt(i * bytes), i * VECTOR_BYTES);
    messages.writeBigUInt64LE(namesAt + BigInt(i * NAME_BYTES), i * MESSAGE_BYTES);
    messages.writeBigUInt64LE(vectorsAt + BigInt(i * VECTOR_BYTES), i * MESSAGE_BYTES + 16);
    messages.writeBigUInt64LE(1n, i * MESSAGE_BYTES + 24);
  }
  return {
    words: numbers(messages),
    messagesAt: calls.addressOf(messages),
    lengths: numbers(vectors),
    views: Array.from({ length: SLOTS }, (_, i) => data.subarray(i * bytes, (i + 1) * bytes)),
  };
}
