import { readFile, writeFile } from 'node:fs/promises';
import http from 'node:http';
import { join } from 'node:path';
import { signEvidence } from '@media-network/chain';
import type { Edge } from '@media-network/edge';
import { buildCommit, concatBytes, encodeCommit, signCommit } from '@media-network/protocol';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { present, sha256, startNetwork } from './harness/network.ts';
import type { ManualNetwork } from './harness/network.ts';
import { media, scratch, spawnMedia } from './harness/processes.ts';

/** What an edge that contradicts itself has signed, and what anybody makes of it with the chain's keys alone. */
describe('evidence that stands alone', () => {
  let network: ManualNetwork;
  let edge: Edge;
  let folder: Awaited<ReturnType<typeof scratch>>;
  const chain = (): string[] => [`--url=${network.rpcUrl}`, `--program=${network.programId}`];

  beforeAll(async () => {
    folder = await scratch();
    network = await startNetwork({ edges: 1, guards: 1 });
    edge = present(network.edges[0], 'edge');
  });
  afterAll(async () => {
    await network?.close();
    await folder?.remove();
  });

  /** A guard's `/v1/commits`, with these commits of the edge's operator of this hour. */
  async function collected(totals: readonly bigint[]): Promise<{ url: string; close(): Promise<void> }> {
    const operator = await network.wallets.ensure('edge-1');
    const hour = await network.chainHour();
    const commits = await Promise.all(
      totals.map(async (bytes) => {
        const counters = [{ resource: network.resource, bytes }];
        const at = { edge: edge.address, boot: 1, hour, slot: 4, unixMs: 1n };
        const { body } = buildCommit(at, counters, sha256);
        return encodeCommit(await signCommit(body, (message) => signEvidence(operator, message)));
      }),
    );
    const server = http.createServer((request, response) => {
      const wanted = request.url?.startsWith(`/v1/commits?hour=${hour}&`) === true;
      if (wanted) response.end(concatBytes(commits));
      else response.writeHead(404).end();
    });
    await new Promise<void>((resolve) => {
      server.listen(0, '127.0.0.1', resolve);
    });
    const address = server.address();
    const port = typeof address === 'object' && address !== null ? address.port : 0;
    return {
      url: `http://127.0.0.1:${port}`,
      close: () => new Promise((resolve) => server.close(() => resolve())),
    };
  }

  test('commits that agree are shown, and are no evidence', async () => {
    const source = await collected([5n, 5n]);
    const hour = await network.chainHour();
    const out = join(folder.dir, 'none.json');
    const shown = await media(
      ['evidence', 'show', edge.address, String(hour), `--from=${source.url}`, `--out=${out}`, ...chain()],
      folder.dir,
    );
    expect(shown).toMatchObject({ evidence: null, commits: [{ slot: 4, total: '5' }] });
    await expect(readFile(out)).rejects.toMatchObject({ code: 'ENOENT' });
    await source.close();
  });

  test('two that differ make a file that the chain alone verifies; one that was touched shows nothing', async () => {
    const source = await collected([5n, 6n]);
    const hour = await network.chainHour();
    const out = join(folder.dir, 'evidence.json');
    await media(
      ['evidence', 'show', edge.address, String(hour), `--from=${source.url}`, `--out=${out}`, ...chain()],
      folder.dir,
    );
    await source.close();
    expect(await media(['evidence', 'check', out, ...chain()], folder.dir)).toMatchObject({
      valid: true,
      edge: edge.address,
      slot: 4,
      totals: ['5', '6'],
    });

    const file: unknown = JSON.parse(await readFile(out, 'utf8'));
    const [a, b] = ['a', 'b'].map((name) => String(new Map(Object.entries(Object(file))).get(name)));
    const touched = join(folder.dir, 'touched.json');
    const verdictOn = async (text: string): Promise<{ code: number | null; said: unknown }> => {
      await writeFile(touched, text);
      const { ended } = spawnMedia(['evidence', 'check', touched, '--json', ...chain()], folder.dir);
      const { code, output } = await ended;
      // What is told to people follows on standard error.
      const line = output.split('\n').find((each) => each.startsWith('{'));
      return { code, said: JSON.parse(line ?? 'null') };
    };
    const last = (b ?? '').slice(0, -2);
    const forged = JSON.stringify({ ...Object(file), b: `${last}${(b ?? '').endsWith('00') ? '01' : '00'}` });
    expect(await verdictOn(forged)).toMatchObject({
      code: 1,
      said: { valid: false, why: expect.stringContaining('not signed') },
    });
    expect(await verdictOn(JSON.stringify({ ...Object(file), b: a }))).toMatchObject({
      code: 1,
      said: { valid: false, why: expect.stringContaining('say the same') },
    });
    expect(await verdictOn('{')).toMatchObject({ said: { error: { code: 'cli/bad-evidence' } } });
    expect(await verdictOn(`"${'x'.repeat(5_000)}"`)).toMatchObject({
      said: { error: { code: 'cli/bad-evidence' } },
    });
  });

  test('an owner that has earned nothing is told so, and nothing is sent', async () => {
    const before = await network.client.claimed(network.treasury.address);
    const claimed = await media(
      [
        'claim',
        `--owner=${network.treasury.address}`,
        `--dir=${network.dir}`,
        '--keypair=edge-1',
        ...chain(),
      ],
      folder.dir,
    );
    expect(claimed).toMatchObject({ paid: '0', total: '0', weeks: [], waiting: [], unserved: [] });
    expect(await network.client.claimed(network.treasury.address)).toEqual(before);
  });
});
