import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { createServer } from 'node:http';
import type { Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createDevnet } from '@media-network/devnet';
import type { Devnet } from '@media-network/devnet';
import { afterAll, beforeAll, expect, test, vi } from 'vitest';
import { cli } from './in-process.ts';

vi.setConfig({ testTimeout: 240_000 });

let devnet: Devnet;
let dir: string;
let site: Server;
const asked = new Map<string, number>();

const PLAYLIST = '#EXTM3U\n#EXT-X-TARGETDURATION:4\n#EXTINF:4,\n0.ts\n#EXTINF:4,\n1.ts\n#EXT-X-ENDLIST\n';

interface Said {
  readonly warm: boolean;
  readonly objects: number;
  readonly others: number;
  readonly edges: readonly { readonly fetched: number; readonly there: number; readonly notKept: number }[];
  readonly problems: readonly { readonly url: string; readonly why: string }[];
}

async function warm(...args: readonly string[]): Promise<Said & { readonly code: number }> {
  const { code, stdout } = await cli(['resource', 'warm', ...args, '--json', '--dir', dir]);
  // What the command prints, looked at field by field.
  return { ...(JSON.parse(stdout) as Said), code };
}

beforeAll(async () => {
  dir = await mkdtemp(join(tmpdir(), 'media-warm-'));
  site = createServer((request, response) => {
    const url = request.url ?? '/';
    asked.set(url, (asked.get(url) ?? 0) + 1);
    response.setHeader('Cache-Control', url === '/private' ? 'no-store' : 'max-age=3600');
    if (url === '/missing') response.statusCode = 404;
    if (url === '/sitemap.xml')
      response.end(
        `<urlset xmlns="http://www.sitemaps.org/schemas/sitemap/0.9"><url><loc>http://${devnet.host}/from-sitemap</loc></url><url><loc>http://other.example/</loc></url></urlset>`,
      );
    else response.end(url.endsWith('.m3u8') ? PLAYLIST : url);
  });
  await new Promise<void>((resolve) => site.listen(0, '127.0.0.1', resolve));
  // A listening TCP server has an AddressInfo.
  const origin = `http://127.0.0.1:${(site.address() as AddressInfo).port}`;
  devnet = await createDevnet({ dir, periods: 'fast', guards: 1, edges: 2, origin });
}, 240_000);

afterAll(async () => {
  await devnet.close();
  site.close();
  await rm(dir, { recursive: true, force: true });
});

test('fetches pages and a playlist with its segments into each edge, once', async () => {
  const first = await warm('1', '/a', '/v/index.m3u8');
  expect(first).toMatchObject({ code: 0, warm: true, objects: 4, problems: [] });
  expect(first.edges.map(({ fetched, there }) => fetched + there)).toEqual([4, 4]);
  expect([asked.get('/a'), asked.get('/v/0.ts'), asked.get('/v/1.ts')]).toEqual([2, 2, 2]);
  const again = await warm('1', '/a', '/v/index.m3u8');
  expect(again.edges.map(({ fetched, there }) => [fetched, there])).toEqual([
    [0, 4],
    [0, 4],
  ]);
  expect(asked.get('/v/0.ts')).toBe(2);
});

test('takes a file and a sitemap, and leaves other sites out', async () => {
  const file = join(dir, 'urls.txt');
  await writeFile(file, `# comment\n/from-file\nhttp://${devnet.host}/b\n\n`);
  const said = await warm('1', '--file', file, '--sitemap', '/sitemap.xml');
  expect(said).toMatchObject({ code: 0, objects: 3, others: 1 });
  expect([asked.get('/from-file'), asked.get('/b'), asked.get('/from-sitemap')]).toEqual([2, 2, 2]);
});

test('says what is not kept and what failed, and ends with 1', async () => {
  const said = await warm('1', '/private', '/missing');
  expect(said).toMatchObject({ code: 1, warm: false });
  expect(said.edges.map(({ notKept }) => notKept)).toEqual([1, 1]);
  const why = new Map(said.problems.map((each) => [new URL(each.url).pathname, each.why]));
  expect(why.get('/private')).toContain('no-store');
  expect(why.get('/missing')).toBe('404');
});

test.each([
  [['1'], 'cli/bad-warm'],
  [['/a'], 'cli/bad-warm'],
  [['1', '/a', '--parallel', '0'], 'cli/bad-warm'],
  [['1', '/a', '--region', 'nowhere'], 'cli/no-edge'],
  [['1', '/no.m3u8', '--file', '/nowhere'], 'cli/no-file'],
  [['1', '--sitemap', '/a'], 'cli/bad-document'],
] as const)('refuses %j', async (args, code) => {
  const outcome = await cli(['resource', 'warm', ...args, '--json', '--dir', dir]);
  expect(outcome.code).toBeGreaterThan(0);
  expect(JSON.parse(outcome.stdout)).toMatchObject({ error: { code } });
});
