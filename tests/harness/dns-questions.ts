import { createSocket } from 'node:dgram';
import { once } from 'node:events';
import packet from 'dns-packet';

export interface NameServerPlace {
  readonly host: string;
  readonly port: number;
}

/** The bytes that a name server answers a client of the n-th /24 of 10.0.0.0/8 with, by UDP, asked until it does. */
export async function askFor(
  { host, port }: NameServerPlace,
  subnet: number,
  name: string,
  type = 'A',
): Promise<Buffer> {
  const socket = createSocket('udp4');
  const options = [
    { code: 8, data: Buffer.from([0, 1, 24, 0, 10, subnet >> 8, subnet & 255]) },
  ] as unknown as packet.PacketOpt[]; // the types know no option by its bytes
  const query = packet.encode({
    type: 'query',
    id: 99,
    questions: [{ type: type as 'A', name, class: 'IN' }],
    additionals: [
      {
        type: 'OPT',
        name: '.',
        udpPayloadSize: 1_232,
        flags: 0,
        options,
        extendedRcode: 0,
        ednsVersion: 0,
        flag_do: false,
      },
    ],
  });
  try {
    for (;;) {
      socket.send(query, port, host);
      const answer = once(socket, 'message', { signal: AbortSignal.timeout(5_000) });
      const [message] = (await answer.catch(() => [])) as Buffer[];
      if (message !== undefined) return message;
    }
  } finally {
    socket.close();
  }
}

/** Enough clients' networks that each edge is near to some. */
export const SUBNETS: readonly number[] = Array.from({ length: 60 }, (_, n) => n);

/** Addresses that clients of all of them are answered with. */
export async function edgesNamed(
  server: NameServerPlace,
  name: string,
  subnets: readonly number[] = SUBNETS,
): Promise<ReadonlySet<string>> {
  const answers = await Promise.all(subnets.map((n) => askFor(server, n, name)));
  return new Set(
    answers.flatMap((bytes) =>
      (packet.decode(bytes).answers ?? []).flatMap((each) => (each.type === 'A' ? [each.data] : [])),
    ),
  );
}
