import { mkdir, readFile, rename, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Found } from '@media-network/chain';
import { NODE_STATUS, RESOURCE_STATUS } from '@media-network/chain/schema';
import { hourAt, settingsGuards } from '@media-network/protocol';
import { createRepeatingTask, errorCode, errorMessage, silentLog, systemClock } from '@media-network/runtime';
import { networkDir } from '../chain-options.ts';
import type { CliContext } from '../command.ts';
import { connect } from '../connection.ts';
import type { Connection } from '../connection.ts';
import { wholeBetween } from '../whole-number.ts';
import { bad } from './bad-resource.ts';
import { findResource, labelOf } from './find.ts';
import type { Resource } from './find.ts';
import { passwordInForce, requireSettings } from './open-settings.ts';
import { ownerWallet } from './own.ts';
import { rotationOf } from './rotation.ts';
import type { Rotation } from './rotation.ts';
import { sealSettings } from './seal.ts';
import type { ShowOptions } from './show.ts';

export interface RotateOptions extends ShowOptions {
  readonly force?: true;
  readonly watch?: true;
  readonly every: string;
}

/** What is remembered of a version of settings: who could have read it. Nothing secret. */
interface Note {
  readonly version: number;
  /** Hour of the network in which it was sealed. */
  readonly hour: string;
  readonly edges: readonly string[];
}

interface Rotated {
  readonly resource: string;
  readonly label: string;
  readonly rotated: boolean;
  readonly why: string;
  readonly settingsVersion: number;
}

const noteFile = (options: RotateOptions, context: CliContext, label: string): string =>
  join(networkDir(options, context), 'rotations', `${label}.json`);

async function readNote(file: string): Promise<Note | undefined> {
  const text = await readFile(file, 'utf8').catch(() => undefined);
  if (text === undefined) return undefined;
  try {
    const { version, hour, edges }: Record<string, unknown> = JSON.parse(text);
    const isNote =
      typeof version === 'number' &&
      typeof hour === 'string' &&
      /^\d{1,19}$/.test(hour) &&
      Array.isArray(edges) &&
      edges.every((edge) => typeof edge === 'string');
    return isNote ? { version, hour, edges } : undefined;
  } catch {
    // Damaged: as good as none, and written anew.
    return undefined;
  }
}

async function writeNote(file: string, note: Note): Promise<void> {
  await mkdir(join(file, '..'), { recursive: true });
  await writeFile(`${file}.new`, `${JSON.stringify(note)}\n`);
  await rename(`${file}.new`, file);
}

/** Settings that nobody may be served with are not sealed anew. */
const LIVE: ReadonlySet<number> = new Set([
  RESOURCE_STATUS.pending,
  RESOURCE_STATUS.active,
  RESOURCE_STATUS.paused,
  RESOURCE_STATUS.exhausted,
]);

async function chosen(connection: Connection, which: readonly string[]): Promise<readonly Resource[]> {
  if (which.length > 0) return Promise.all(which.map((each) => findResource(connection, each)));
  const { address } = await connection.wallet();
  await connection.client.config();
  const own = (await connection.client.resources()).filter(
    ({ publisher, status, settingsVersion }) =>
      publisher === address && LIVE.has(status) && settingsVersion > 0,
  );
  if (own.length > 0) return own;
  throw bad('This wallet publishes no resource that has settings.', 'Name its wallet with --keypair.');
}

const activeOf = <T extends Found<'guard'> | Found<'edge'>>(nodes: readonly T[]): readonly T[] =>
  nodes.filter(({ status }) => status === NODE_STATUS.active);

/** Looks at one resource, and seals its settings anew where that is due. */
async function rotateOne(
  connection: Connection,
  resource: Resource,
  options: RotateOptions,
  context: CliContext,
): Promise<Rotated> {
  const { client } = connection;
  const label = labelOf(resource);
  const file = noteFile(options, context, label);
  const [config, now, guards, edges, account, before] = await Promise.all([
    client.config(),
    client.chainTime(),
    client.guards(),
    client.edges(),
    client.account('settings', resource.settings),
    readNote(file),
  ]);
  const readers = account === null ? undefined : settingsGuards(account.tail.subarray(0, account.length));
  if (readers === undefined) throw bad(`The resource ${label} has no settings that could be read.`);
  const hour = hourAt(config, now);
  const edgesNow = activeOf(edges).map(({ address }) => String(address));
  const held = before?.version === resource.settingsVersion ? before : undefined;
  const due: Rotation = rotationOf({
    readers,
    guards: activeOf(guards).map(({ no }) => no),
    edgesThen: held?.edges,
    edgesNow,
    rotatedIn: held === undefined ? undefined : BigInt(held.hour),
    hour,
  });
  const why = due.kind === 'none' ? '' : due.why;
  const said = { resource: resource.address, label };
  if (due.kind !== 'due' && options.force !== true) {
    // Edges that came since have had the key as well; those that left are forgotten when it is another.
    const had = [...new Set([...(held?.edges ?? []), ...edgesNow])];
    const rotatedIn = held?.hour ?? String(hour > 0n ? hour - 1n : 0n);
    if (held === undefined || had.length !== held.edges.length)
      await writeNote(file, { version: resource.settingsVersion, hour: rotatedIn, edges: had });
    return { ...said, rotated: false, why, settingsVersion: resource.settingsVersion };
  }
  const publisher = await ownerWallet(connection, resource);
  const { settings } = await requireSettings(connection, resource, options, context);
  const { bytes: password } = await passwordInForce(connection, resource, options, context);
  await sealSettings(connection, { resource, publisher, settings, password }, context);
  const settingsVersion = resource.settingsVersion + 1;
  await writeNote(file, { version: settingsVersion, hour: String(hour), edges: edgesNow });
  return { ...said, rotated: true, why: why === '' ? 'asked for' : why, settingsVersion };
}

function tell({ label, rotated, why, settingsVersion }: Rotated): string {
  if (rotated) return `${label}: sealed anew as version ${settingsVersion} (${why})`;
  return why === '' ? `${label}: nothing to do` : `${label}: in the next hour of the network (${why})`;
}

/** `media resource rotate`. */
export async function rotate(
  which: readonly string[],
  options: RotateOptions,
  context: CliContext,
): Promise<void> {
  const everySecs = wholeBetween(options.every, '--every', 1, 86_400);
  const connection = await connect(options, context);
  const { terminal } = context;
  const resources = await chosen(connection, which);
  for (const resource of resources) await ownerWallet(connection, resource);
  if (options.watch !== true) {
    const done: Rotated[] = [];
    for (const resource of resources) done.push(await rotateOne(connection, resource, options, context));
    if (options.json === true) terminal.json({ resources: done });
    else for (const each of done) terminal.line(tell(each));
    return;
  }
  const { force: _once, ...standing } = options;
  const signal = context.takeSignals();
  terminal.note(`Looks every ${everySecs} s; Ctrl+C ends it.`);
  const task = createRepeatingTask(
    async () => {
      for (const resource of await chosen(connection, which)) {
        if (signal.aborted) return 'idle';
        try {
          const done = await rotateOne(connection, resource, standing, context);
          if (!done.rotated) continue;
          if (options.json === true) terminal.json(done);
          else terminal.line(tell(done));
        } catch (error) {
          // The next look tries again; the others must not wait for this one.
          terminal.note(`${labelOf(resource)}: ${errorMessage(error)} (${errorCode(error)})`);
        }
      }
      return 'idle';
    },
    { clock: systemClock, log: silentLog, onFailure: (_, error) => terminal.note(errorMessage(error)) },
    { name: 'rotate', intervalMs: everySecs * 1_000 },
  );
  task.start();
  if (!signal.aborted)
    await new Promise<void>((resolve) => {
      signal.addEventListener('abort', () => resolve(), { once: true });
    });
  await task.stop();
}
