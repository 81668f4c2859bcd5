import { EPOCH_STATUS, HOUR_STATUS, NODE_STATUS, RESOURCE_STATUS } from '@media-network/chain/schema';
import { hourAt, hourSecs, weekAt } from '@media-network/protocol';
import { errorCode } from '@media-network/runtime';
import { formatBytes, formatMedia } from '../amounts.ts';
import { byEndpoint } from '../by-endpoint.ts';
import type { CliContext } from '../command.ts';
import { connect } from '../connection.ts';
import type { ChainOptions } from '../chain-options.ts';
import type { Connection } from '../connection.ts';
import { labelOf } from '../resource/find.ts';
import type { Resource } from '../resource/find.ts';
import { describeRunway, readRunways, runwayWords } from '../resource/runway.ts';
import { strangerWords, whoAnswers } from '../node-identity.ts';
import { nameIn } from '../roles.ts';
import { readElections } from '../elections/read.ts';
import { askJson } from '../resource/ask-json.ts';
import { table } from '../terminal/table.ts';
import { capsWords } from '../view/edge-caps.ts';
import { STALLED_HINT, recentHours, stalledSince, stalledWords } from '../view/recording.ts';

interface NodeRow {
  readonly kind: 'guard' | 'edge';
  readonly address: string;
  readonly owner: string;
  /** Name of the owner's wallet, where it is below --dir. */
  readonly wallet: string | null;
  readonly endpoint: string;
  readonly health: string;
}

/** Longest that a daemon may take to say how it is. */
const HEALTH_MS = 5_000;

/**
 * Asks a daemon itself; a status that only repeats the chain would hide a dead one. Whether it is the one that is
 * registered there it says too: another may have its port.
 */
async function healthOf(kind: 'guard' | 'edge', account: string, base: string): Promise<string> {
  const stranger = strangerWords(kind, await whoAnswers(kind, account, base, HEALTH_MS));
  if (stranger !== undefined) return stranger;
  try {
    const response = await fetch(new URL('/readyz', base), { signal: AbortSignal.timeout(HEALTH_MS) });
    const caps = kind === 'edge' ? capsWords(await askJson(base, '/v1/info')) : undefined;
    const ready = response.ok ? 'ready' : `not ready (${response.status})`;
    return caps === undefined ? ready : `${ready}: ${caps}`;
  } catch {
    return 'no answer';
  }
}

async function nodes(connection: Connection): Promise<NodeRow[]> {
  const { client } = connection;
  const [guards, edges] = await Promise.all([client.guards(), client.edges()]);
  const active = [
    ...guards.sort(byEndpoint).map((node) => ({ kind: 'guard' as const, node, ask: node.endpoint })),
    ...edges.sort(byEndpoint).map((node) => ({ kind: 'edge' as const, node, ask: node.control })),
  ].filter(({ node }) => node.status === NODE_STATUS.active);
  return Promise.all(
    active.map(async ({ kind, node, ask }) => ({
      kind,
      address: node.address,
      owner: node.owner,
      wallet: /^(\S+) \(/.exec(await connection.named(node.owner))?.[1] ?? null,
      endpoint: node.endpoint,
      health: await healthOf(kind, node.address, ask),
    })),
  );
}

/** Hours before this one whose reports are shown. */
const HOURS_SHOWN = 3n;

/** `media status`. */
export async function showStatus(options: ChainOptions, context: CliContext): Promise<void> {
  const connection = await connect(options, context);
  const { client } = connection;
  const { terminal } = context;
  terminal.progress(`asking ${client.rpcUrl} ...`);
  const config = await client.config();
  const now = await client.chainTime();
  const hour = hourAt(config, now);
  const week = weekAt(config, now);
  const [rows, resources, pools, elections, slot] = await Promise.all([
    nodes(connection),
    client.resources(),
    client.pools(),
    readElections(client, false),
    client.rpc.getSlot().send(),
  ]);
  const runways = await readRunways(client, resources);
  const burned = pools.reduce((sum, each) => sum + each.burned, 0n);
  const bought = pools.reduce((sum, each) => sum + each.bought, burned);
  const recent = await recentHours(client, config, now);
  const hours = recent.filter((each) => each.hour >= hour - HOURS_SHOWN);
  const stalled = stalledSince(config, now, recent);
  const accusations = ({ address }: Pick<NodeRow, 'address'>): number =>
    elections.filter(({ accused }) => accused === address).length;
  const epoch = await client.epoch(week).catch((error: unknown) => {
    if (errorCode(error) === 'chain/wrong-account') return null;
    throw error;
  });
  if (options.json === true) {
    terminal.json({
      rpcUrl: client.rpcUrl,
      program: client.programId,
      slot,
      chainTime: now,
      hour,
      week,
      kept: config.kept,
      allocated: config.allocated,
      claimed: config.claimed,
      bought,
      burned,
      nodes: rows.map((row) => ({ ...row, elections: accusations(row) })),
      resources: resources.map((each) => ({
        address: each.address,
        label: labelOf(each),
        status: nameIn(RESOURCE_STATUS, each.status),
        bytes: each.bytesTotal,
        charged: each.charged,
        runway: describeRunway(runways.get(each.address)),
      })),
      hours: hours.map((each) => ({
        hour: each.hour,
        reports: each.reports,
        reveals: each.reveals,
        bytes: each.reportedBytes,
        final: each.status === HOUR_STATUS.final,
      })),
      stalled: stalled ?? null,
    });
    return;
  }
  terminal.line(`chain      ${client.rpcUrl}, slot ${slot}, program ${client.programId}`);
  terminal.line(
    `time       hour ${hour} of ${hourSecs(config)} s, week ${week} of ${config.hoursPerWeek} hours`,
  );
  terminal.line(
    `money      kept ${formatMedia(config.kept)}, rewards ${formatMedia(config.allocated)}, claimed ${formatMedia(config.claimed)}`,
  );
  terminal.line(`buyback    bought ${formatMedia(bought)} with fees, burned ${formatMedia(burned)}`);
  if (epoch !== null) {
    terminal.line(`this week  fees ${formatMedia(epoch.fees)}, ${nameIn(EPOCH_STATUS, epoch.status)}`);
  }
  for (const each of hours) {
    const state = each.status === HOUR_STATUS.final ? 'final' : 'open';
    terminal.line(
      `hour ${String(each.hour).padEnd(5)} ${each.reports} ${each.reports === 1 ? 'report' : 'reports'} of ${formatBytes(each.reportedBytes)}, ${each.reveals} ${each.reveals === 1 ? 'guard has' : 'guards have'} judged, ${state}`,
    );
  }
  if (stalled !== undefined) {
    terminal.line(`${terminal.style.red('recording')}  ${stalledWords(stalled)}`);
    terminal.line(`           ${terminal.style.dim('→')} ${STALLED_HINT}`);
  }
  terminal.line();
  const columns = [
    { head: 'node', value: (row: NodeRow) => row.kind },
    {
      head: 'state',
      value: (row: NodeRow) =>
        row.health.startsWith('ready') ? terminal.style.green(row.health) : terminal.style.red(row.health),
    },
    { head: 'wallet', value: (row: NodeRow) => row.wallet ?? '' },
    { head: 'endpoint', value: (row: NodeRow) => row.endpoint },
    { head: 'account', value: (row: NodeRow) => row.address },
  ];
  for (const line of table(rows, columns, terminal.style)) terminal.line(line);
  for (const { accused } of elections) {
    const row = rows.find(({ address }) => address === accused);
    terminal.line(
      terminal.style.yellow(
        `An election of ${row?.wallet ?? accused} is open: its stake stays until it has ended.`,
      ),
    );
  }
  if (elections.length > 0) terminal.line(`How it stands: ${context.invocation.line('elections')}`);
  const shown = resources.filter((each) => each.status !== RESOURCE_STATUS.released);
  if (shown.length === 0) return;
  terminal.line();
  const resourceColumns = [
    { head: 'resource', value: (each: Resource) => labelOf(each) },
    {
      head: 'status',
      value: (each: Resource) => {
        const name = nameIn(RESOURCE_STATUS, each.status);
        return each.status === RESOURCE_STATUS.active
          ? terminal.style.green(name)
          : terminal.style.yellow(name);
      },
    },
    { head: 'delivered', value: (each: Resource) => formatBytes(each.bytesTotal), align: 'right' as const },
    { head: 'charged', value: (each: Resource) => formatMedia(each.charged), align: 'right' as const },
  ];
  for (const line of table(shown, resourceColumns, terminal.style)) terminal.line(line);
  for (const each of shown) {
    const runway = runways.get(each.address);
    if (runway?.low === true)
      terminal.line(terminal.style.yellow(`${labelOf(each)}: its stake ${runwayWords(runway)}`));
  }
  const waiting = shown.find((each) => each.status === RESOURCE_STATUS.pending);
  if (waiting !== undefined)
    terminal.line(`Why one is pending: ${context.invocation.line(`resource show ${labelOf(waiting)}`)}`);
}
