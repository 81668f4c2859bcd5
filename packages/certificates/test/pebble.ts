import { spawn } from 'node:child_process';
import type { ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { request } from 'node:https';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { systemClock } from '@media-network/runtime';
import { openLocalAuthority } from '../src/local-authority.ts';

/** A real ACME server (Let's Encrypt's pebble, as Debian packages it), and the DNS that it asks. */
export interface Pebble {
  /** URL of its directory. */
  readonly directory: string;
  /** PEM file with the root of its own certificate, not of those that it issues. */
  readonly caFile: string;
  /** PEM of the root that what it issues is under; another one after each start. */
  root(): Promise<string>;
  /** Where a name leads; 127.0.0.1 unless it was said. */
  pointTo(name: string, address: string): Promise<void>;
  /** Management of the DNS: `set-txt`, `clear-txt`, … */
  dns(what: string, body: object): Promise<void>;
  /** The DNS itself, as `--resolver` takes it. */
  readonly resolver: string;
  /** URL of its management. */
  readonly dnsUrl: string;
  start(options: PebbleOptions): Promise<void>;
  /** As a crash ends it. */
  stop(): Promise<void>;
  close(): Promise<void>;
}

export interface PebbleOptions {
  /** Where it looks for proofs: HTTP-01, and TLS-ALPN-01. */
  readonly httpPort: number;
  readonly tlsPort: number;
  /** The DNS that it asks instead of its own. */
  readonly dnsServer?: string;
  /** `PEBBLE_…` as its README says; it neither sleeps nor refuses good nonces unless it is told to. */
  readonly env?: Readonly<Record<string, string>>;
  readonly certificateSeconds?: number;
  /** Names that it certifies never. */
  readonly blocked?: readonly string[];
  readonly bindings?: Readonly<Record<string, string>>;
}

const WITHIN_MS = 15_000;

/** A port that nobody else gets until it is let go; whoever comes there meanwhile is sent away. */
interface Held {
  readonly port: number;
  letGo(): Promise<void>;
}

async function holdPort(): Promise<Held> {
  const server = createServer((socket) => socket.destroy()).listen(0, '127.0.0.1');
  await once(server, 'listening');
  const at = server.address();
  return {
    port: at !== null && typeof at === 'object' ? at.port : 0,
    async letGo() {
      if (!server.listening) return;
      server.close();
      await once(server, 'close');
    },
  };
}

/** `MEDIA_PEBBLE` names another program than the one on the PATH. */
const PROGRAM = process.env['MEDIA_PEBBLE'] ?? 'pebble';

/** A port that was free a moment ago may be somebody else's by then: another time, with others. */
const ATTEMPTS = 3;

export async function openPebble(): Promise<Pebble> {
  for (let attempt = 1; ; attempt += 1) {
    try {
      return await openOnce();
    } catch (error) {
      if (attempt === ATTEMPTS || !String(error).includes('ECONNREFUSED')) throw error;
    }
  }
}

async function openOnce(): Promise<Pebble> {
  const dir = await mkdtemp(join(tmpdir(), 'media-pebble-'));
  const held = await Promise.all([holdPort(), holdPort(), holdPort(), holdPort()]);
  const [acme, management, dnsPort, dnsManagement] = held.map(({ port }) => port) as [
    number,
    number,
    number,
    number,
  ];
  // Its own two are kept until it starts: a whole network may take its ports before that.
  const kept = held.slice(0, 2);
  await Promise.all(held.slice(2).map((each) => each.letGo()));
  const authority = await openLocalAuthority(join(dir, 'authority'), systemClock);
  const own = authority.issue(['localhost', '127.0.0.1']);
  await writeFile(join(dir, 'cert.pem'), own.cert);
  await writeFile(join(dir, 'key.pem'), own.key);
  const dnsUrl = `http://127.0.0.1:${dnsManagement}`;
  const dns = spawn(
    'pebble-challtestsrv',
    [
      '-defaultIPv4',
      '127.0.0.1',
      '-defaultIPv6',
      '',
      '-dns01',
      `127.0.0.1:${dnsPort}`,
      '-management',
      `127.0.0.1:${dnsManagement}`,
      '-http01',
      '',
      '-https01',
      '',
      '-tlsalpn01',
      '',
    ],
    { stdio: 'ignore' },
  );
  await spawned(dns, 'pebble-challtestsrv');
  let server: ChildProcess | undefined;

  async function manage(what: string, body: object): Promise<void> {
    const answer = await fetch(`${dnsUrl}/${what}`, { method: 'POST', body: JSON.stringify(body) });
    if (!answer.ok) throw new Error(`pebble-challtestsrv answers ${what} with ${answer.status}`);
  }

  const pebble: Pebble = {
    directory: `https://127.0.0.1:${acme}/dir`,
    caFile: authority.rootFile,
    dnsUrl,
    resolver: `127.0.0.1:${dnsPort}`,
    root: () => text(`https://127.0.0.1:${management}/roots/0`, authority.root),
    pointTo: (name, address) => manage('add-a', { host: name, addresses: [address] }),
    dns: manage,
    async start({
      httpPort,
      tlsPort,
      dnsServer = `127.0.0.1:${dnsPort}`,
      env = {},
      certificateSeconds,
      blocked,
      bindings,
    }) {
      const config = {
        pebble: {
          listenAddress: `127.0.0.1:${acme}`,
          managementListenAddress: `127.0.0.1:${management}`,
          certificate: join(dir, 'cert.pem'),
          privateKey: join(dir, 'key.pem'),
          httpPort,
          tlsPort,
          ocspResponderURL: '',
          externalAccountBindingRequired: bindings !== undefined,
          ...(bindings === undefined ? {} : { externalAccountMACKeys: bindings }),
          ...(certificateSeconds === undefined ? {} : { certificateValidityPeriod: certificateSeconds }),
          ...(blocked === undefined ? {} : { domainBlocklist: blocked }),
        },
      };
      const file = join(dir, 'pebble.json');
      await writeFile(file, JSON.stringify(config));
      await Promise.all(kept.map((each) => each.letGo()));
      server = spawn(PROGRAM, ['-config', file, '-dnsserver', dnsServer, '-strict'], {
        stdio: 'ignore',
        env: {
          ...process.env,
          PEBBLE_VA_NOSLEEP: '1',
          PEBBLE_WFE_NONCEREJECT: '0',
          PEBBLE_AUTHZREUSE: '0',
          ...env,
        },
      });
      await spawned(server, PROGRAM);
      await answers(() => text(pebble.directory, authority.root));
    },
    async stop() {
      const ended = server;
      server = undefined;
      if (ended === undefined || ended.exitCode !== null) return;
      ended.kill('SIGKILL');
      await once(ended, 'exit');
    },
    async close() {
      await pebble.stop();
      await Promise.all(kept.map((each) => each.letGo()));
      if (dns.exitCode === null) {
        dns.kill('SIGKILL');
        await once(dns, 'exit');
      }
      await rm(dir, { recursive: true, force: true });
    },
  };
  try {
    await answers(() => manage('set-default-ipv4', { ip: '127.0.0.1' }));
  } catch (error) {
    // Nobody gets to close it.
    await pebble.close();
    throw error;
  }
  return pebble;
}

async function spawned(child: ChildProcess, what: string): Promise<void> {
  const failed = once(child, 'error').then(([error]: unknown[]) => {
    throw new Error(`${what} does not start: "apt-get install pebble" has it`, { cause: error });
  });
  await Promise.race([once(child, 'spawn'), failed]);
  failed.catch(() => undefined);
}

/** Once there is an answer; what listens is not told by any signal of theirs. */
async function answers(ask: () => Promise<unknown>): Promise<void> {
  const until = Date.now() + WITHIN_MS;
  for (;;) {
    try {
      await ask();
      return;
    } catch (error) {
      if (Date.now() > until) throw error;
      await new Promise((resolve) => setTimeout(resolve, 50));
    }
  }
}

function text(url: string, ca: string): Promise<string> {
  return new Promise((resolve, reject) => {
    const asked = request(url, { ca }, (response) => {
      const parts: Buffer[] = [];
      response.on('data', (part: Buffer) => parts.push(part));
      response.on('end', () => resolve(Buffer.concat(parts).toString('utf8')));
    });
    asked.on('error', reject);
    asked.end();
  });
}
