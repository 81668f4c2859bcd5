import { execFile } from 'node:child_process';
import { connect } from 'node:tls';
import { promisify } from 'node:util';
import { openPebble } from '@media-network/certificates/testing';
import type { Pebble } from '@media-network/certificates/testing';
import { createDevnet } from '@media-network/devnet';
import type { Devnet } from '@media-network/devnet';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { present } from './harness/network.ts';
import { until } from './harness/processes.ts';

const run = promisify(execFile);
const ZONE = 'net.example';
let pebble: Pebble;
let devnet: Devnet;

beforeAll(async () => {
  pebble = await openPebble();
  devnet = await createDevnet({
    dns: true,
    edges: 2,
    guardFlags: () => ({ zone: ZONE }),
    edgeFlags: () => ({
      zone: ZONE,
      httpsPort: 0,
      acme: pebble.directory,
      acmeCa: pebble.caFile,
      acmeChallenges: 'dns-01',
      acmeDnsHook: 'guards',
    }),
  });
  const { host, port } = present(devnet.guards[1]?.dns, 'name server');
  // The CA knows nobody but a guard's name server, and looks nowhere else for proofs.
  await pebble.start({ httpPort: 1, tlsPort: 1, dnsServer: `${host}:${port}` });
});
afterAll(async () => {
  await devnet?.close();
  await pebble?.close();
});

/** What a browser that trusts this root alone gets; undefined without a certificate. */
function visit(port: number, servername: string, ca: string): Promise<string | undefined> {
  return new Promise((resolve) => {
    const socket = connect({ port, host: '127.0.0.1', servername, ca }, () => {
      resolve(socket.getPeerX509Certificate()?.subjectAltName);
      socket.destroy();
    });
    socket.on('error', () => resolve(undefined));
  });
}

test("edges prove the zone's names to a CA by records that the guards publish", async () => {
  const site = `${devnet.host.split('.')[0]}.${ZONE}`;
  for (const edge of devnet.edges) {
    const named = await until('a certificate by DNS-01', 240_000, async () =>
      visit(edge.httpsPort ?? 0, site, await pebble.root()),
    );
    // For the site alone: a certificate for all of the zone is no edge's.
    expect(named).toBe(`DNS:${site}`);
  }
  for (const guard of devnet.guards) {
    const { host, port } = present(guard.dns, 'name server');
    const at = [`@${host}`, '-p', String(port), '+short'];
    await until('the record is taken back', 120_000, async () => {
      const { stdout } = await run('dig', [...at, `_acme-challenge.${site}`, 'TXT']);
      return stdout === '' ? true : undefined;
    });
  }
});
