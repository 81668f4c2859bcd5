import { createSocket } from 'node:dgram';
import { decode, encode } from 'dns-packet';

/** A DNS server on loopback that is authoritative for what it is told, and says of all else that there is none. */
export interface DnsServer {
  /** `127.0.0.1:port`, as `--resolver` takes it. */
  readonly address: string;
  /** What a name has from now on; an empty list is none. */
  txt(name: string, records: readonly string[]): void;
  /** How it answers: in order, with SERVFAIL, or not at all. */
  mood: 'well' | 'failing' | 'silent';
  /** Names that were asked about, in order. */
  readonly asked: readonly string[];
  close(): Promise<void>;
}

const RCODE = { failed: 2, noName: 3 };
const TTL_SECONDS = 60;

export async function startDnsServer(): Promise<DnsServer> {
  const socket = createSocket('udp4');
  const records = new Map<string, readonly string[]>();
  const asked: string[] = [];
  await new Promise<void>((resolve, reject) => {
    socket.once('error', reject);
    socket.bind(0, '127.0.0.1', resolve);
  });
  const server: DnsServer = {
    address: `127.0.0.1:${socket.address().port}`,
    txt: (name, texts) => records.set(name.toLowerCase(), texts),
    mood: 'well',
    asked,
    close: () => new Promise((resolve) => socket.close(() => resolve())),
  };
  socket.on('message', (message, from) => {
    const { id, questions = [] } = decode(message);
    const name = questions[0]?.name.toLowerCase() ?? '';
    asked.push(name);
    if (server.mood === 'silent') return;
    const found = server.mood === 'well' ? (records.get(name) ?? []) : [];
    const rcode = server.mood === 'failing' ? RCODE.failed : found.length === 0 ? RCODE.noName : 0;
    const answer = encode({
      type: 'response',
      ...(id === undefined ? {} : { id }),
      // The response code is the low four bits; authoritative answer beside it.
      flags: 0x0400 | rcode,
      questions,
      answers: found.map((data) => ({ type: 'TXT', name, ttl: TTL_SECONDS, data })),
    });
    socket.send(answer, from.port, from.address);
  });
  return server;
}
