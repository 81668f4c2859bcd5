import { execFileSync } from 'node:child_process';
import { join } from 'node:path';

/** PEM files of a self-signed certificate in a folder, for two days. */
export function selfSigned(dir: string): { readonly certFile: string; readonly keyFile: string } {
  const [certFile, keyFile] = [join(dir, 'cert.pem'), join(dir, 'key.pem')];
  const kind = ['-x509', '-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:P-256', '-nodes', '-days', '2'];
  execFileSync('openssl', ['req', ...kind, '-subj', '/CN=edge', '-keyout', keyFile, '-out', certFile], {
    stdio: 'ignore',
  });
  return { certFile, keyFile };
}
