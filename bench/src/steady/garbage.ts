import { connect } from 'node:net';
import { connect as tlsConnect } from 'node:tls';
import type { BenchServer } from '../servers/bench-server.ts';

const PATIENCE_MS = 15_000;

/** What is sent: each is refused, or waits for more until its time is over. */
function piece(random: () => number, host: string): Buffer {
  const noise = Buffer.from(Array.from({ length: 1 + Math.floor(random() * 400) }, () => random() * 256));
  const heads = [
    `GET /keep/300/hot-0 HTTP/1.1\r\nHost: ${host}\r\nContent-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n`,
    `GET /keep/300/hot-0 HTTP/1.1\r\nHost: ${host}\r\nHost: other\r\n\r\n`,
    `GET /keep/300/hot-0 HTTP/9.9\r\n\r\n`,
    `POST /post/0/x HTTP/1.1\r\nHost: ${host}\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n`,
    `GET ${'/x'.repeat(6_000)} HTTP/1.1\r\nHost: ${host}\r\n\r\n`,
    `GET /keep/300/hot-0 HTTP/1.1\r\nHost: ${host}\r\nX: ${'y'.repeat(20_000)}\r\n\r\n`,
    `GET /keep/300/hot-0 HTTP/1.1\r\nHost`,
  ];
  const no = Math.floor(random() * (heads.length + 1));
  const head = heads[no];
  return head === undefined ? noise : Buffer.concat([Buffer.from(head, 'latin1'), noise]);
}

/** Sends what is no request. Resolves with what was wrong: an answer that is not a refusal. */
export function sendGarbage(server: BenchServer, random: () => number): Promise<string | undefined> {
  const secure = random() < 0.4;
  const bytes = piece(random, server.hostHeader);
  return new Promise((resolve) => {
    const socket = secure
      ? tlsConnect({ port: server.httpsPort, host: '127.0.0.1', rejectUnauthorized: false })
      : connect(server.httpPort, '127.0.0.1');
    let answer = '';
    const patience = setTimeout(() => socket.destroy(), random() < 0.5 ? 200 : PATIENCE_MS);
    socket.on(secure ? 'secureConnect' : 'connect', () => socket.write(bytes));
    socket.on('data', (chunk: Buffer) => {
      if (answer.length < 1_000) answer += chunk.toString('latin1');
    });
    socket.on('error', () => socket.destroy());
    socket.on('close', () => {
      clearTimeout(patience);
      const refused = answer === '' || /^HTTP\/1\.1 [45]\d\d /.test(answer);
      resolve(refused ? undefined : `garbage was answered ${JSON.stringify(answer.slice(0, 100))}`);
    });
  });
}
