import { spawnSync } from 'node:child_process';
import { join } from 'node:path';
import { MediaError } from '@media-network/runtime';

/** A P-256 certificate of two days for `bench.localhost`, by openssl. */
export function makeCertificate(dir: string): { readonly certFile: string; readonly keyFile: string } {
  const certFile = join(dir, 'cert.pem');
  const keyFile = join(dir, 'key.pem');
  const key = ['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:P-256', '-nodes'];
  const name = ['-subj', '/CN=bench.localhost', '-addext', 'subjectAltName=DNS:bench.localhost'];
  const args = ['req', '-x509', ...key, '-days', '2', ...name, '-keyout', keyFile, '-out', certFile];
  if (spawnSync('openssl', args, { stdio: 'ignore' }).status !== 0) {
    throw new MediaError({
      code: 'bench/certificate',
      message: 'openssl could not make a certificate.',
      source: 'internal',
    });
  }
  return { certFile, keyFile };
}
