import { spawnSync } from 'node:child_process';
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { pathWithSbin } from '../machine/tools.ts';
import type { BenchServer, BenchSetting } from './bench-server.ts';
import { freePort } from './free-port.ts';
import { startProgram } from './start-program.ts';

/** Debian's Apache Traffic Server: one thread for the network, RAM cache over a disk cache, no logs. */
export async function startTrafficServer(setting: BenchSetting): Promise<BenchServer> {
  const dir = join(setting.dir, 'traffic-server');
  for (const each of ['etc', 'var', 'log', 'cache']) mkdirSync(join(dir, each), { recursive: true });
  const [httpPort, httpsPort] = [await freePort(), await freePort()];
  const files: Readonly<Record<string, string>> = {
    'remap.config': `map http://bench.localhost:${httpPort}/ ${setting.origin}/
map http://bench.localhost/ ${setting.origin}/
map https://bench.localhost:${httpsPort}/ ${setting.origin}/
map https://bench.localhost/ ${setting.origin}/
`,
    'storage.config': `${join(dir, 'cache')} 512M\n`,
    'ssl_multicert.config': `dest_ip=* ssl_cert_name=${setting.certFile} ssl_key_name=${setting.keyFile}\n`,
    'plugin.config': '',
    'ip_allow.yaml':
      'ip_allow:\n  - apply: in\n    ip_addrs: 127.0.0.1\n    action: allow\n    methods: ALL\n',
    'records.config': [
      ['log.logging_enabled', 'INT 0'],
      ['http.server_ports', `STRING ${httpPort}:ip-in=127.0.0.1 ${httpsPort}:ssl:ip-in=127.0.0.1`],
      ['exec_thread.autoconfig', 'INT 0'],
      ['exec_thread.limit', 'INT 1'],
      ['local_state_dir', `STRING ${join(dir, 'var')}`],
      ['log.logfile_dir', `STRING ${join(dir, 'log')}`],
      ['cache.ram_cache.size', 'INT 268435456'],
      ['ssl.server.cert.path', 'STRING /'],
      ['ssl.server.private_key.path', 'STRING /'],
      ['diags.debug.enabled', 'INT 0'],
      ['http.keep_alive_no_activity_timeout_in', 'INT 60'],
      ['url_remap.remap_required', 'INT 1'],
      ['reverse_proxy.enabled', 'INT 1'],
      // As root it would become another user, who could not write here.
      ...(process.getuid?.() === 0 ? [['admin.user_id', 'STRING #-1']] : []),
    ]
      .map(([name, value]) => `CONFIG proxy.config.${name} ${value}\n`)
      .join(''),
  };
  for (const [name, text] of Object.entries(files)) writeFileSync(join(dir, 'etc', name), text);
  const running = await startProgram(setting, {
    name: 'Traffic Server',
    command: ['traffic_server'],
    port: httpPort,
    env: {
      PROXY_CONFIG_CONFIG_DIR: join(dir, 'etc'),
      PROXY_CONFIG_LOCAL_STATE_DIR: join(dir, 'var'),
      PROXY_CONFIG_LOG_LOGFILE_DIR: join(dir, 'log'),
    },
    logFile: join(dir, 'log', 'diags.log'),
  });
  const version = spawnSync('traffic_server', ['-V'], { env: pathWithSbin(), encoding: 'utf8' });
  const number = /Traffic Server ([\d.]+)/.exec(version.stderr + version.stdout)?.[1] ?? '';
  return {
    name: `Traffic Server ${number}`.trim(),
    ...running,
    httpPort,
    httpsPort,
    hostHeader: 'bench.localhost',
  };
}
