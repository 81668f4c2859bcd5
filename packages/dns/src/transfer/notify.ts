import { createSocket } from 'node:dgram';
import { isIP, isIPv6 } from 'node:net';
import { randomInt } from 'node:crypto';
import { CLASS_IN, HEADER_BYTES, TYPE } from '../numbers.ts';
import { QueryReader } from '../query.ts';
import type { TsigKey } from '../tsig/tsig-key.ts';
import { signRequest, verifyTsig } from '../tsig/tsig.ts';

/** RFC 1996 §3.6 asks for five tries a minute apart; a server that is away for longer asks by itself. */
const TRIES = 3;
const WAIT_MS = 3_000;
const OPCODE_NOTIFY = 0x2000;

/** Where a server that keeps a copy of the zone listens. */
export interface Secondary {
  readonly host: string;
  readonly port: number;
}

/** `192.0.2.1`, `192.0.2.1:5353`, `[2001:db8::1]:53`; undefined for what is none. */
export function readSecondary(text: string): Secondary | undefined {
  const whole = isIP(text) === 6 ? `[${text}]` : text;
  const url = URL.parse(`udp://${whole}`);
  const host = url?.hostname.replaceAll(/^\[|\]$/g, '') ?? '';
  if (url === null || isIP(host) === 0 || url.pathname !== '' || url.username !== '') return undefined;
  const port = url.port === '' ? 53 : Number(url.port);
  return port > 0 ? { host, port } : undefined;
}

/** Tells a server that the zone has changed (RFC 1996), signed; whether it said that it heard so. Never rejects. */
export async function notify(
  apex: Uint8Array,
  to: Secondary,
  key: TsigKey,
  nowSecs: () => number,
  signal: AbortSignal,
): Promise<boolean> {
  const message = Buffer.alloc(HEADER_BYTES + apex.length + 4);
  message.writeUInt16BE(randomInt(65_536), 0);
  // With authority, as whose change it is.
  message.writeUInt16BE(OPCODE_NOTIFY | 0x0400, 2);
  message.writeUInt16BE(1, 4);
  message.set(apex, HEADER_BYTES);
  message.writeUInt16BE(TYPE.SOA, HEADER_BYTES + apex.length);
  message.writeUInt16BE(CLASS_IN, HEADER_BYTES + apex.length + 2);
  for (let tries = 0; tries < TRIES && !signal.aborted; tries += 1)
    if (await once(message, to, key, nowSecs(), signal)) return true;
  return false;
}

function once(
  message: Buffer,
  to: Secondary,
  key: TsigKey,
  nowSecs: number,
  signal: AbortSignal,
): Promise<boolean> {
  const { bytes, mac } = signRequest(message, key, nowSecs);
  return new Promise((resolve) => {
    const socket = createSocket(isIPv6(to.host) ? 'udp6' : 'udp4');
    const end = (heard: boolean): void => {
      clearTimeout(timer);
      signal.removeEventListener('abort', stop);
      socket.removeAllListeners('message');
      socket.close();
      resolve(heard);
    };
    const stop = (): void => end(false);
    const timer = setTimeout(stop, WAIT_MS);
    signal.addEventListener('abort', stop);
    socket.once('error', stop);
    socket.on('message', (answer) => {
      if (isAnswer(answer, message, key, mac, nowSecs)) end(true);
    });
    socket.send(bytes, to.port, to.host);
  });
}

/** Anybody may send to the port: only who has the key has heard. */
function isAnswer(answer: Buffer, message: Buffer, key: TsigKey, mac: Uint8Array, nowSecs: number): boolean {
  if (answer.length < HEADER_BYTES || answer.readUInt16BE(0) !== message.readUInt16BE(0)) return false;
  if ((answer.readUInt16BE(2) & 0xf80f) !== (0x8000 | OPCODE_NOTIFY)) return false;
  // Read as the query that it would be without these bits.
  const read = Buffer.from(answer);
  read.writeUInt16BE(0, 2);
  const reader = new QueryReader();
  if (reader.read(read, read.length) !== 'query' || reader.tsigAt === 0) return false;
  return verifyTsig(answer, answer.length, reader.tsigAt, [key], nowSecs, mac).kind === 'ok';
}
