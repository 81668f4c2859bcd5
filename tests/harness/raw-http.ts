import { connect } from 'node:net';

export interface RawAnswer {
  /** 0 when the connection ended without a status line. */
  readonly status: number;
  readonly headers: ReadonlyMap<string, string>;
  readonly text: string;
}

/** Sends bytes as they are and reads until the other side ends the connection. */
export function sendRaw(port: number, request: string | Buffer): Promise<RawAnswer> {
  return new Promise((resolve, reject) => {
    const parts: Buffer[] = [];
    const socket = connect(port, '127.0.0.1', () => {
      socket.write(typeof request === 'string' ? Buffer.from(request, 'latin1') : request);
    });
    socket.setTimeout(20_000, () => socket.destroy(new Error('the edge neither answered nor hung up')));
    socket.on('data', (part: Buffer) => parts.push(part));
    socket.on('close', () => resolve(parseAnswer(Buffer.concat(parts).toString('latin1'))));
    socket.on('error', (error) => {
      if (parts.length === 0) reject(error);
    });
  });
}

function parseAnswer(text: string): RawAnswer {
  const [head = '', ...rest] = text.split('\r\n\r\n');
  const [first = '', ...lines] = head.split('\r\n');
  const headers = new Map(
    lines.map((line) => [
      line.slice(0, line.indexOf(':')).toLowerCase(),
      line.slice(line.indexOf(':') + 1).trim(),
    ]),
  );
  return { status: Number(first.split(' ')[1] ?? 0), headers, text: rest.join('\r\n\r\n') };
}
