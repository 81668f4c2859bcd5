import { createSocket } from 'node:dgram';
import type { RemoteInfo } from 'node:dgram';
import { isIP } from 'node:net';

const COOKIE = 0x21_12_a4_42;
const HEAD_BYTES = 20;
const BINDING_REQUEST = 0x0001;
const BINDING_ANSWER = 0x0101;
const XOR_MAPPED_ADDRESS = 0x0020;
/** Longest question: browsers send twenty bytes and a few attributes, none of which is looked at. */
const MAX_QUESTION_BYTES = 548;

/**
 * The answer to a STUN binding request (RFC 8489 §6.3.1, §14.2): which address and port it came from. Undefined for
 * anything else, which is not answered: no error, so that nobody is sent what he did not ask for.
 */
export function bindingAnswer(
  question: Buffer,
  from: Pick<RemoteInfo, 'address' | 'port'>,
): Buffer | undefined {
  if (question.length < HEAD_BYTES || question.length > MAX_QUESTION_BYTES) return undefined;
  if (question.readUInt16BE(0) !== BINDING_REQUEST || question.readUInt32BE(4) !== COOKIE) return undefined;
  if (question.readUInt16BE(2) !== question.length - HEAD_BYTES || question.length % 4 !== 0)
    return undefined;
  const address = bytesOf(from.address);
  if (address === undefined) return undefined;
  const answer = Buffer.alloc(HEAD_BYTES + 8 + address.length);
  answer.writeUInt16BE(BINDING_ANSWER, 0);
  answer.writeUInt16BE(8 + address.length, 2);
  // The cookie and the transaction are the question's; together they are what an IPv6 address is hidden with.
  question.copy(answer, 4, 4, HEAD_BYTES);
  answer.writeUInt16BE(XOR_MAPPED_ADDRESS, 20);
  answer.writeUInt16BE(4 + address.length, 22);
  answer[25] = address.length === 4 ? 1 : 2;
  answer.writeUInt16BE(from.port ^ (COOKIE >>> 16), 26);
  for (const [i, byte] of address.entries()) answer[28 + i] = byte ^ (question[4 + i] ?? 0);
  return answer;
}

const words = (part: string): number[] =>
  part === '' ? [] : part.split(':').map((word) => Number.parseInt(word, 16));

/** Network bytes of an address. */
function bytesOf(text: string): readonly number[] | undefined {
  const plain = text.replace(/%.*$/, '').replace(/^::ffff:(?=\d+\.)/i, '');
  if (isIP(plain) === 4) return plain.split('.').map(Number);
  if (isIP(plain) !== 6) return undefined;
  const [head = '', tail] = plain.split('::');
  const [before, after] = [words(head), tail === undefined ? [] : words(tail)];
  const all = [...before, ...Array.from({ length: 8 - before.length - after.length }, () => 0), ...after];
  return all.flatMap((word) => [word >> 8, word & 255]);
}

export interface StunServer {
  readonly port: number;
  close(): Promise<void>;
}

/** Answers a second to one address: a browser asks a handful of times. More would make it a way to flood others. */
const OF_ADDRESS_PER_SECOND = 20;
const MAX_ADDRESSES = 50_000;

/** Answers binding requests by UDP. Rejects with what the system says where the port is not to be had. */
export async function startStun(options: {
  readonly host: string;
  readonly port: number;
  readonly nowMs: () => number;
}): Promise<StunServer> {
  const socket = createSocket(options.host.includes(':') ? 'udp6' : 'udp4');
  let second = 0;
  let asked = new Map<string, number>();
  socket.on('message', (question, from) => {
    const now = Math.floor(options.nowMs() / 1_000);
    if (now !== second) {
      second = now;
      asked = new Map();
    }
    const times = (asked.get(from.address) ?? 0) + 1;
    if (times > OF_ADDRESS_PER_SECOND || (times === 1 && asked.size >= MAX_ADDRESSES)) return;
    asked.set(from.address, times);
    const answer = bindingAnswer(question, from);
    // Who cannot be reached gets none.
    if (answer !== undefined) socket.send(answer, from.port, from.address, () => undefined);
  });
  await new Promise<void>((resolve, reject) => {
    socket.once('error', reject);
    socket.bind(options.port, options.host, () => {
      socket.off('error', reject);
      socket.on('error', () => undefined);
      resolve();
    });
  });
  return {
    port: socket.address().port,
    close: () => new Promise((resolve) => void socket.close(() => resolve())),
  };
}
