import { randomBytes } from 'node:crypto';
import { signEvidence } from '@media-network/chain';
import type { Signer } from '@media-network/chain';
import { NODE_STATUS } from '@media-network/chain/schema';
import { encodePurge, signPurge } from '@media-network/protocol';
import type { PurgeWhat } from '@media-network/protocol';
import { MediaError } from '@media-network/runtime';
import { byEndpoint } from '../by-endpoint.ts';
import type { ChainOptions } from '../chain-options.ts';
import type { CliContext } from '../command.ts';
import { connect } from '../connection.ts';
import type { Connection } from '../connection.ts';
import { findResource, labelOf } from '../resource/find.ts';
import type { Resource } from '../resource/find.ts';
import { ownerWallet } from '../resource/own.ts';
import { table } from '../terminal/table.ts';
import { tell } from './tell.ts';
import type { ToTell, Told } from './tell.ts';
import { inPurges, readPurge } from './what.ts';
import type { NamedPurge, WhatOptions } from './what.ts';

export interface PurgeOptions extends ChainOptions, WhatOptions {
  readonly soft?: true;
}

interface OwnPurge {
  readonly resource: Resource;
  readonly publisher: Signer;
  readonly what: readonly PurgeWhat[];
}

/** By resource, whatever names it, each the wallet's own. */
async function ownPurges(connection: Connection, named: readonly NamedPurge[]): Promise<readonly OwnPurge[]> {
  const found = new Map<string, OwnPurge>();
  for (const { resource: name, what } of named) {
    const resource = await findResource(connection, name);
    const publisher = await ownerWallet(connection, resource);
    const before = found.get(resource.address)?.what ?? [];
    found.set(resource.address, { resource, publisher, what: [...before, ...what] });
  }
  return [...found.values()];
}

async function nodes({ client }: Connection): Promise<readonly ToTell[]> {
  const [edges, guards] = await Promise.all([client.edges(), client.guards()]);
  return [
    ...edges.sort(byEndpoint).map((node) => ({ kind: 'edge' as const, node, base: node.control })),
    ...guards.sort(byEndpoint).map((node) => ({ kind: 'guard' as const, node, base: node.endpoint })),
  ]
    .filter(({ node }) => node.status === NODE_STATUS.active)
    .map(({ kind, node: { address, endpoint }, base }) => ({ kind, address, endpoint, base }));
}

async function signed(own: OwnPurge, soft: boolean, chainSecs: bigint): Promise<readonly Uint8Array[]> {
  const parts = inPurges(own.what);
  return Promise.all(
    parts.map(async (what) =>
      encodePurge(
        await signPurge(
          {
            resource: own.resource.address,
            what,
            soft,
            unixMs: chainSecs * 1_000n,
            nonce: randomBytes(16),
          },
          (message) => signEvidence(own.publisher, message),
        ),
      ),
    ),
  );
}

/** Nodes told at a time. */
const PARALLEL = 64;

async function tellAll(
  all: readonly ToTell[],
  purges: readonly Uint8Array[],
  connection: Connection,
  context: CliContext,
): Promise<readonly Told[]> {
  const { clock } = connection.client;
  const deps = { fetch, sleep: (ms: number) => clock.sleep(ms), nowMs: () => clock.nowMs() };
  const told = new Map<ToTell, Told>();
  const left = [...all];
  const of = (kind: ToTell['kind']): string => {
    const confirmed = [...told.values()].filter((each) => each.kind === kind && each.confirmed).length;
    return `${confirmed} of ${all.filter((each) => each.kind === kind).length} ${kind}s`;
  };
  const show = (): void => {
    context.terminal.progress(`purging: ${of('edge')}, ${of('guard')} have confirmed ...`);
  };
  const worker = async (): Promise<void> => {
    for (let node = left.shift(); node !== undefined; node = left.shift()) {
      told.set(node, await tell(node, purges, deps));
      show();
    }
  };
  show();
  await Promise.all(Array.from({ length: PARALLEL }, worker));
  return all.flatMap((node) => told.get(node) ?? []);
}

const counted = (count: number, what: string): string => `${count} ${what}${count === 1 ? '' : 's'}`;

function words(what: PurgeWhat): string {
  switch (what.kind) {
    case 'target':
      return what.target;
    case 'tag':
      return `tag ${what.tag}`;
    case 'prefix':
      return `${what.prefix}...`;
    default:
      return 'everything';
  }
}

/** What became of it, and what that means for edges that have not confirmed. */
function say(own: readonly OwnPurge[], told: readonly Told[], soft: boolean, context: CliContext): void {
  const { terminal } = context;
  const { style } = terminal;
  for (const { resource, what } of own) {
    const named = what.slice(0, 5).map(words).join(', ');
    const more = what.length > 5 ? ` and ${what.length - 5} more` : '';
    terminal.line(`${labelOf(resource)}: ${named}${more}${soft ? ', softly' : ''}`);
  }
  const lines = table(
    told,
    [
      { head: '', value: ({ kind }) => kind },
      { head: 'at', value: ({ endpoint }) => endpoint },
      {
        head: 'purged',
        value: ({ confirmed, kind, objects, code }) => {
          if (!confirmed) return style.red(`no: ${code ?? ''}`);
          return style.green(kind === 'guard' ? 'kept' : counted(objects ?? 0, 'object'));
        },
      },
      { head: 'ms', value: ({ ms }) => String(Math.round(ms)), align: 'right' },
    ],
    style,
  );
  for (const line of lines) terminal.line(line);
  const edges = told.filter(({ kind }) => kind === 'edge');
  const missing = edges.filter(({ confirmed }) => !confirmed);
  const keeping = told.filter(({ kind, confirmed }) => kind === 'guard' && confirmed).length;
  if (missing.length === 0) {
    terminal.line(`Purged at ${edges.length === 1 ? 'the edge' : `all ${edges.length} edges`}.`);
    return;
  }
  for (const { endpoint, why } of missing) terminal.line(style.yellow(`${endpoint}: ${why ?? ''}`));
  terminal.line(
    keeping > 0
      ? `Not confirmed by ${missing.length} of ${counted(edges.length, 'edge')}. ${counted(keeping, 'guard')} keep${keeping === 1 ? 's' : ''} it for a week: an edge that is down purges before it serves the resource again, one that runs within 15 seconds of reaching a guard. Run it again to be sure.`
      : `Not confirmed by ${missing.length} of ${counted(edges.length, 'edge')}, and no guard keeps it for them: run it again.`,
  );
}

/** Has every edge forget what it keeps; ends with 0 only where each of them has said that it did. */
export async function purge(
  named: readonly string[],
  options: PurgeOptions,
  context: CliContext,
): Promise<void> {
  const wanted = readPurge(named, options);
  const soft = options.soft === true;
  const connection = await connect(options, context);
  const own = await ownPurges(connection, wanted);
  const all = await nodes(connection);
  if (!all.some(({ kind }) => kind === 'edge'))
    throw new MediaError({
      code: 'cli/no-edge',
      message: 'There is no active edge on this chain.',
      hint: 'Nothing is kept anywhere: there is nothing to purge.',
      source: 'client',
    });
  const chainSecs = await connection.client.chainTime();
  const purges = (await Promise.all(own.map((each) => signed(each, soft, chainSecs)))).flat();
  const told = await tellAll(all, purges, connection, context);
  const isWhole = told.every(({ kind, confirmed }) => kind === 'guard' || confirmed);
  if (options.json === true) {
    context.terminal.json({
      purged: isWhole,
      soft,
      resources: own.map(({ resource, what }) => ({ resource: resource.address, what })),
      edges: told.filter(({ kind }) => kind === 'edge'),
      guards: told.filter(({ kind }) => kind === 'guard'),
    });
  } else say(own, told, soft, context);
  if (!isWhole) context.setExitCode(1);
}
