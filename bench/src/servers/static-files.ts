import { spawnSync } from 'node:child_process';
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { pathWithSbin } from '../machine/tools.ts';
import type { BenchServer, BenchSetting } from './bench-server.ts';
import { freePort } from './free-port.ts';
import { startProgram } from './start-program.ts';

/** What h2o and Caddy serve: files of the sizes asked for. Neither has a cache in Debian. */
function writeFiles(setting: BenchSetting): string {
  const root = join(setting.dir, 'files');
  mkdirSync(root, { recursive: true, mode: 0o755 });
  for (const bytes of setting.sizes ?? [])
    writeFileSync(join(root, String(bytes)), Buffer.alloc(bytes, 0x61));
  return root;
}

function versionOf(program: string, args: readonly string[]): string {
  const { stdout } = spawnSync(program, args, { env: pathWithSbin(), encoding: 'utf8' });
  return /\d+\.\d+\.\d+/.exec(stdout ?? '')?.[0] ?? '';
}

/** Debian's h2o with one thread: files, no log. */
export async function startH2o(setting: BenchSetting): Promise<BenchServer> {
  const root = writeFiles(setting);
  const [httpPort, httpsPort] = [await freePort(), await freePort()];
  const file = join(setting.dir, 'h2o.conf');
  writeFileSync(
    file,
    `${process.getuid?.() === 0 ? 'user: root\n' : ''}num-threads: 1
http2-idle-timeout: 60
listen:
  host: 127.0.0.1
  port: ${httpPort}
listen:
  host: 127.0.0.1
  port: ${httpsPort}
  ssl:
    certificate-file: ${setting.certFile}
    key-file: ${setting.keyFile}
    cipher-suite: AES128-GCM-SHA256:ECDHE-ECDSA-AES128-GCM-SHA256
hosts:
  default:
    paths:
      /:
        file.dir: ${root}
`,
  );
  const running = await startProgram(setting, { name: 'h2o', command: ['h2o', '-c', file], port: httpPort });
  return {
    name: `h2o ${versionOf('h2o', ['--version'])} (files)`,
    ...running,
    uncached: true,
    httpPort,
    httpsPort,
    hostHeader: 'bench.localhost',
  };
}

/** Debian's Caddy: files, no log. */
export async function startCaddy(setting: BenchSetting): Promise<BenchServer> {
  const root = writeFiles(setting);
  const [httpPort, httpsPort] = [await freePort(), await freePort()];
  const file = join(setting.dir, 'Caddyfile');
  writeFileSync(
    file,
    `{
  admin off
  auto_https off
  default_bind 127.0.0.1
}
http://bench.localhost:${httpPort} {
  root * ${root}
  file_server
}
https://bench.localhost:${httpsPort} {
  tls ${setting.certFile} ${setting.keyFile}
  root * ${root}
  file_server
}
`,
  );
  const running = await startProgram(setting, {
    name: 'Caddy',
    command: ['caddy', 'run', '--config', file, '--adapter', 'caddyfile'],
    port: httpPort,
    // It keeps what it remembers there, and must not keep it in somebody's home.
    env: { HOME: setting.dir, XDG_DATA_HOME: setting.dir, XDG_CONFIG_HOME: setting.dir, GOMAXPROCS: '1' },
  });
  return {
    name: `Caddy ${versionOf('caddy', ['version'])} (files)`,
    ...running,
    uncached: true,
    httpPort,
    httpsPort,
    // Its sites are told apart by name and port together only where they are called so.
    hostHeader: 'bench.localhost',
  };
}
