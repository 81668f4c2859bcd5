import { createHash } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { createResourcePlan, sendPlan, settingsPlan } from '@media-network/chain';
import type { Found, Signer } from '@media-network/chain';
import { NODE_STATUS, RESOURCE_STATUS, ROLE } from '@media-network/chain/schema';
import { ensureSecretFile, scrypt } from '@media-network/devnet';
import {
  decryptSettings,
  encryptSettings,
  isOrigin,
  isTarget,
  resourceLabel,
  settingsKeyByPassword,
} from '@media-network/protocol';
import type { Settings } from '@media-network/protocol';
import { MediaError } from '@media-network/runtime';
import type { Command } from 'commander';
import { formatBytes, formatMedia, formatUnits, parseAmount } from '../amounts.ts';
import { examples } from '../command.ts';
import type { CliContext, RegisterCommand } from '../command.ts';
import {
  chainOptions,
  connect,
  keypairOption,
  mintDecimals,
  networkDir,
  parseAddressArg,
} from '../connection.ts';
import type { ChainOptions, Connection } from '../connection.ts';
import { nameIn } from '../roles.ts';
import { table } from '../terminal/table.ts';

interface SettingsOptions {
  readonly originHost?: string;
  readonly header?: string[];
  readonly probe?: string[];
  readonly passwordFile?: string;
}

interface AddOptions extends ChainOptions, SettingsOptions {
  readonly quote?: string;
  readonly id?: string;
  readonly lp?: string;
  readonly bound: string;
}

interface UpdateOptions extends ChainOptions, SettingsOptions {
  readonly origin?: string;
  readonly lp?: string;
  readonly bound?: string;
  readonly pause?: true;
  readonly resume?: true;
}

type Resource = Found<'resource'>;

const sha256 = (bytes: Uint8Array): Uint8Array => createHash('sha256').update(bytes).digest();
const label = (resource: Resource): string => resourceLabel(resource.address, sha256);

function bad(message: string): MediaError {
  return new MediaError({ code: 'cli/bad-resource', message, source: 'client' });
}

/** The base URL of an origin, without a path. */
export function parseOrigin(text: string): string {
  const url = URL.parse(text);
  if (url !== null && isOrigin(text)) return url.origin;
  throw bad(
    `"${text}" is not the address of an origin: write it as http://host:port or https://host, with no path.`,
  );
}

function parseHeaders(lines: readonly string[]): (readonly [string, string])[] {
  return lines.map((line) => {
    const [, name, value] = /^([!#$%&'*+.^_`|~0-9A-Za-z-]+):\s*(.*)$/.exec(line) ?? [];
    if (name === undefined || value === undefined)
      throw bad(`"${line}" is not a header: write it as "Name: value".`);
    return [name, value];
  });
}

/** The settings with what the options replace replaced. */
function withOptions(before: Settings, options: SettingsOptions): Settings {
  const wrong = options.probe?.find((target) => !isTarget(target));
  if (wrong !== undefined)
    throw bad(`"${wrong}" is not a target that guards could fetch: it must begin with /.`);
  return {
    ...before,
    ...(options.originHost === undefined ? {} : { originHost: options.originHost }),
    ...(options.header === undefined ? {} : { originHeaders: parseHeaders(options.header) }),
    ...(options.probe === undefined ? {} : { probe: options.probe }),
  };
}

/** What opens the settings beside the guards' keys: a file, MEDIA_PASSWORD, or a random one kept below --dir. */
async function password(options: ChainOptions & SettingsOptions, context: CliContext): Promise<Uint8Array> {
  if (options.passwordFile !== undefined) {
    const text = (await readFile(resolve(context.cwd, options.passwordFile), 'utf8')).trimEnd();
    if (text === '') throw bad(`${options.passwordFile} is empty: put the password of the settings in it.`);
    return new TextEncoder().encode(text);
  }
  const given = context.env['MEDIA_PASSWORD'];
  if (given !== undefined && given !== '') return new TextEncoder().encode(given);
  return ensureSecretFile(join(networkDir(options, context), 'keys', 'publisher.password'), 16);
}

async function activeGuards(connection: Connection): Promise<readonly Found<'guard'>[]> {
  const guards = (await connection.client.guards()).filter((guard) => guard.status === NODE_STATUS.active);
  if (guards.length > 0) return guards;
  throw bad(
    'This network has no guards yet that could read the settings: register one with "media guard" first.',
  );
}

async function add(origin: string, options: AddOptions, context: CliContext): Promise<void> {
  const connection = await connect(options, context);
  const { client } = connection;
  const settings = withOptions(
    { v: 1, origin: parseOrigin(origin), originHost: null, originHeaders: [], probe: ['/'], domains: [] },
    options,
  );
  const pool = await connection.pool(options.quote);
  const publisher = await connection.wallet();
  const stake = await client.stake(publisher.address, pool.address, ROLE.publisher);
  const free = (stake?.lp ?? 0n) - (stake?.allocated ?? 0n);
  const decimals = await mintDecimals(client, pool.lpMint);
  const lp = options.lp === undefined ? free : parseAmount(options.lp, decimals, 'The amount of LP');
  if (lp === 0n || lp > free) {
    throw bad(
      `The stake of ${publisher.address} has ${formatUnits(free, decimals)} LP free${lp > free ? `, not ${formatUnits(lp, decimals)}` : ''}: add some with "media stake add".`,
    );
  }
  const id = options.id === undefined ? await nextId(connection, publisher) : BigInt(options.id);
  const address = await client.addresses.resource(publisher.address, id);
  const found = await client.account('resource', address);
  const version = (found?.settingsVersion ?? 0) + 1;
  const guards = await activeGuards(connection);
  const blob = await encryptSettings(
    settings,
    { resource: address, version },
    { guards, password: await password(options, context), scrypt },
  );
  const plan = await createResourcePlan(client, {
    publisher,
    pool: pool.address,
    id,
    lp,
    unattestedBound: BigInt(options.bound),
    settings: blob,
  });
  await sendPlan(client, plan.steps, {
    payer: publisher,
    onStep: (step, index, count) => context.terminal.progress(`${index + 1}/${count} ${step} ...`),
  });
  const resource = await find(connection, address);
  if (options.json === true) context.terminal.json(describe(resource));
  else {
    context.terminal.line(
      `${address}\nHost ${label(resource)}.<zone of the edges>; the guards authorise it now: "media resource show ${address}".`,
    );
  }
}

async function nextId(connection: Connection, publisher: Signer): Promise<bigint> {
  const mine = await connection.client.resources({ publisher: publisher.address });
  return mine.reduce((top, each) => (each.id > top ? each.id : top), 0n) + 1n;
}

/** By address, label, host or URL. */
async function find(connection: Connection, which: string): Promise<Resource> {
  const host = URL.parse(which)?.hostname ?? which;
  const name = host.toLowerCase().split('.')[0] ?? '';
  if (/^[a-z2-7]{20}$/.test(name)) {
    const found = (await connection.client.resources()).find((each) => label(each) === name);
    if (found !== undefined) return found;
    throw bad(
      `No resource on this chain has the label ${name}: "media resource list --all" shows what there is.`,
    );
  }
  const found = await connection.client.account('resource', parseAddressArg(which, 'The resource'));
  if (found !== null) return found;
  throw bad(`There is no resource at ${which}: "media resource list --all" shows what there is.`);
}

async function update(which: string, options: UpdateOptions, context: CliContext): Promise<void> {
  const connection = await connect(options, context);
  const { client } = connection;
  const publisher = await connection.wallet();
  const resource = await find(connection, which);
  const to = { publisher, resource: resource.address };
  let changed = false;
  if (options.lp !== undefined || options.bound !== undefined) {
    const pool = await client.account('pool', resource.pool);
    const decimals = pool === null ? 0 : await mintDecimals(client, pool.lpMint);
    const update = await client.instructions.updateResource({
      ...to,
      pool: resource.pool,
      lp: options.lp === undefined ? resource.lp : parseAmount(options.lp, decimals, 'The amount of LP'),
      unattestedBound: options.bound === undefined ? resource.unattestedBound : BigInt(options.bound),
    });
    await client.send([update], { payer: publisher });
    changed = true;
  }
  const settingsChange = [options.origin, options.originHost, options.header, options.probe].some(
    (each) => each !== undefined,
  );
  if (settingsChange) {
    const secret = await password(options, context);
    const before = await openSettings(connection, resource, secret);
    const after = withOptions(
      options.origin === undefined ? before : { ...before, origin: parseOrigin(options.origin) },
      options,
    );
    const subject = { resource: resource.address, version: resource.settingsVersion + 1 };
    const settings = await encryptSettings(after, subject, {
      guards: await activeGuards(connection),
      password: secret,
      scrypt,
    });
    const steps = await settingsPlan(client, { ...to, settings });
    await sendPlan(client, steps, {
      payer: publisher,
      onStep: (step) => context.terminal.progress(`${step} ...`),
    });
    changed = true;
  }
  if (options.pause === true || options.resume === true) {
    const pause = await client.instructions.pauseResource({ ...to, paused: options.pause === true ? 1 : 0 });
    await client.send([pause], { payer: publisher });
    changed = true;
  }
  if (!changed)
    throw bad(
      'Nothing to change: say what with --origin, --header, --probe, --lp, --bound, --pause or --resume.',
    );
  await print(await find(connection, resource.address), connection, options, context);
}

async function openSettings(
  connection: Connection,
  resource: Resource,
  secret: Uint8Array,
): Promise<Settings> {
  const account = await connection.client.account('settings', resource.settings);
  const blob = account?.tail.subarray(0, account.length);
  const key = blob === undefined ? undefined : await settingsKeyByPassword(blob, secret, scrypt);
  const subject = { resource: resource.address, version: resource.settingsVersion };
  const settings =
    blob === undefined || key === undefined ? undefined : await decryptSettings(blob, subject, key);
  if (settings !== undefined) return settings;
  throw bad(
    'The password does not open the settings: name the right one with --password-file or MEDIA_PASSWORD.',
  );
}

function describe(resource: Resource): object {
  const {
    address,
    publisher,
    id,
    quotaKbps,
    p95Kbps,
    lp,
    due,
    debt,
    charged,
    unattestedBound,
    bytesTotal,
    settingsVersion,
  } = resource;
  const status = nameIn(RESOURCE_STATUS, resource.status);
  return {
    address,
    label: label(resource),
    status,
    publisher,
    id,
    quotaKbps,
    p95Kbps,
    lp,
    due,
    debt,
    charged,
    unattestedBound,
    bytesTotal,
    settingsVersion,
  };
}

async function print(
  resource: Resource,
  connection: Connection,
  options: ChainOptions,
  context: CliContext,
): Promise<void> {
  if (options.json === true) {
    context.terminal.json(describe(resource));
    return;
  }
  const pool = await connection.client.account('pool', resource.pool);
  const decimals = pool === null ? 0 : await mintDecimals(connection.client, pool.lpMint);
  const { terminal } = context;
  const rows: [string, string][] = [
    ['resource', resource.address],
    ['label', label(resource)],
    ['status', nameIn(RESOURCE_STATUS, resource.status)],
    ['publisher', `${resource.publisher} (id ${resource.id})`],
    ['set aside', `${formatUnits(resource.lp, decimals)} LP`],
    [
      'quota',
      `${(resource.quotaKbps / 1000).toLocaleString('en')} Mbit/s, p95 ${(resource.p95Kbps / 1000).toLocaleString('en')} Mbit/s`,
    ],
    ['delivered', `${formatBytes(resource.bytesTotal)}, as recorded`],
    [
      'charged',
      `${formatMedia(resource.charged)}, due ${formatMedia(resource.due)}, debt ${formatMedia(resource.debt)}`,
    ],
    ['unattested', `at most ${formatBytes(resource.unattestedBound)} an hour while nothing is attested`],
    ['settings', `version ${resource.settingsVersion}`],
  ];
  for (const [name, value] of rows) terminal.line(`${name.padEnd(11)} ${value}`);
}

async function list(options: ChainOptions & { readonly all?: true }, context: CliContext): Promise<void> {
  const connection = await connect(options, context);
  await connection.client.config();
  const where = options.all === true ? undefined : { publisher: (await connection.wallet()).address };
  const resources = await connection.client.resources(where);
  if (options.json === true) {
    context.terminal.json(resources.map(describe));
    return;
  }
  if (resources.length === 0) {
    context.terminal.line('There is no resource yet: "media resource add http://your-origin" makes one.');
    return;
  }
  const columns = [
    { head: 'label', value: label },
    { head: 'status', value: (each: Resource) => nameIn(RESOURCE_STATUS, each.status) },
    {
      head: 'quota Mbit/s',
      value: (each: Resource) => String(Math.round(each.quotaKbps / 1000)),
      align: 'right' as const,
    },
    { head: 'delivered', value: (each: Resource) => formatBytes(each.bytesTotal), align: 'right' as const },
    { head: 'charged', value: (each: Resource) => formatMedia(each.charged), align: 'right' as const },
    { head: 'address', value: (each: Resource) => each.address },
  ];
  for (const line of table(resources, columns, context.terminal.style)) context.terminal.line(line);
}

async function remove(
  which: string,
  options: ChainOptions & { readonly release?: true },
  context: CliContext,
): Promise<void> {
  const connection = await connect(options, context);
  const { client } = connection;
  const publisher = await connection.wallet();
  const resource = await find(connection, which);
  const to = { publisher, resource: resource.address };
  const instruction =
    options.release === true
      ? await client.instructions.releaseResource({
          ...to,
          pool: resource.pool,
          settingsVersion: resource.settingsVersion,
          ring: resource.ring,
        })
      : await client.instructions.removeResource(to);
  const { signature } = await client.send([instruction], { payer: publisher });
  const { finalHours } = await client.config();
  if (options.json === true)
    context.terminal.json({ signature, resource: resource.address, released: options.release === true });
  else if (options.release === true)
    context.terminal.line(`Released: its LP is free again and its rent is back.\n${signature}`);
  else {
    context.terminal.line(
      `Removed. When its hours are settled, ${2 * finalHours} hours of the network from now, "media resource remove ${resource.address} --release" frees its LP.\n${signature}`,
    );
  }
}

function settingsOptions(command: Command): Command {
  return command
    .option('--origin-host <name>', 'Host header to send to the origin')
    .option('--header <line...>', 'headers to send to the origin, as "Name: value"')
    .option('--probe <target...>', 'targets that guards may fetch to compare')
    .option(
      '--password-file <file>',
      'password that opens the settings (else MEDIA_PASSWORD, else one is made and kept)',
    );
}

export const registerResource: RegisterCommand = (program, context) => {
  const resource = program
    .command('resource')
    .summary('publish an origin, change it, take it off')
    .description('Resources are what publishers serve through the network.');
  examples(
    keypairOption(
      chainOptions(
        settingsOptions(
          resource
            .command('add')
            .argument('<origin>', 'http://host:port or https://host')
            .description('Publish an origin.'),
        ),
      ),
    )
      .option('--quote <mint>', 'quote token of the pool, where there are several')
      .option('--id <number>', 'number of the resource (default: the next of this publisher)')
      .option('--lp <lp>', 'LP of the stake to set aside (default: all that is free)')
      .option(
        '--bound <bytes>',
        'unattested bytes an hour that are paid for while nothing is attested',
        '10000000000',
      )
      .action((origin: string, options: AddOptions) => add(origin, options, context)),
    [
      'media resource add http://127.0.0.1:3000',
      'media resource add https://example.com --lp 500 --header "Authorization: Bearer x"',
    ],
  );
  examples(
    keypairOption(
      chainOptions(
        settingsOptions(
          resource
            .command('update')
            .argument('<resource>', 'address, label or host')
            .description('Change settings, stake or bound; pause or resume.'),
        ),
      ),
    )
      .option('--origin <url>', 'the new origin')
      .option('--lp <lp>', 'LP to set aside from now on')
      .option('--bound <bytes>', 'the new bound on unattested bytes')
      .option('--pause', 'stop serving it')
      .option('--resume', 'ask the guards to serve it again')
      .action((which: string, options: UpdateOptions) => update(which, options, context)),
    ['media resource update <label> --origin http://127.0.0.1:4000', 'media resource update <label> --pause'],
  );
  examples(
    keypairOption(
      chainOptions(
        resource.command('list').option('--all', "everybody's resources").description('List resources.'),
      ),
    ).action((options: ChainOptions & { readonly all?: true }) => list(options, context)),
    ['media resource list', 'media resource list --all --json'],
  );
  examples(
    chainOptions(
      resource
        .command('show')
        .argument('<resource>', 'address, label or host')
        .description('Show a resource.'),
    ).action(async (which: string, options: ChainOptions) => {
      const connection = await connect(options, context);
      await print(await find(connection, which), connection, options, context);
    }),
    ['media resource show <label>'],
  );
  examples(
    keypairOption(
      chainOptions(
        resource
          .command('remove')
          .argument('<resource>', 'address, label or host')
          .option('--release', 'free the LP of a removed resource')
          .description('Take a resource off the network.'),
      ),
    ).action((which: string, options: ChainOptions & { readonly release?: true }) =>
      remove(which, options, context),
    ),
    ['media resource remove <label>', 'media resource remove <address> --release'],
  );
};
