import { RESOURCE_STATUS } from '@media-network/chain/schema';
import { formatBytes, formatMedia, formatUnits } from '../amounts.ts';
import type { CliContext } from '../command.ts';
import { connect, mintDecimals } from '../connection.ts';
import type { ChainOptions, Connection } from '../connection.ts';
import { nameIn } from '../roles.ts';
import { table } from '../terminal/table.ts';
import { labelOf } from './find.ts';
import type { Resource } from './find.ts';

export function describe(resource: Resource): object {
  return {
    address: resource.address,
    label: labelOf(resource),
    status: nameIn(RESOURCE_STATUS, resource.status),
    publisher: resource.publisher,
    id: resource.id,
    quotaKbps: resource.quotaKbps,
    p95Kbps: resource.p95Kbps,
    lp: resource.lp,
    due: resource.due,
    debt: resource.debt,
    charged: resource.charged,
    unattestedBound: resource.unattestedBound,
    bytesTotal: resource.bytesTotal,
    settingsVersion: resource.settingsVersion,
  };
}

export async function print(
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
    ['label', labelOf(resource)],
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

export async function list(
  options: ChainOptions & { readonly all?: true },
  context: CliContext,
): Promise<void> {
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
    { head: 'label', value: labelOf },
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
