import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { MediaError } from '@media-network/runtime';
import { spreadOf } from '../edge/spread.ts';
import { watchProcessors } from '../machine/disturbance.ts';
import { cpuSeconds, processTree } from '../machine/process-tree.ts';
import { ensureProgram, twoProcessors } from '../machine/tools.ts';
import { freePort } from '../servers/free-port.ts';
import { startProgram } from '../servers/start-program.ts';
import { runDnsperf } from './dnsperf.ts';

export interface DnsBenchOptions {
  readonly seconds: number;
  readonly rounds: number;
  readonly say: (line: string) => void;
}

/** How queries come: plain, each with a client's subnet, or each for another name with a signature that nobody has yet. */
export type DnsMode = 'cached' | 'subnet' | 'signed';

export interface DnsRow {
  readonly mode: DnsMode;
  /** Answers a second of the server's processor time, median of the rounds. */
  readonly answersPerCpuS: number;
  /** To NSD's for plain queries in the same rounds. */
  readonly ratioToNsd: number;
  /** Part of the processors' time that went to others, the most of any round. */
  readonly disturbed: number;
}

const SITES = 1_000;
/** More than signed answers are kept. */
const MANY_SITES = 200_000;
/** 11.2.3.0/24. */
const SUBNET = ['-e', '-E', '8:000118000b0203'];
const MODES: readonly {
  readonly mode: DnsMode;
  readonly queries: 'few' | 'many';
  readonly more: readonly string[];
}[] = [
  { mode: 'cached', queries: 'few', more: [] },
  { mode: 'subnet', queries: 'few', more: SUBNET },
  { mode: 'signed', queries: 'many', more: ['-e', '-D'] },
];

interface Server {
  readonly port: number;
  readonly pid: number;
  stop(): Promise<void>;
}

/** The guards' name server beside NSD, one processor each, one after the other in each round. */
export async function benchDns({ seconds, rounds, say }: DnsBenchOptions): Promise<readonly DnsRow[]> {
  for (const [program, name] of [
    ['dnsperf', 'dnsperf'],
    ['nsd', 'nsd'],
  ] as const)
    if (!ensureProgram(program, name, say))
      throw new MediaError({
        code: 'bench/tools-missing',
        message: `The bench needs ${program}: run "apt-get install ${name}" as root.`,
        source: 'internal',
      });
  const { server, load } = twoProcessors();
  const dir = await mkdtemp(join(tmpdir(), 'media-dns-bench-'));
  const stops: (() => Promise<void>)[] = [];
  try {
    const pin = ['taskset', '-c', String(server)];
    const [ours, nsd] = [await startOurs(pin), await startNsd(dir, pin)];
    stops.push(
      () => ours.stop(),
      () => nsd.stop(),
    );
    const few = await queriesIn(dir, SITES);
    const measure = async (
      of: Server,
      queries: string,
      more: readonly string[],
    ): Promise<[number, number]> => {
      const pids = processTree(of.pid);
      const watch = watchProcessors([server, load], [...pids, process.pid]);
      const before = cpuSeconds(pids);
      const answers = await runDnsperf({ port: of.port, queries, seconds, processors: String(load), more });
      return [answers / Math.max(cpuSeconds(pids) - before, 0.01), watch.disturbed()];
    };
    const figures = new Map<DnsMode, Figures>(
      MODES.map(({ mode }) => [mode, { rates: [], ratios: [], disturbed: [] }]),
    );
    for (let round = 1; round <= rounds; round += 1) {
      const [base, baseDisturbed] = await measure(nsd, few, []);
      // Each round from another name on: what was signed in the one before is kept for an hour.
      const from = Math.floor((MANY_SITES * (round - 1)) / rounds);
      const files = { few, many: await queriesIn(dir, MANY_SITES, from) };
      for (const { mode, queries, more } of MODES) {
        const [rate, disturbed] = await measure(ours, files[queries], more);
        const of = figures.get(mode);
        of?.rates.push(rate);
        of?.ratios.push(rate / base);
        of?.disturbed.push(Math.max(disturbed, baseDisturbed));
        say(
          `round ${round}: ${mode} ${Math.round(rate / 1_000)}k, NSD ${Math.round(base / 1_000)}k answers a processor second`,
        );
      }
    }
    return MODES.map(({ mode }) => {
      const { rates = [], ratios = [], disturbed = [] } = figures.get(mode) ?? {};
      return {
        mode,
        answersPerCpuS: Math.round(spreadOf(rates)?.median ?? 0),
        ratioToNsd: Math.round((spreadOf(ratios)?.median ?? 0) * 1_000) / 1_000,
        disturbed: Math.round(Math.max(0, ...disturbed) * 100) / 100,
      };
    });
  } finally {
    await Promise.allSettled(stops.map((stop) => stop()));
    await rm(dir, { recursive: true, force: true });
  }
}

interface Figures {
  readonly rates: number[];
  readonly ratios: number[];
  readonly disturbed: number[];
}

async function startOurs(pin: readonly string[]): Promise<Server> {
  const port = await freePort();
  const file = fileURLToPath(new URL('./dns-server.ts', import.meta.url));
  const command = [process.execPath, file, String(port), String(MANY_SITES)];
  const started = await startProgram({ pin }, { name: 'the name server', command, port });
  return { port, ...started };
}

/** One server process, no limit of answers. */
async function startNsd(dir: string, pin: readonly string[]): Promise<Server> {
  const port = await freePort();
  const names = Array.from({ length: SITES }, (_, n) => `site-${n} 60 A 192.0.2.1\nsite-${n} 60 A 192.0.2.2`);
  await writeFile(
    join(dir, 'bench.zone'),
    `$ORIGIN bench.test.\n@ 60 IN SOA ns1 host 1 900 300 86400 60\n@ 60 NS ns1\nns1 60 A 127.0.0.1\n${names.join('\n')}\n`,
  );
  const file = join(dir, 'nsd.conf');
  await writeFile(
    file,
    [
      'server:',
      ` ip-address: 127.0.0.1@${port}`,
      ' server-count: 1',
      ' username: ""',
      ` zonesdir: "${dir}"`,
      ' database: ""',
      ` pidfile: "${join(dir, 'nsd.pid')}"`,
      ` xfrdfile: "${join(dir, 'xfrd.state')}"`,
      ` zonelistfile: "${join(dir, 'zone.list')}"`,
      ' rrl-ratelimit: 0',
      'remote-control:',
      ' control-enable: no',
      'zone:',
      ' name: bench.test',
      ' zonefile: bench.zone',
      '',
    ].join('\n'),
  );
  const started = await startProgram({ pin }, { name: 'NSD', command: ['nsd', '-d', '-c', file], port });
  return { port, ...started };
}

/** All sites, in turn from one of them on. */
async function queriesIn(dir: string, sites: number, from = 0): Promise<string> {
  const file = join(dir, `${sites}.queries`);
  const lines = Array.from({ length: sites }, (_, n) => `site-${(from + n) % sites}.bench.test A`);
  await writeFile(file, `${lines.join('\n')}\n`);
  return file;
}
