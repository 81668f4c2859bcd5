import { spawnSync } from 'node:child_process';
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { pathWithSbin } from '../machine/tools.ts';
import type { BenchServer, BenchSetting } from './bench-server.ts';
import { freePort } from './free-port.ts';
import { startProgram } from './start-program.ts';

/** Debian's Varnish with its cache in memory. It speaks no TLS. */
export async function startVarnish(setting: BenchSetting): Promise<BenchServer> {
  const dir = join(setting.dir, 'varnish');
  mkdirSync(dir, { recursive: true, mode: 0o755 });
  const httpPort = await freePort();
  const { hostname, port } = new URL(setting.origin);
  const file = join(dir, 'bench.vcl');
  writeFileSync(
    file,
    `vcl 4.1;
backend default { .host = "${hostname}"; .port = "${port}"; }
sub vcl_deliver { if (obj.hits > 0) { set resp.http.Cache-Status = "hit"; } else { set resp.http.Cache-Status = "miss"; } }
`,
  );
  // Without its jail: the folder is ours, and so are its rights.
  const command = ['varnishd', '-j', 'none', '-F', '-n', dir, '-f', file, '-s', 'malloc,1g'];
  const running = await startProgram(setting, {
    name: 'Varnish',
    command: [...command, '-a', `127.0.0.1:${httpPort}`, '-T', 'none', '-p', 'thread_pools=1'],
    port: httpPort,
  });
  const version = spawnSync('varnishd', ['-V'], { env: pathWithSbin(), encoding: 'utf8' });
  const number = /varnish-([\d.]+)/.exec(version.stderr + version.stdout)?.[1] ?? '';
  return {
    name: `Varnish ${number}`.trim(),
    ...running,
    protocols: ['http'],
    httpPort,
    httpsPort: httpPort,
    hostHeader: 'bench.localhost',
  };
}
