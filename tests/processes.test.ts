import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { createSampleOrigin, freePorts } from '@media-network/devnet';
import type { SampleOrigin } from '@media-network/devnet';
import { createViewer } from '@media-network/viewer';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { field, media, scratch, startMedia, until } from './harness/processes.ts';
import type { Daemon } from './harness/processes.ts';

const NODES = ['guard-1', 'guard-2', 'guard-3', 'edge-1', 'edge-2'] as const;
const DOWNLOAD = '/download/50mb.bin';

/** Each machine is a folder and processes of its own; they know the chain's URL, the program's id and their own key. */
describe('a network of separate processes, by addresses and keys alone', () => {
  let folder: Awaited<ReturnType<typeof scratch>>;
  let origin: SampleOrigin;
  const daemons: Daemon[] = [];
  /** `--url … --program …`: all that a machine is told of the network. */
  let network: readonly string[] = [];
  let quoteMint = '';
  const ports = new Map<string, readonly [port: number, control: number]>();
  const edges = new Map<string, string>();
  const wallets = new Map<string, string>();
  let resource = '';
  let label = '';

  const dirOf = (machine: string): string => join(folder.dir, machine);
  const keyOf = (machine: string): string => join(dirOf(machine), 'wallets', 'default.json');
  /** A command on a machine, as its wallet. */
  const on = async (machine: string, ...args: readonly string[]): Promise<unknown> =>
    media([...args, ...network, '--keypair', keyOf(machine)], dirOf(machine));
  const start = async (
    machine: string,
    ...args: readonly string[]
  ): Promise<Readonly<Record<string, unknown>>> => {
    const daemon = startMedia([...args, '--json'], dirOf(machine));
    daemons.push(daemon);
    return daemon.ready;
  };

  beforeAll(async () => {
    folder = await scratch();
    await Promise.all(
      ['chain', 'founder', 'publisher', 'stranger', ...NODES].map(async (machine) => {
        await mkdir(dirOf(machine), { recursive: true });
        const made = await media(['wallet', 'new', '--dir', dirOf(machine)], dirOf(machine));
        wallets.set(machine, field(made, 'address'));
      }),
    );
    origin = await createSampleOrigin({ dir: dirOf('publisher') });
    const free = await freePorts(2 * NODES.length);
    for (const [index, name] of NODES.entries())
      ports.set(name, [free[2 * index] ?? 0, free[2 * index + 1] ?? 0]);
  });
  afterAll(async () => {
    await Promise.all(daemons.map((daemon) => daemon.kill()));
    await origin?.close();
    await folder?.remove();
  });

  test('a chain is started, a network founded on it, its nodes funded', async () => {
    const [rpcPort = 0] = await freePorts(1);
    const chain = await start('chain', 'chain', '--dir', dirOf('chain'), '--rpc-port', String(rpcPort));
    network = ['--url', field(chain, 'rpcUrl'), '--program', field(chain, 'programId')];
    await on('founder', 'wallet', 'airdrop', '1000');
    const founded = await on('founder', 'network', 'create', '--fast');
    quoteMint = field(founded, 'quoteMint');

    const send = (amount: string, what: string, machine: string): Promise<unknown> =>
      on('founder', 'wallet', 'send', amount, what, wallets.get(machine) ?? '', '--quote', quoteMint);
    await Promise.all(
      NODES.map(async (machine) => {
        await send('20', 'sol', machine);
        await send('700', 'lp', machine);
      }),
    );
    await send('20', 'sol', 'publisher');
    await send('20000', 'media', 'publisher');
    await send('200000', 'quote', 'publisher');
  });

  test('three guards and two edges register themselves and start', async () => {
    await Promise.all(
      NODES.map(async (machine) => {
        const [port, control] = ports.get(machine) ?? [0, 0];
        const common = [
          ...network,
          '--keypair',
          keyOf(machine),
          '--data',
          join(dirOf(machine), 'data'),
          '--port',
          String(port),
        ];
        if (machine.startsWith('guard')) {
          const said = await start(machine, 'guard', ...common);
          expect(field(said, 'guard')).not.toBe('');
        } else {
          const said = await start(
            machine,
            'edge',
            ...common,
            '--control-port',
            String(control),
            '--allow-private-origins',
          );
          edges.set(machine, field(said, 'edge'));
        }
      }),
    );
    expect(edges.size).toBe(2);
  });

  test('a publisher provides liquidity, stakes and publishes; the guards authorise', async () => {
    const liquidity = await on('publisher', 'pool', 'add', '10000', '100000', '--quote', quoteMint);
    // All of it: base units, of which LP has nine decimals.
    const lp = (Number(field(liquidity, 'lp')) / 1e9).toFixed(6);
    await on('publisher', 'stake', 'add', lp.slice(0, -1), '--role', 'publisher', '--quote', quoteMint);
    const added = await on(
      'publisher',
      'resource',
      'add',
      origin.url,
      '--probe',
      '/pictures/set.jpg',
      '--quote',
      quoteMint,
    );
    resource = field(added, 'address');
    label = field(added, 'label');
    await until('the authorisation', 30_000, async () => {
      const shown = await media(['resource', 'show', resource, ...network], dirOf('stranger'));
      return field(shown, 'status') === 'active' ? true : undefined;
    });
  });

  let servedFrom = 0;
  const hourNow = async (): Promise<number> =>
    Number(field(await media(['status', ...network], dirOf('stranger')), 'hour'));

  test('both edges serve it, a miss first and a hit next, byte for byte', async () => {
    servedFrom = await hourNow();
    const viewer = createViewer();
    for (const machine of edges.keys()) {
      const [port] = ports.get(machine) ?? [0];
      const url = (target: string): string => `http://${label}.medianet.localhost:${port}${target}`;
      await until('the edge to have the settings', 20_000, async () =>
        (await viewer.get(url('/watch.html'))).status === 200 ? true : undefined,
      );
      const miss = await viewer.get(url('/icon.svg'));
      const hit = await viewer.get(url('/icon.svg'));
      expect(miss.header('cache-status')).toContain('fwd=');
      expect(hit.header('cache-status')).toContain('hit');
      expect(hit.header('age')).toBeDefined();
      const download = await viewer.get(url(DOWNLOAD));
      expect(download.sha256).toBe(origin.files.get(DOWNLOAD)?.sha256);
    }
  });

  test('a report is judged, and a stranger with nothing but the address agrees', async () => {
    const [edge] = edges.values();
    const servedUntil = await hourNow();
    const judged = new Map<number, string>();
    // On a busy machine the download is spread over several hours of twelve seconds.
    await until('reports that are judged with the download in them', 150_000, async () => {
      for (let hour = servedFrom; hour <= servedUntil; hour += 1) {
        if (judged.has(hour)) continue;
        const audit = await media(
          ['audit', 'report', String(edge), String(hour), ...network],
          dirOf('stranger'),
        ).catch(() => undefined);
        const text = JSON.stringify(audit ?? {});
        // Where it is too busy to collect counters in time, guards say that vouched bytes count only.
        if (/"decision":"(full|vouched)"/.test(text)) judged.set(hour, text);
      }
      const bytes = [...judged.values()].map((text) => Number(/"bytes":"?(\d+)/.exec(text)?.[1] ?? 0));
      return bytes.reduce((sum, each) => sum + each, 0) > 50_000_000 ? true : undefined;
    });
    for (const text of judged.values()) expect(text).toContain('"agrees":true');
  });

  test('an edge goes over to new processes while it serves, and says where it stands', async () => {
    const [machine = ''] = edges.keys();
    const [port = 0] = ports.get(machine) ?? [];
    const viewer = createViewer();
    const answers: number[] = [];
    const browsing = { done: false };
    const browse = async (): Promise<void> => {
      do {
        const response = await viewer.get(`http://${label}.medianet.localhost:${port}/icon.svg`);
        answers.push(response.status);
      } while (!browsing.done);
    };
    const viewing = Promise.all([browse(), browse()]);
    const flags = ['--keypair', keyOf(machine), '--data', join(dirOf(machine), 'data')];
    const said = await media(['edge', 'upgrade', ...flags], dirOf(machine)).finally(() => {
      browsing.done = true;
    });
    await viewing;
    expect(Number(field(said, 'pid'))).not.toBe(Number(field(said, 'main')));
    expect(new Set(answers)).toEqual(new Set([200]));
    await expect(media(['edge', 'upgrade', '--data', folder.dir], folder.dir)).rejects.toThrow(
      'cli/no-edge-here',
    );
  });

  test('every process ends cleanly when asked', async () => {
    for (const daemon of daemons.toReversed()) expect(await daemon.stop()).toBe(0);
  });
});
