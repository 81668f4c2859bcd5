import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { MediaError } from '@media-network/runtime';
import { ensureProgram } from '../../machine/tools.ts';
import { freePort } from '../../servers/free-port.ts';
import { startProgram } from '../../servers/start-program.ts';

/** Debian's nginx as somebody's CDN in front of the content: it knows nothing of PeerPool. */
export async function startContentNginx(
  origin: string,
  say: (line: string) => void,
): Promise<{ readonly url: string; readonly host: string; close(): Promise<void> }> {
  if (!ensureProgram('nginx', 'nginx-light', say))
    throw new MediaError({
      code: 'bench/tools-missing',
      message: 'The bench needs nginx: run "apt-get install nginx-light" as root.',
      source: 'internal',
    });
  const dir = await mkdtemp(join(tmpdir(), 'media-bench-nginx-'));
  await mkdir(join(dir, 'cache'));
  const port = await freePort();
  const file = join(dir, 'nginx.conf');
  const log = join(dir, 'error.log');
  await writeFile(file, configuration(dir, origin, port));
  const command = ['nginx', '-c', file, '-e', log];
  const running = await startProgram({ pin: [] }, { name: 'nginx', command, port, logFile: log });
  return {
    url: `http://127.0.0.1:${port}`,
    host: `127.0.0.1:${port}`,
    async close() {
      await running.stop();
      await rm(dir, { recursive: true, force: true });
    },
  };
}

function configuration(dir: string, origin: string, port: number): string {
  // As root, nginx's worker becomes another user, who could not write the cache.
  const user = process.getuid?.() === 0 ? 'user root;' : '';
  return `${user}
daemon off;
worker_processes 1;
pid ${dir}/nginx.pid;
events { worker_connections 1024; }
http {
  access_log off;
  keepalive_requests 10000;
  client_body_temp_path ${dir}/client;
  proxy_temp_path ${dir}/proxy;
  fastcgi_temp_path ${dir}/fastcgi;
  uwsgi_temp_path ${dir}/uwsgi;
  scgi_temp_path ${dir}/scgi;
  proxy_cache_path ${dir}/cache keys_zone=content:8m max_size=1g inactive=1h use_temp_path=off;
  server {
    listen 127.0.0.1:${port};
    location / {
      proxy_pass ${origin};
      proxy_http_version 1.1;
      proxy_set_header Connection "";
      proxy_cache content;
      proxy_cache_lock on;
    }
  }
}
`;
}
