import { spawnSync } from 'node:child_process';
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { pathWithSbin } from '../machine/tools.ts';
import type { BenchServer, BenchSetting } from './bench-server.ts';
import { freePort } from './free-port.ts';
import { startProgram } from './start-program.ts';

/**
 * Debian's nginx as a caching proxy: one worker, sendfile on, tcp_nopush off (on, it stalls 64 KB
 * responses at 44 ms on loopback, which would flatter us), the same certificate and cipher as ours.
 */
function configuration(setting: BenchSetting, httpPort: number, httpsPort: number, h2Port: number): string {
  const { dir } = setting;
  const serve = `
    ssl_certificate ${setting.certFile};
    ssl_certificate_key ${setting.keyFile};
    ssl_protocols TLSv1.3;
    ssl_conf_command Ciphersuites TLS_AES_128_GCM_SHA256;
    location / {
      proxy_pass http://origin;
      proxy_http_version 1.1;
      proxy_set_header Connection "";
      proxy_set_header Host $host;
      proxy_cache bench;
      proxy_cache_key $host$request_uri;
      add_header Cache-Status $upstream_cache_status;
    }`;
  return `
daemon off;
worker_processes 1;
pid ${dir}/nginx.pid;
error_log ${dir}/error.log;
events { worker_connections 4096; }
http {
  access_log off;
  sendfile on;
  tcp_nopush off;
  tcp_nodelay on;
  keepalive_requests 10000;
  keepalive_timeout 60s;
  server_tokens off;
  client_body_temp_path ${dir}/client;
  proxy_temp_path ${dir}/proxy-temp;
  fastcgi_temp_path ${dir}/fastcgi;
  uwsgi_temp_path ${dir}/uwsgi;
  scgi_temp_path ${dir}/scgi;
  upstream origin { server ${new URL(setting.origin).host}; keepalive 64; keepalive_requests 1000000; }
  proxy_cache_path ${dir}/cache levels=1:2 keys_zone=bench:64m max_size=8g inactive=1h use_temp_path=off;
  server {
    listen 127.0.0.1:${httpPort} backlog=1024;
    listen 127.0.0.1:${httpsPort} ssl backlog=1024;${serve}
  }
  server {
    listen 127.0.0.1:${h2Port} ssl http2 backlog=1024;
    keepalive_requests 1000000;${serve}
  }
}
`;
}

export async function startNginx(setting: BenchSetting): Promise<BenchServer> {
  const dir = join(setting.dir, 'nginx');
  mkdirSync(dir, { recursive: true, mode: 0o755 });
  const [httpPort, httpsPort, h2Port] = [await freePort(), await freePort(), await freePort()];
  const file = join(dir, 'nginx.conf');
  // As root, nginx's worker becomes another user, who could not write the cache.
  const user = process.getuid?.() === 0 ? 'user root;' : '';
  writeFileSync(file, user + configuration({ ...setting, dir }, httpPort, httpsPort, h2Port));
  const logFile = `${dir}/error.log`;
  const running = await startProgram(setting, {
    name: 'nginx',
    command: ['nginx', '-c', file, '-e', logFile],
    port: httpPort,
    logFile,
  });
  return {
    name: nginxVersion(),
    ...running,
    httpPort,
    httpsPort,
    h2Port,
    hostHeader: 'bench.localhost',
  };
}

function nginxVersion(): string {
  const result = spawnSync('nginx', ['-v'], { env: pathWithSbin(), encoding: 'utf8' });
  return `nginx ${/nginx\/([\d.]+)/.exec(result.stderr)?.[1] ?? ''}`.trim();
}
