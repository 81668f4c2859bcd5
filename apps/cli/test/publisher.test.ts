import { mkdtemp, readFile, rename, rm, stat } from 'node:fs/promises';
import { createServer } from 'node:http';
import type { Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createDevnet } from '@media-network/devnet';
import type { Devnet } from '@media-network/devnet';
import { TYPE, txtRdata } from '@media-network/dns';
import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest';
import { cli } from './in-process.ts';
import type { CliOutcome } from './in-process.ts';
import { startNameServer } from './name-server.ts';

// A command line is a second's work on a quiet machine, and ten where others are at theirs.
vi.setConfig({ testTimeout: 240_000 });

let devnet: Devnet;
let dir: string;
let site: Server;
let siteUrl: string;
let label: string;

const run = (...args: readonly string[]): Promise<CliOutcome> => cli([...args, '--dir', dir]);

async function json(...args: readonly string[]): Promise<Record<string, unknown>> {
  const { stdout } = await run(...args, '--json');
  const [line, ...more] = stdout.trimEnd().split('\n');
  expect(more).toEqual([]);
  const parsed: unknown = JSON.parse(line ?? '');
  return parsed as Record<string, unknown>;
}

async function refused(args: readonly string[], code: string, ...contains: readonly string[]): Promise<void> {
  const outcome = await run(...args, '--json');
  expect(outcome.code).toBeGreaterThan(0);
  const parsed: unknown = JSON.parse(outcome.stdout);
  expect(parsed).toMatchObject({ error: { code } });
  for (const each of contains) expect(outcome.stderr).toContain(each);
  // The program's own words are for programs.
  expect(outcome.stderr).not.toMatch(/An account is not|in the state that this needs|token account holds/);
}

async function settingsVersion(): Promise<unknown> {
  return (await json('resource', 'show', '1'))['settingsVersion'];
}

beforeAll(async () => {
  dir = await mkdtemp(join(tmpdir(), 'media-publisher-'));
  site = createServer((_request, response) => response.end('mine'));
  await new Promise<void>((resolve) => site.listen(0, '127.0.0.1', resolve));
  // A listening TCP server has an AddressInfo.
  siteUrl = `http://127.0.0.1:${(site.address() as AddressInfo).port}`;
  devnet = await createDevnet({ dir, periods: 'fast', guards: 1, edges: 1, origin: siteUrl });
  label = devnet.host.split('.')[0] ?? '';
}, 240_000);

afterAll(async () => {
  await devnet.close();
  site.close();
  await rm(dir, { recursive: true, force: true });
});

describe('a resource', () => {
  test('goes by address, label, host, URL and id', async () => {
    const names = [
      devnet.resource,
      label,
      devnet.host,
      devnet.url,
      `${devnet.url}a?b`,
      '1',
      label.toUpperCase(),
    ];
    for (const name of names)
      expect(await json('resource', 'show', name)).toMatchObject({ address: devnet.resource });
    await refused(['resource', 'show', '7'], 'cli/no-resource', 'id 7', label);
    await refused(['resource', 'show', 'nosuch'], 'cli/no-resource', 'nosuch', label);
    await refused(['resource', 'show', 'aaaaaaaaaaaaaaaaaaaa'], 'cli/no-resource', label);
    await refused(['resource', 'show', devnet.programId], 'cli/no-resource', label);
  });

  test('shows its origin, its URL and where it is served', async () => {
    for (const shown of [
      await json('resource', 'show', '1'),
      ((await json('resource', 'list')) as unknown as object[])[0],
    ]) {
      expect(shown).toMatchObject({
        url: devnet.url,
        host: devnet.host,
        origin: siteUrl,
        status: 'active',
        edges: [{ endpoint: expect.stringContaining('http://127.0.0.1:') }],
      });
    }
    const { stdout } = await run('resource', 'show', '1');
    for (const each of [devnet.url, siteUrl, `Host: ${devnet.host}`]) expect(stdout).toContain(each);
    expect((await run('resource', 'list')).stdout).toContain(siteUrl);
    // Whoever has neither password nor wallet sees that it is sealed.
    expect(
      await json(
        'resource',
        'show',
        '1',
        '--keypair',
        'edge-1',
        '--password-file',
        join(dir, 'network.json'),
      ),
    ).toMatchObject({
      origin: null,
      originSealed: true,
    });
  });

  test('has names of its own, and says why one is not served', async () => {
    const update = (...args: readonly string[]): Promise<CliOutcome> =>
      run('resource', 'update', '1', ...args);
    const { stdout, code } = await update('--domain', 'My-Site.localhost.', 'bücher.example');
    expect(code).toBe(0);
    const { port } = new URL(devnet.url);
    expect(stdout).toContain(`http://my-site.localhost:${port}/`);
    // Whatever DNS would say: an edge of a network on one machine asks none.
    expect(stdout).toMatch(/xn--bcher-kva\.example, not served: this edge asks no DNS/);
    const record = `_medianet.xn--bcher-kva.example. TXT "medianet-resource=${devnet.resource}"`;
    expect(stdout).toContain(record);
    expect(await json('resource', 'show', 'my-site.localhost')).toMatchObject({
      address: devnet.resource,
      domains: [
        { name: 'my-site.localhost', served: true, why: null, record: null },
        { name: 'xn--bcher-kva.example', served: false, edges: [{ reason: 'no-resolver' }] },
      ],
    });
    const dns = await startNameServer('xn--bcher-kva.example');
    try {
      const domain = (...args: readonly string[]): Promise<CliOutcome> =>
        run('resource', 'domain', '1', ...args, '--resolver', dns.address);
      const lacking = await domain();
      expect(lacking.code).toBe(1);
      expect(lacking.stdout).toContain('my-site.localhost: served by every edge');
      expect(lacking.stdout).toContain(
        `_medianet.xn--bcher-kva.example.  TXT  "medianet-resource=${devnet.resource}"  put into DNS`,
      );
      expect(lacking.stdout).toContain(`xn--bcher-kva.example.  ALIAS  ${devnet.host}.  put into DNS`);
      dns.put('_medianet', TYPE.TXT, txtRdata(`medianet-resource=${devnet.resource}`));
      expect((await domain('bücher.example')).stdout).toMatch(/TXT {2}".*" {2}there/);
    } finally {
      await dns.close();
    }
    expect((await run('resource', 'domain', '1', 'my-site.localhost')).code).toBe(0);
    await refused(['resource', 'domain', '1', 'other.example'], 'cli/bad-domain', 'other.example');
    await refused(['resource', 'domain', '1', '--resolver', 'dns.example'], 'cli/bad-choice', 'dns.example');
    const { stdout: looked } = await run('doctor');
    expect(looked).toContain('my-site.localhost leads to resource');
    expect(looked).toContain(record);
    expect((await update('--remove-domain', 'xn--bcher-kva.example')).code).toBe(0);
    const { domains } = await json('resource', 'show', '1');
    expect(domains).toMatchObject([{ name: 'my-site.localhost' }]);
  });

  test('has no name that is none, or not its own to have', async () => {
    const before = await settingsVersion();
    const names = {
      '*.example': 'wildcard',
      'shop.example:80': 'port',
      'http://shop.example': 'scheme',
      '127.0.0.1': 'address',
      '[::1]': 'address',
      example: 'one part',
      'sh_op.example': 'sh_op',
      'x.medianet.localhost': 'zone',
      [devnet.host]: 'zone',
      '': 'is no name',
    };
    for (const [name, why] of Object.entries(names))
      await refused(['resource', 'update', '1', '--domain', name], 'cli/bad-domain', why);
    await refused(
      ['resource', 'update', '1', '--remove-domain', 'shop.example'],
      'cli/bad-domain',
      'my-site',
    );
    await refused(
      ['resource', 'update', '1', '--domain', 'a.example', '--remove-domain', 'a.example'],
      'cli/bad-domain',
    );
    const many = Array.from({ length: 33 }, (_, i) => `s${i}.example`);
    await refused(['resource', 'update', '1', '--domain', ...many], 'cli/bad-domain', '32');
    await refused(['resource', 'show', 'nobody.example'], 'cli/no-resource', 'nobody.example');
    expect(await settingsVersion()).toBe(before);
  });

  test('that exists is not added again', async () => {
    const before = await devnet.client.account('resource', devnet.resource);
    await refused(['resource', 'add', siteUrl, '--id', '1'], 'cli/bad-resource', 'resource update', label);
    expect(await devnet.client.account('resource', devnet.resource)).toEqual(before);
  });

  test('of another publisher is not touched, and both are named', async () => {
    for (const args of [
      ['update', '1', '--pause'],
      ['update', '1', '--origin', siteUrl],
      ['remove', '1'],
    ])
      await refused(
        ['resource', ...args, '--keypair', 'edge-1'],
        'cli/not-publisher',
        'publisher (',
        'edge-1 (',
      );
  });

  test('is paused and resumed once, and not both at once', async () => {
    await refused(['resource', 'update', '1', '--pause', '--resume'], 'cli/conflicting-options');
    await refused(['resource', 'update', '1', '--resume'], 'cli/bad-resource', 'not paused');
    expect((await run('resource', 'update', '1', '--pause')).code).toBe(0);
    await refused(['resource', 'update', '1', '--pause'], 'cli/bad-resource', 'paused already', '--resume');
    expect(await json('resource', 'show', '1')).toMatchObject({ why: expect.stringContaining('paused') });
    // Edges hear of it in their own time.
    await expect
      .poll(() => json('resource', 'show', '1'), { timeout: 90_000 })
      .toMatchObject({ served: false, why: 'not served: its publisher has paused it' });
    expect((await run('resource', 'update', '1', '--resume')).code).toBe(0);
    await expect
      .poll(async () => (await json('resource', 'show', '1'))['status'], { timeout: 90_000 })
      .toBe('active');
  });

  test('keeps its LP while it is needed, and figures say why', async () => {
    await refused(['resource', 'update', '1', '--lp', '501'], 'cli/bad-resource', '501 LP', 'the most');
    await refused(['resource', 'update', '1', '--lp', '1'], 'cli/bad-resource', '1 LP aside instead of');
    await refused(['resource', 'update', '1', '--lp', '1,000'], 'cli/bad-amount', '1000');
    await refused(['resource', 'update', '1'], 'cli/bad-resource', 'Nothing to change');
    await refused(['resource', 'remove', '1', '--release'], 'cli/bad-resource', 'active');
    await refused(['resource', 'add', siteUrl], 'cli/bad-resource', ' are free', 'stake add');
    await refused(['stake', 'unbond', '--all'], 'cli/bad-stake', 'set aside', 'resource remove');
  });

  test('takes no settings that an edge would refuse to follow', async () => {
    const update = ['resource', 'update', '1'];
    await refused([...update, '--header', 'Host: x'], 'edge/bad-settings', 'Host');
    await refused([...update, '--header', 'no colon'], 'cli/bad-resource', 'no colon');
    await refused([...update, '--origin-host', 'a b'], 'edge/bad-settings', 'originHost');
    await refused([...update, '--probe', 'relative'], 'cli/bad-resource', 'relative');
    await refused([...update, '--origin', 'ftp://x'], 'cli/bad-resource', 'ftp://x');
    await refused([...update, '--origin-links', 'drop'], 'cli/bad-choice', 'keep');
    expect((await run(...update, '--origin-links', 'keep')).code).toBe(0);
    expect((await run(...update, '--origin-links', 'rewrite')).code).toBe(0);
  });

  test('with a dead origin says so when it changes, and where it shows', { timeout: 240_000 }, async () => {
    const dead = 'http://127.0.0.1:1';
    const changed = await run('resource', 'update', '1', '--origin', dead);
    expect(changed.code).toBe(0);
    expect(changed.stderr).toContain('does not answer this machine');
    expect((await run('resource', 'update', '1', '--pause')).code).toBe(0);
    expect((await run('resource', 'update', '1', '--resume')).code).toBe(0);
    await expect
      .poll(async () => (await json('resource', 'show', '1'))['why'], { timeout: 90_000 })
      .toMatch(/its origin does not answer: .*guards say so, since 20\d\d/);
    expect((await run('resource', 'list')).stdout).toContain('its origin does not answer');
    expect((await run('resource', 'update', '1', '--origin', siteUrl)).stderr).not.toContain('Warning');
    await expect
      .poll(async () => (await json('resource', 'show', '1'))['status'], { timeout: 90_000 })
      .toBe('active');
  });
});

describe('the password of the settings', () => {
  test(
    'is never made where one was expected, and the wallet alone makes another',
    { timeout: 240_000 },
    async () => {
      const file = join(dir, 'keys', 'publisher.password');
      const aside = join(dir, 'aside');
      await rename(file, aside);
      // The wallet reads through a guard; to seal again it needs the password.
      expect(await json('resource', 'show', '1')).toMatchObject({ origin: siteUrl });
      await refused(['resource', 'update', '1', '--header', 'X-A: b'], 'cli/bad-resource', '--new-password');
      await expect(stat(file)).rejects.toMatchObject({ code: 'ENOENT' });

      const renewed = await run('resource', 'update', '1', '--new-password');
      expect(renewed.code).toBe(0);
      const own = join(dir, 'keys', `${label}.password`);
      expect(renewed.stderr).toContain(own);
      expect((await stat(own)).mode & 0o777).toBe(0o600);
      expect(await json('resource', 'show', '1')).toMatchObject({
        origin: siteUrl,
        settingsVersion: expect.any(Number),
      });
      expect((await run('resource', 'update', '1', '--header', 'X-A: b')).code).toBe(0);
      // The old one opens nothing any more.
      const { stdout } = await run(
        'resource',
        'show',
        '1',
        '--keypair',
        'edge-1',
        '--password-file',
        aside,
        '--json',
      );
      expect(JSON.parse(stdout)).toMatchObject({ originSealed: true });
      await rename(aside, file);
    },
  );

  test('that is wrong is named with its file and the way out', async () => {
    const wrong = join(dir, 'network.json');
    await refused(
      ['resource', 'update', '1', '--probe', '/x', '--password-file', wrong, '--keypair', 'publisher'],
      'cli/bad-resource',
      '--new-password',
    );
    expect(await readFile(wrong, 'utf8')).toContain('rpcUrl');
  });
});
