import { spawnSync } from 'node:child_process';
import { MediaError } from '@media-network/runtime';

/** Programs the bench needs and the Debian package that has each. */
const PACKAGES: ReadonlyMap<string, string> = new Map(
  Object.entries({
    nginx: 'nginx-light',
    wrk: 'wrk',
    h2load: 'nghttp2-client',
    taskset: 'util-linux',
    openssl: 'openssl',
  }),
);

function present(program: string): boolean {
  return (
    spawnSync('sh', ['-c', `command -v ${program}`], { env: pathWithSbin(), stdio: 'ignore' }).status === 0
  );
}

/** nginx lives in a folder that is not on every user's PATH. */
export function pathWithSbin(): NodeJS.ProcessEnv {
  return { ...process.env, PATH: `${process.env['PATH'] ?? ''}:/usr/sbin:/sbin` };
}

function missingTools(): string[] {
  return [...PACKAGES.keys()].filter((program) => !present(program));
}

/** Makes sure of wrk, h2load, nginx, taskset and openssl; installs through apt where that needs no password. */
export function ensureTools(say: (line: string) => void): void {
  const missing = missingTools();
  if (missing.length === 0) return;
  const packages = missing.map((program) => PACKAGES.get(program) ?? program);
  install(packages, missing.includes('nginx') ? ['nginx'] : [], say);
  const still = missingTools();
  if (still.length === 0) return;
  throw new MediaError({
    code: 'bench/tools-missing',
    message: `The bench needs ${still.join(', ')}: run "apt-get install ${still.map((program) => PACKAGES.get(program) ?? program).join(' ')}" as root.`,
    source: 'internal',
    context: { missing: still },
  });
}

/** Makes sure of one program more, from the package of that name; false where that cannot be. */
export function ensureProgram(program: string, packageName: string, say: (line: string) => void): boolean {
  if (!present(program)) install([packageName], [packageName], say);
  return present(program);
}

function install(
  packages: readonly string[],
  services: readonly string[],
  say: (line: string) => void,
): void {
  if (!present('apt-get')) return;
  const sudo = process.getuid?.() === 0 ? [] : ['sudo', '-n'];
  const command = [...sudo, 'apt-get', 'install', '-y', '--no-install-recommends', ...packages];
  say(`installing ${packages.join(', ')} through apt`);
  const result = spawnSync(command[0] ?? '', command.slice(1), {
    env: { ...process.env, DEBIAN_FRONTEND: 'noninteractive', RUNLEVEL: '1' },
    stdio: 'ignore',
  });
  // A package that was not there had no service running: what runs now must not stay behind. A bench is no
  // reason to open port 80.
  if (result.status === 0) for (const service of services) stopService(service, sudo);
}

function stopService(service: string, sudo: readonly string[]): void {
  const ways = [
    [...sudo, 'systemctl', 'disable', '--now', service],
    [...sudo, 'service', service, 'stop'],
  ];
  for (const [program = '', ...args] of ways) spawnSync(program, args, { stdio: 'ignore' });
}

/** Two processors this process may use: one for the server, one for the load. */
export function twoProcessors(): { readonly server: number; readonly load: number } {
  const result = spawnSync('taskset', ['-cp', String(process.pid)], { encoding: 'utf8' });
  const list = /list: (.+)/.exec(result.stdout)?.[1] ?? '';
  const processors = list.split(',').flatMap((part) => {
    const [first = Number.NaN, last = first] = part.split('-').map(Number);
    return Array.from({ length: last - first + 1 }, (_, i) => first + i);
  });
  const [server, load] = processors;
  if (server === undefined || load === undefined) {
    throw new MediaError({
      code: 'bench/one-processor',
      message: 'The bench needs two processors: one for the server, one for the load.',
      source: 'internal',
    });
  }
  return { server, load };
}
