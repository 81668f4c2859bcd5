import { createHash } from 'node:crypto';
import type { Found, MediaClient } from '@media-network/chain';
import { ROLE } from '@media-network/chain/schema';
import { readOwnName } from '@media-network/protocol';
import { MediaError } from '@media-network/runtime';
import { getAddressDecoder } from '@solana/kit';
import type { Address } from '@solana/kit';
import { formatMedia, formatUnits, parseAmount } from '../amounts.ts';
import type { ChainOptions } from '../chain-options.ts';
import type { CliContext } from '../command.ts';
import { connect, mintDecimals } from '../connection.ts';
import type { Connection } from '../connection.ts';
import { minuteOf } from '../minute.ts';
import { table } from '../terminal/table.ts';

export type ListOptions = ChainOptions & { readonly all?: true };
export interface DomainOptions extends ChainOptions {
  readonly quote?: string;
  readonly lp?: string;
}

type Domain = Found<'domain'>;

const refuse = (code: string, message: string, hint?: string): MediaError =>
  new MediaError({ code, message, source: 'client', ...(hint === undefined ? {} : { hint }) });

/** The name as browsers have it, and the key that its account is found by. */
export function readDomain(text: string): { readonly name: string; readonly key: Address } {
  const reading = readOwnName(text);
  if (reading.kind !== 'name' || reading.name.length > 126)
    throw refuse(
      'cli/bad-domain',
      `"${text}" is no domain: ${reading.kind === 'name' ? 'it has more than 126 characters' : reading.why}.`,
      'Write the host name of the pages, such as shop.example.',
    );
  const { name } = reading;
  return { name, key: getAddressDecoder().decode(createHash('sha256').update(name).digest()) };
}

async function find(client: MediaClient, name: string, key: Address): Promise<Domain> {
  await client.config();
  const found = await client.domain(key);
  if (found !== null) return found;
  throw refuse(
    'cli/no-domain',
    `The domain ${name} is not allowed by anybody.`,
    `"media peerpool add ${name}" allows it.`,
  );
}

interface Needs {
  /** Worth in MEDIA base units that a domain needs. */
  readonly worth: bigint;
  /** LP that is worth as much now, rounded up. */
  readonly lp: bigint;
  worthOf(lp: bigint): bigint;
}

async function needsIn(client: MediaClient, pool: Found<'pool'>): Promise<Needs> {
  const [config, now] = await Promise.all([client.config(), client.chainTime()]);
  const { averagePrice, domainStakeOf, poolValue, worthOf } = await import('@media-network/chain/model');
  const price = averagePrice(pool, now, BigInt(config.twapSecs));
  const worth = domainStakeOf(config);
  const value = poolValue(pool, price);
  // One more, since worth is rounded down.
  const lp = value === 0n ? 0n : (worth * pool.lpSupply + value - 1n) / value + 1n;
  return { worth, lp, worthOf: (each) => worthOf(pool, price, each) };
}

async function poolOf(client: MediaClient, address: Address): Promise<Found<'pool'>> {
  const pool = await client.account('pool', address);
  if (pool === null) throw new Error('a domain without its pool');
  return pool;
}

export async function list(options: ListOptions, context: CliContext): Promise<void> {
  const connection = await connect(options, context);
  const { client } = connection;
  const config = await client.config();
  const domains = await client.domains(
    options.all === true ? undefined : (await connection.wallet()).address,
  );
  const { domainEnd, domainStakeOf } = await import('@media-network/chain/model');
  const needs = new Map<string, Needs>();
  for (const pool of new Set(domains.map((each) => each.pool)))
    needs.set(pool, await needsIn(client, await poolOf(client, pool)));
  const needed = domainStakeOf(config);
  const rows = domains
    .map((each) => {
      const worth = needs.get(each.pool)?.worthOf(each.lp) ?? 0n;
      return {
        name: each.name,
        owner: each.owner,
        lp: each.lp,
        worth,
        enough: worth >= needed,
        endsAt:
          each.noticeAt === 0n
            ? null
            : new Date(Number(domainEnd(config, each.noticeAt)) * 1_000).toISOString(),
      };
    })
    .sort((a, b) => (a.name < b.name ? -1 : 1));
  const { terminal, invocation } = context;
  if (options.json === true) {
    terminal.json({ needed, domains: rows });
    return;
  }
  terminal.line(`A domain needs LP worth ${formatMedia(needed)}.`);
  if (rows.length === 0) {
    terminal.line(
      `No domain is allowed${options.all === true ? '' : ' by this wallet'}: "${invocation.line('peerpool add shop.example')}" allows one.`,
    );
    return;
  }
  type Row = (typeof rows)[number];
  const columns = [
    { head: 'domain', value: (row: Row) => row.name },
    { head: 'worth', value: (row: Row) => formatMedia(row.worth), align: 'right' as const },
    {
      head: 'state',
      value: (row: Row) =>
        row.endsAt !== null
          ? terminal.style.red(`ends ${minuteOf(row.endsAt)} UTC`)
          : row.enough
            ? terminal.style.green('allowed')
            : terminal.style.yellow('allowed, stake falls short'),
    },
    { head: 'owner', value: (row: Row) => row.owner },
  ];
  for (const line of table(rows, columns, terminal.style)) terminal.line(line);
  for (const { name, enough, endsAt } of rows)
    if (!enough || endsAt !== null)
      terminal.line(
        terminal.style.yellow(
          `"${invocation.line(`peerpool keep ${name}`)}" sets more LP aside and takes a notice back.`,
        ),
      );
}

/** LP of the options, or what is needed and a tenth, so that a price that moves a little takes no domain away. */
async function lpFor(
  connection: Connection,
  pool: Found<'pool'>,
  options: DomainOptions,
  held: bigint,
): Promise<bigint> {
  const { client } = connection;
  const owner = await connection.wallet();
  const decimals = await mintDecimals(client, pool.lpMint);
  const needs = await needsIn(client, pool);
  const lp =
    options.lp === undefined
      ? (needs.lp * 11n + 9n) / 10n
      : parseAmount(options.lp, decimals, 'The amount of LP');
  if (needs.worthOf(lp) < needs.worth)
    throw refuse(
      'cli/too-little',
      `A domain needs ${formatUnits(needs.lp, decimals)} LP (${formatMedia(needs.worth)}); ${formatUnits(lp, decimals)} LP are too few.`,
    );
  const stake = await client.stake(owner.address, pool.address, ROLE.peerpool);
  const free = (stake === null ? 0n : stake.lp - stake.allocated) + held;
  if (lp > free)
    throw refuse(
      'cli/too-little',
      `This takes ${formatUnits(lp, decimals)} LP; the stake of ${await connection.named(owner.address)} for the role peerpool has ${formatUnits(free, decimals)} LP free.`,
      `"media stake add ${formatUnits(lp - free, decimals)} --role peerpool" adds what is missing.`,
    );
  return lp;
}

export async function add(text: string, options: DomainOptions, context: CliContext): Promise<void> {
  const { name, key } = readDomain(text);
  const connection = await connect(options, context);
  const { client } = connection;
  const pool = await connection.pool(options.quote);
  const before = await client.domain(key);
  if (before !== null)
    throw refuse(
      'cli/domain-taken',
      `The domain ${name} is allowed already, by ${await connection.named(before.owner)}: its pages may use PeerPool.`,
      '"media peerpool domains --all" shows for how long.',
    );
  const owner = await connection.wallet();
  const lp = await lpFor(connection, pool, options, 0n);
  const { signature } = await connection.send(
    [await client.instructions.registerDomain({ owner, pool: pool.address, key, lp, name })],
    owner,
  );
  if (options.json === true) context.terminal.json({ signature, name, key, lp });
  else context.terminal.line(`Pages of ${name} may use PeerPool.\n${signature}`);
}

export async function keep(text: string, options: DomainOptions, context: CliContext): Promise<void> {
  const { name, key } = readDomain(text);
  const connection = await connect(options, context);
  const { client } = connection;
  const domain = await find(client, name, key);
  const owner = await connection.wallet();
  if (domain.owner !== owner.address) throw await notYours(connection, domain);
  const lp = await lpFor(connection, await poolOf(client, domain.pool), options, domain.lp);
  const { signature } = await connection.send(
    [await client.instructions.keepDomain({ owner, pool: domain.pool, domain: domain.address, lp })],
    owner,
  );
  if (options.json === true) context.terminal.json({ signature, name, lp });
  else context.terminal.line(`${name} stays allowed.\n${signature}`);
}

/** Notice, or, where that is over, the end. */
export async function remove(text: string, options: DomainOptions, context: CliContext): Promise<void> {
  const { name, key } = readDomain(text);
  const connection = await connect(options, context);
  const { client } = connection;
  const domain = await find(client, name, key);
  const caller = await connection.wallet();
  const [config, now] = await Promise.all([client.config(), client.chainTime()]);
  const { domainEnd } = await import('@media-network/chain/model');
  if (domain.noticeAt !== 0n) {
    const endsAt = domainEnd(config, domain.noticeAt);
    if (now < endsAt)
      throw refuse(
        'cli/under-notice',
        `The domain ${name} is under notice already and ends ${new Date(Number(endsAt) * 1_000).toISOString()}.`,
      );
    const { stake, owner } = domain;
    const { signature } = await connection.send(
      [await client.instructions.freeDomain({ stake, domain: domain.address, owner })],
      caller,
    );
    if (options.json === true) context.terminal.json({ signature, name, ended: true, endsAt: null });
    else context.terminal.line(`${name} is free; its LP is in the stake of its owner again.\n${signature}`);
    return;
  }
  if (domain.owner !== caller.address) {
    const needs = await needsIn(client, await poolOf(client, domain.pool));
    if (needs.worthOf(domain.lp) >= needs.worth) throw await notYours(connection, domain);
  }
  const { signature } = await connection.send(
    [await client.instructions.noticeDomain({ caller, pool: domain.pool, domain: domain.address })],
    caller,
  );
  const after = await client.domain(key);
  const endsAt = new Date(Number(domainEnd(config, after?.noticeAt ?? now)) * 1_000).toISOString();
  if (options.json === true) context.terminal.json({ signature, name, ended: false, endsAt });
  else
    context.terminal.line(
      `${name} is under notice and ends ${endsAt}; the same command then frees its LP.\n${signature}`,
    );
}

async function notYours(connection: Connection, { name, owner }: Domain): Promise<MediaError> {
  return refuse(
    'cli/not-yours',
    `The domain ${name} is allowed by ${await connection.named(owner)}, and what stands for it is enough.`,
    'Name the wallet of its owner with --keypair.',
  );
}
