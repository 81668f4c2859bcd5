import { spawn } from 'node:child_process';
import { mkdtemp, rename, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { FAST_PARAMS, createDevnet } from '@media-network/devnet';
import type { Devnet } from '@media-network/devnet';
import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest';
import { cli } from './in-process.ts';
import type { CliOutcome } from './in-process.ts';
import { ROOT } from './root.ts';

// A command line is a second's work on a quiet machine, and ten where others are at theirs.
vi.setConfig({ testTimeout: 240_000 });

/** Unbonding outlasts two weeks, an hour's windows and its finality: with weeks of an hour that is 39 seconds. */
const SHORTEST = {
  ...FAST_PARAMS,
  reportSlots: 1,
  commitSlots: 2,
  verdictSlots: 3,
  finalHours: 1,
  lateHours: 1,
  hoursPerWeek: 1,
  unbondSecs: 39,
};

let devnet: Devnet;
let dir: string;

const run = (...args: readonly string[]): Promise<CliOutcome> => cli([...args, '--dir', dir]);

async function json(...args: readonly string[]): Promise<Record<string, unknown>> {
  const outcome = await run(...args, '--json');
  expect([outcome.code, outcome.stderr]).toEqual([0, expect.not.stringContaining('media:')]);
  const parsed: unknown = JSON.parse(outcome.stdout);
  return parsed as Record<string, unknown>;
}

async function refused(args: readonly string[], code: string, ...contains: readonly string[]): Promise<void> {
  const outcome = await run(...args, '--json');
  expect(outcome.code).toBeGreaterThan(0);
  const parsed: unknown = JSON.parse(outcome.stdout);
  expect(parsed).toMatchObject({ error: { code } });
  for (const each of contains) expect(outcome.stderr).toContain(each);
  expect(outcome.stderr).not.toMatch(
    /An account is not|in the state that this needs|token account holds|The stake is too small/,
  );
}

beforeAll(async () => {
  dir = await mkdtemp(join(tmpdir(), 'media-operator-'));
  devnet = await createDevnet({ dir, periods: SHORTEST, guards: 1, edges: 1 });
}, 240_000);

afterAll(async () => {
  // A test that failed half way leaves its daemon behind.
  await Promise.all(daemons.map((each) => each.stop()));
  await devnet.close();
  await rm(dir, { recursive: true, force: true });
});

/** A wallet with SOL and LP, as somebody has who joins. */
async function newcomer(name: string, lp: string): Promise<void> {
  await json('wallet', 'new', name);
  await json('wallet', 'airdrop', '2', name);
  await json('wallet', 'send', lp, 'lp', name, '--keypair', 'treasury');
}

interface Daemon {
  readonly told: Record<string, unknown>;
  stop(): Promise<number | null>;
}

const daemons: Pick<Daemon, 'stop'>[] = [];

/** A daemon of a process of its own, as an operator runs it. */
function daemon(...args: readonly string[]): Promise<Daemon> {
  const main = join(ROOT, 'apps', 'cli', 'src', 'main.ts');
  const child = spawn(process.execPath, [main, ...args, '--dir', dir, '--json'], {
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  const exit = new Promise<number | null>((resolve) => child.once('close', resolve));
  const stop = (): Promise<number | null> => {
    child.kill('SIGTERM');
    return exit;
  };
  daemons.push({ stop });
  let stdout = '';
  let stderr = '';
  child.stderr.setEncoding('utf8').on('data', (text: string) => {
    stderr += text;
  });
  return new Promise((resolve, reject) => {
    child.stdout.setEncoding('utf8').on('data', (text: string) => {
      stdout += text;
      if (!stdout.includes('\n')) return;
      const told = JSON.parse(stdout.slice(0, stdout.indexOf('\n'))) as Record<string, unknown>;
      resolve({ told, stop });
    });
    void exit.then((code) => reject(new Error(`${args.join(' ')} ended with ${code}: ${stdout}${stderr}`)));
  });
}

describe.each([
  ['edge', '5', ['--port', '0', '--control-port', '0']],
  ['guard', '100', ['--port', '0']],
] as const)('%s', (kind, lp, ports) => {
  const name = `${kind}-9`;
  const as = ['--keypair', name] as const;

  test('joins, leaves, and takes every LP back', { timeout: 240_000 }, async () => {
    await newcomer(name, lp);
    await refused([kind, 'leave', ...as], 'cli/not-registered', name);
    const running = await daemon(kind, ...as, ...ports, '--lp', lp);
    const status = (await json('status')) as { nodes: { kind: string; endpoint: string; owner: string }[] };
    const owner = (await devnet.wallets.ensure(name)).address;
    const listed = status.nodes.find((node) => node.owner === owner);
    expect(listed).toMatchObject({ kind });
    // 0 is chosen before it is registered.
    expect(listed?.endpoint).not.toMatch(/:0$/);

    await refused(
      ['stake', 'unbond', '--all', '--role', kind, ...as],
      'cli/bad-stake',
      `${lp} LP`,
      `${kind} leave`,
    );
    await refused(
      ['stake', 'unbond', '99999', '--role', kind, ...as],
      'cli/bad-stake',
      '99999 LP',
      `${lp} LP`,
    );
    // The same node twice would contradict itself.
    await refused([kind, ...as, ...ports], 'cli/already-running', 'runs already, at http', name);
    expect(await running.stop()).toBe(0);

    const left = await run(kind, 'leave', ...as);
    expect(left.code).toBe(0);
    expect(left.stdout).toContain(`media stake unbond --all --role ${kind} --dir ${dir} --keypair ${name}`);
    expect(await json(kind, 'leave', ...as)).toMatchObject({ left: true, already: true });
    const after = (await json('status')) as { nodes: { owner: string }[] };
    expect(after.nodes.map((node) => node.owner)).not.toContain(owner);

    expect(await json('stake', 'unbond', '--all', '--role', kind, ...as)).toMatchObject({ staked: '0' });
    await refused(
      ['stake', 'withdraw', '--role', kind, ...as],
      'cli/bad-stake',
      'still unbonding',
      `${lp} LP`,
    );
    await expect
      .poll(async () => (await run('stake', 'withdraw', '--role', kind, ...as)).code, {
        timeout: 90_000,
        interval: 500,
      })
      .toBe(0);
    await refused(['stake', 'withdraw', '--role', kind, ...as], 'cli/bad-stake', 'Nothing');
    const { pools } = (await json('wallet', 'balance', name)) as { pools: { lp: string }[] };
    expect(pools[0]?.lp).toBe(`${lp}000000000`);
    expect(await json('pool', 'remove', 'all', ...as)).toMatchObject({ lp: `${lp}000000000` });
    await refused(['pool', 'remove', 'all', ...as], 'cli/too-little', 'all LP', 'holds none');
    expect(await json('wallet', 'send', 'all', 'media', 'treasury', ...as)).toMatchObject({ what: 'media' });
    expect(await json('wallet', 'send', 'all', 'sol', 'treasury', ...as)).toMatchObject({ what: 'sol' });
    expect(await json('wallet', 'balance', name)).toMatchObject({ lamports: '0' });
    await refused(
      ['wallet', 'send', 'all', 'sol', 'treasury', ...as],
      'cli/too-little',
      'all SOL',
      'holds 0',
    );
  });

  test('that listens everywhere must say where it is reached', async () => {
    const flags = kind === 'edge' ? ['--host', '0.0.0.0'] : ['--host', '::'];
    await refused([kind, ...as, ...flags, ...ports], 'cli/bad-endpoint', '--endpoint');
    await refused([kind, ...as, '--endpoint', 'example.com', ...ports], 'cli/bad-endpoint', 'example.com');
  });

  test('says what its port and its region can be', async () => {
    await refused([kind, ...as, '--port', 'abc'], 'config/invalid', '--port', 'not "abc"');
    await refused([kind, ...as, '--port', '22'], 'config/invalid', 'browsers', 'not "22"');
    await refused([kind, ...as, ...ports, '--region', 'far-far-away'], 'cli/bad-choice', '"far-far-away"');
  });
});

describe('edge check', () => {
  interface Check {
    readonly ok: boolean;
    readonly wrong: number;
    readonly findings: readonly {
      readonly about: string;
      readonly state: string;
      readonly text: string;
      readonly hint: string;
    }[];
  }
  async function check(...args: readonly string[]): Promise<Check & { readonly code: number }> {
    const outcome = await run('edge', 'check', ...args, '--json');
    const found: unknown = JSON.parse(outcome.stdout);
    return { ...(found as Check), code: outcome.code };
  }
  const said = (found: Check, about: string): string =>
    found.findings
      .filter((each) => each.about === about)
      .map(({ state, text, hint }) => `${state}: ${text} ${hint}`)
      .join('\n');
  const free = ['--port', '0', '--control-port', '0'] as const;

  test(
    'says what is missing, step by step until nothing is, and then of the edge that runs',
    { timeout: 240_000 },
    async () => {
      await json('wallet', 'new', 'edge-7');
      const as = ['--keypair', 'edge-7', ...free] as const;
      const poor = await check(...as);
      expect([poor.code, poor.ok, poor.wrong]).toEqual([1, false, 2]);
      expect(said(poor, 'wallet')).toMatch(/^bad: edge-7 .*holds 0 SOL.*airdrop/);
      expect(said(poor, 'edge')).toMatch(/^bad: not registered yet.*of which the wallet has 0 Send it .* LP/);
      await json('wallet', 'airdrop', '2', 'edge-7');
      await json('wallet', 'send', '5', 'lp', 'edge-7', '--keypair', 'treasury');
      const rich = await check(...as);
      expect(rich.findings.filter(({ state }) => state === 'bad')).toEqual([]);
      expect([rich.code, rich.ok]).toEqual([0, true]);
      expect(said(rich, 'clock')).toMatch(/^good/);
      const before = (await json('status'))['nodes'];
      expect(before).toHaveLength(2);
      const running = await daemon('edge', ...as);
      const own = await check(...as);
      expect([own.code, said(own, 'ports'), said(own, 'edge'), said(own, 'stake')]).toEqual([
        0,
        expect.stringMatching(/^good: the edge runs already, as process \d+/),
        expect.stringMatching(/^good: registered as /),
        expect.stringMatching(/^good: /),
      ]);
      await running.stop();
      await run('edge', 'leave', '--keypair', 'edge-7');
    },
  );

  test('says which option, port, file, wallet, chain is wrong, and looks on', async () => {
    const taken = String(devnet.edges[0]?.port);
    const file = join(dir, 'edge.json');
    await writeFile(file, JSON.stringify({ diskBytes: 'much', ramByte: 1 }));
    const cert = join(dir, 'not-a-cert.pem');
    await writeFile(cert, 'hello');
    for (const [args, about, words] of [
      [
        ['--keypair', 'edge-1', '--port', taken, '--control-port', '0', '--data', join(dir, 'new')],
        'ports',
        /^bad: Port \d+ on 127\.0\.0\.1 is in use/,
      ],
      [
        ['--keypair', 'edge-1', '--port', '0', '--control-port', taken, '--data', '/proc/nothing'],
        'folder',
        /^bad: \/proc takes no files/,
      ],
      [['--keypair', 'edge-1', ...free, '--config', file], 'options', /^bad: .*diskBytes|disk-bytes/],
      [
        ['--keypair', 'edge-1', ...free, '--host', '0.0.0.0'],
        'options',
        /^bad: 0\.0\.0\.0 is everywhere.*--endpoint/,
      ],
      [['--keypair', 'edge-1', ...free, '--region', 'far-far-away'], 'options', /^bad: .*far-far-away/],
      [
        ['--keypair', 'edge-1', ...free, '--tls-cert', cert, '--tls-key', cert],
        'certificate',
        /^bad: .*is no certificate/,
      ],
      [['--keypair', 'nobody', ...free], 'wallet', /^bad: There is no wallet "nobody"/],
      [['--keypair', 'edge-1', ...free, '--url', 'http://127.0.0.1:9'], 'chain', /^bad: /],
    ] as const) {
      const found = await check(...args);
      expect([args, found.code, said(found, about)]).toEqual([args, 1, expect.stringMatching(words)]);
      expect(found.findings.length).toBeGreaterThan(2);
    }
  });
});

test('the reputation of an edge is shown with what it is made of, and bad input is told', async () => {
  const shown = await json('edge', 'reputation', 'edge-1', '--hours', '2');
  expect(shown).toMatchObject({ edge: devnet.edges[0]?.address, points: expect.any(Array) });
  const { stdout, code } = await run('edge', 'reputation', 'edge-1');
  expect(code).toBe(0);
  expect(stdout).toMatch(/^Edge \w+\n\d+ of 1000 at hour \d+/);
  await refused(['edge', 'reputation', 'edge-1', '--hours', '0'], 'cli/bad-number', '--hours');
  await refused(['edge', 'reputation', 'guard-1'], 'cli/no-edge');
});

test('the seal key of a guard is not made where one was expected', async () => {
  const seal = join(dir, 'guard-1', 'guard.seal');
  await refused(['guard', '--keypair', 'guard-1', '--port', '0'], 'cli/no-seal-key', seal, '--new-seal-key');
  await expect(rename(seal, `${seal}.x`)).rejects.toMatchObject({ code: 'ENOENT' });
});

describe('what is asked and what is there, in figures', () => {
  test.each([
    [
      ['wallet', 'send', '5000', 'sol', 'edge-1', '--keypair', 'publisher'],
      'cli/too-little',
      ['5000 SOL', 'publisher ('],
    ],
    [
      ['wallet', 'send', '7', 'media', 'edge-1', '--keypair', 'publisher'],
      'cli/too-little',
      ['7 MEDIA', 'holds 0 MEDIA'],
    ],
    [
      ['wallet', 'send', '7', 'lp', 'nobody', '--keypair', 'publisher'],
      'cli/no-wallet',
      ['nobody', 'edge-1', 'treasury'],
    ],
    [['wallet', 'send', '7', 'doge', 'edge-1', '--keypair', 'publisher'], 'cli/bad-token', ['doge']],
    [['wallet', 'send', '1,000', 'media', 'edge-1', '--keypair', 'treasury'], 'cli/bad-amount', ['1000']],
    [['wallet', 'balance', 'nobody'], 'cli/no-wallet', ['nobody', 'edge-1']],
    [['pool', 'swap', '7', 'media', '--keypair', 'edge-1'], 'cli/too-little', ['7 MEDIA', 'holds 0']],
    [
      ['pool', 'swap', '7', 'quote', '--keypair', 'edge-1'],
      'cli/too-little',
      ['7 of the quote token', 'holds 0'],
    ],
    [['pool', 'add', '7', '70', '--keypair', 'edge-1'], 'cli/too-little', ['MEDIA', 'holds 0']],
    [['pool', 'remove', '7', '--keypair', 'edge-1'], 'cli/too-little', ['7 LP', 'holds 0']],
    [['pool', 'remove', '1_000', '--keypair', 'treasury'], 'cli/bad-amount', ['1000']],
    [
      ['stake', 'add', '7', '--keypair', 'edge-1'],
      'cli/bad-stake',
      ['7 LP', 'pool add', 'wallet send 7 lp ', '--keypair treasury'],
    ],
    [['stake', 'add', '99999999', '--keypair', 'treasury'], 'cli/bad-stake', ['99999999 LP', '--all']],
    [['stake', 'add', '--keypair', 'treasury'], 'cli/missing-argument', ['--all']],
    [['stake', 'add', '7', '--all', '--keypair', 'treasury'], 'cli/conflicting-options', ['7']],
    [['stake', 'add', '7', '--role', 'egde'], 'cli/bad-role', ['egde', 'publisher']],
    [['stake', 'unbond', '7', '--role', 'user'], 'cli/bad-stake', ['no stake as user']],
    [['stake', 'withdraw'], 'cli/bad-stake', ['LP are at stake']],
    [['claim', '--keypair', 'nobody'], 'cli/no-wallet', ['nobody', 'treasury']],
    [['network', 'create', '--keypair', 'treasury'], 'cli/network-exists', ['Nothing was changed']],
    [['up', '--stop'], 'cli/not-running', ['No network runs']],
  ])('%j', async (args, code, contains) => {
    await refused(args, code, ...contains);
  });

  test('no wallet of the usual names: those that are there are named', async () => {
    const other = await mkdtemp(join(tmpdir(), 'media-wallets-'));
    try {
      for (const name of ['alice', 'bob']) await cli(['wallet', 'new', name, '--dir', other]);
      const { stderr } = await cli(['claim', '--dir', other]);
      for (const each of ['alice, bob', '--keypair alice']) expect(stderr).toContain(each);
      expect((await cli(['wallet', '--dir', other])).stdout).toContain('bob');
    } finally {
      await rm(other, { recursive: true });
    }
  });

  test('a wallet without SOL is told what it holds and how to get some', async () => {
    await json('wallet', 'new', 'poor');
    await json('wallet', 'send', '1', 'lp', 'poor', '--keypair', 'treasury');
    await refused(
      ['stake', 'add', '1', '--keypair', 'poor'],
      'chain/insufficient-lamports',
      'poor (',
      'holds 0 SOL',
      'airdrop',
    );
  });
});

test('what is unbonding waits anew with more of it, and is told; what has waited goes out first', async () => {
  await newcomer('saver', '3');
  const as = ['--keypair', 'saver', '--role', 'user'] as const;
  await json('stake', 'add', '3', ...as);
  expect(await json('stake', 'unbond', '1', ...as)).toMatchObject({
    unbonding: '1000000000',
    withdrawn: '0',
  });
  const { stdout } = await run('stake', 'unbond', '1', ...as);
  const since = await devnet.client.chainTime();
  expect(stdout).toMatch(/^1 LP of before could have been withdrawn from .*; all of it waits anew\.$/m);
  expect(stdout).toMatch(/^2 LP can be withdrawn from /m);
  await expect
    .poll(() => devnet.client.chainTime(), { timeout: 90_000, interval: 500 })
    .toBeGreaterThanOrEqual(since + BigInt(SHORTEST.unbondSecs));
  expect(await json('stake', 'unbond', '1', ...as)).toMatchObject({
    withdrawn: '2000000000',
    unbonding: '1000000000',
    staked: '0',
  });
  expect(await json('wallet', 'balance', 'saver')).toMatchObject({ pools: [{ lp: '2000000000' }] });
});

test('an edge counts with stake that is added to it, at once', async () => {
  const address = devnet.edges[0]?.address;
  if (address === undefined) throw new Error('the network has an edge');
  const edge = async () => {
    const found = await devnet.client.account('edge', address);
    if (found === null) throw new Error('the edge is registered');
    return found;
  };
  const before = await edge();
  await run('wallet', 'send', '5', 'lp', 'edge-1', '--keypair', 'treasury');
  const added = await run('stake', 'add', '5', '--role', 'edge', '--keypair', 'edge-1');
  expect([added.code, added.stderr]).toEqual([0, '']);
  const after = await edge();
  expect(after.worth).toBeGreaterThan(before.worth);
  expect(after).toMatchObject({ endpoint: before.endpoint, control: before.control, region: before.region });
});

test('claim shows what was paid', { timeout: 240_000 }, async () => {
  const none = await run('claim', '--keypair', 'treasury');
  expect([none.code, none.stdout]).toEqual([0, expect.stringContaining('0 MEDIA paid so far')]);
  expect(await json('claim', '--owner', 'edge-1', '--keypair', 'treasury')).toMatchObject({
    paid: expect.any(String),
  });
});
