/**
 * The floor: what this runtime does at best. A bare server that reads nothing of a request but the empty line at
 * its end and writes the same prebuilt bytes for each: no parser, no key, no cache, no books.
 *
 * Arguments: headFile bodyBytes certFile keyFile. Prints one line of JSON with its ports, and a host that it
 * does not look at. Stops on SIGTERM.
 */
import { readFileSync } from 'node:fs';
import { createServer } from 'node:net';
import type { AddressInfo, Server, Socket } from 'node:net';
import { createServer as createTlsServer } from 'node:tls';

const [headFile = '', bodyBytes = '0', certFile = '', keyFile = ''] = process.argv.slice(2);
const answer = Buffer.concat([readFileSync(headFile), Buffer.alloc(Number(bodyBytes), 0x61)]);
const END = Buffer.from('\r\n\r\n', 'latin1');

function serve(socket: Socket): void {
  socket.setNoDelay(true);
  // A client that resets is no news here.
  socket.on('error', () => socket.destroy());
  let rest: Buffer | undefined;
  socket.on('data', (chunk: Buffer) => {
    const bytes = rest === undefined ? chunk : Buffer.concat([rest, chunk]);
    let from = 0;
    for (let at = bytes.indexOf(END); at !== -1; at = bytes.indexOf(END, from)) {
      from = at + END.length;
      socket.write(answer);
    }
    rest = from === bytes.length ? undefined : bytes.subarray(from);
  });
}

function listen(server: Server): Promise<number> {
  return new Promise((resolve, reject) => {
    server.once('error', reject);
    server.listen({ host: '127.0.0.1', port: 0, backlog: 1_024 }, () => {
      resolve((server.address() as AddressInfo).port); // it listens on TCP
    });
  });
}

const tls = {
  cert: readFileSync(certFile),
  key: readFileSync(keyFile),
  noDelay: true,
  ciphers: 'TLS_AES_128_GCM_SHA256',
  ALPNProtocols: ['http/1.1'],
};
const httpPort = await listen(createServer({ noDelay: true }, serve));
const httpsPort = await listen(createTlsServer(tls, serve));
process.stdout.write(`${JSON.stringify({ httpPort, httpsPort, hostHeader: 'bench.localhost' })}\n`);
process.once('SIGTERM', () => process.exit(0));
