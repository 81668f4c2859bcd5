import { execFileSync } from 'node:child_process';
import { mkdtemp } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { connect } from 'node:tls';
import { parseResponse, requestText } from './raw-http.ts';
import type { GetOptions, RawResponse } from './raw-http.ts';

/** A certificate for nobody in particular, as files. */
export async function selfSigned(): Promise<{ readonly cert: string; readonly key: string }> {
  const dir = await mkdtemp(join(tmpdir(), 'media-edge-tls-'));
  const [cert, key] = [join(dir, 'cert.pem'), join(dir, 'key.pem')];
  const made = ['-x509', '-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:P-256', '-nodes'];
  execFileSync('openssl', ['req', ...made, '-keyout', key, '-out', cert, '-days', '2', '-subj', '/CN=x'], {
    stdio: 'ignore',
  });
  return { cert, key };
}

/** The same as `request`, over TLS. */
export function requestTls(
  port: number,
  host: string,
  target: string,
  options: GetOptions = {},
): Promise<RawResponse> {
  return new Promise((resolve, reject) => {
    const parts: Buffer[] = [];
    const socket = connect({ port, host: '127.0.0.1', servername: host, rejectUnauthorized: false }, () => {
      socket.write(requestText(host, target, options));
    });
    socket.on('data', (part: Buffer) => parts.push(part));
    socket.on('error', reject);
    socket.on('close', () => resolve(parseResponse(Buffer.concat(parts), options.method)));
  });
}
