import type { Found, Signer } from '@media-network/chain';
import { RESOURCE_STATUS, ROLE } from '@media-network/chain/schema';
import { equalBytes, hourAt } from '@media-network/protocol';
import type { Settings } from '@media-network/protocol';
import { formatMedia, formatUnits, parseAmount } from '../amounts.ts';
import type { CliContext } from '../command.ts';
import { connect, mintDecimals } from '../connection.ts';
import type { ChainOptions } from '../chain-options.ts';
import type { Connection } from '../connection.ts';
import { nameIn } from '../roles.ts';
import { bad, parseWhole } from './bad-resource.ts';
import { findResource, labelOf } from './find.ts';
import type { Resource } from './find.ts';
import { openSettings, passwordInForce, requireSettings } from './open-settings.ts';
import { warnOfOrigin } from './origin-check.ts';
import { ownerWallet } from './own.ts';
import { refuseNames, untilKnown } from './own-names.ts';
import { replacementPassword } from './password.ts';
import { sealSettings } from './seal.ts';
import { originOnly, parseOrigin } from './origin-only.ts';
import { withOptions } from './settings.ts';
import type { SettingsOptions } from './settings-options.ts';
import { readRuleFile } from './rules.ts';
import { print } from './show.ts';
import { dueOf, newestTerms, parseVouchingKey, settledFrom, settlingHours } from './terms.ts';

export interface UpdateOptions extends ChainOptions, SettingsOptions {
  readonly origin?: string;
  readonly newPassword?: true;
  readonly lp?: string;
  readonly allowance?: string;
  readonly vouchingKey?: string;
  readonly pause?: true;
  readonly resume?: true;
}

export async function update(which: string, given: UpdateOptions, context: CliContext): Promise<void> {
  const options = await readRuleFile(given);
  const settingsChange = [
    options.origin,
    options.originHost,
    options.header,
    options.probe,
    options.originLinks,
    options.domain,
    options.removeDomain,
    options.rule,
    options.removeRule,
    options.rules,
  ].some((each) => each !== undefined);
  const stakeChange = [options.lp, options.allowance, options.vouchingKey].some((each) => each !== undefined);
  const statusChange = options.pause === true || options.resume === true;
  if (!settingsChange && !stakeChange && !statusChange && options.newPassword !== true)
    throw bad(
      'Nothing to change.',
      'Say what with --origin, --header, --probe, --domain, --remove-domain, --rule, --remove-rule, --rules, --new-password, --lp, --allowance, --vouching-key, --pause or --resume.',
    );
  const origin = options.origin === undefined ? undefined : parseOrigin(options.origin);
  const connection = await connect(options, context);
  const resource = await findResource(connection, which);
  const publisher = await ownerWallet(connection, resource);
  refuseGone(resource);

  // Everything is looked at before anything is sent: a change that cannot be made changes nothing.
  const stake = stakeChange ? await stakeUpdate(connection, resource, publisher, options) : undefined;
  if (statusChange) refuseStatus(resource, options.pause === true);
  const settings =
    settingsChange || options.newPassword === true
      ? await newSettings(connection, resource, origin, options, context)
      : undefined;
  if (settings !== undefined && options.domain !== undefined)
    await refuseNames(connection.client, settings.domains, resource.address);

  if (stake !== undefined) await connection.send([stake], publisher);
  if (settings !== undefined) {
    if (origin !== undefined) await warnOfOrigin(settings, context);
    const fresh =
      options.newPassword === true
        ? await replacementPassword(options, context, labelOf(resource))
        : undefined;
    const { bytes: password } = fresh ?? (await passwordInForce(connection, resource, options, context));
    await sealSettings(connection, { resource, publisher, settings, password }, context);
    if (fresh !== undefined) {
      await fresh.keep();
      context.terminal.note(
        `The settings have a new password, in ${fresh.from}: keep a copy of it somewhere safe.`,
      );
    }
  }
  if (statusChange) {
    const paused = options.pause === true ? 1 : 0;
    const to = { publisher, resource: resource.address };
    await connection.send([await connection.client.instructions.pauseResource({ ...to, paused })], publisher);
  }
  const after = await findResource(connection, resource.address);
  if (settings !== undefined && options.domain !== undefined && after.status === RESOURCE_STATUS.active)
    await untilKnown(connection.client, after, settings, context);
  await print(after, connection, options, context);
}

function refuseGone(resource: Resource): void {
  const { removed, released } = RESOURCE_STATUS;
  if (resource.status !== removed && resource.status !== released) return;
  throw bad(
    `The resource ${labelOf(resource)} is ${nameIn(RESOURCE_STATUS, resource.status)}: nothing of it can be changed any more.`,
    'Publish the origin anew with "media resource add http://127.0.0.1:3000".',
  );
}

/** The program takes a pause from what is served or waits, and a resume from what is paused. */
function refuseStatus(resource: Resource, pause: boolean): void {
  const { active, exhausted, pending, paused, draft } = RESOURCE_STATUS;
  const { status } = resource;
  const name = nameIn(RESOURCE_STATUS, status);
  const label = labelOf(resource);
  if (pause && status === paused)
    throw bad(
      `The resource ${label} is paused already.`,
      `"media resource update ${label} --resume" serves it again.`,
    );
  if (!pause && (status === active || status === pending))
    throw bad(
      `The resource ${label} is not paused: it is ${name}.`,
      `"media resource show ${label}" says where it stands.`,
    );
  if (!pause && status === exhausted)
    throw bad(
      `The resource ${label} is not paused: its stake is used up.`,
      `Set more LP aside for it with "media resource update ${label} --lp 10".`,
    );
  if (status === draft)
    throw bad(
      `The resource ${label} is a draft: it was never published, so there is nothing to pause or resume.`,
      `Run "media resource add http://127.0.0.1:3000 --id ${resource.id}" to finish it.`,
    );
}

/** The instruction that changes LP or terms, where what is asked can be. */
async function stakeUpdate(
  connection: Connection,
  resource: Resource,
  publisher: Signer,
  options: UpdateOptions,
): Promise<Awaited<ReturnType<Connection['client']['instructions']['updateResource']>>> {
  const { client } = connection;
  const [pool, config, now] = await Promise.all([
    client.account('pool', resource.pool),
    client.config(),
    client.chainTime(),
  ]);
  const decimals = pool === null ? 0 : await mintDecimals(client, pool.lpMint);
  const lp = options.lp === undefined ? resource.lp : parseAmount(options.lp, decimals, 'The amount of LP');
  const newest = newestTerms(resource);
  const allowance =
    options.allowance === undefined ? newest.allowance : parseWhole(options.allowance, '--allowance');
  const vouchKey = parseVouchingKey(options.vouchingKey ?? newest.vouchingKey ?? 'none');
  const show = (units: bigint): string => `${formatUnits(units, decimals)} LP`;
  const stake = await client.stake(publisher.address, resource.pool, ROLE.publisher);
  if (lp > resource.lp) refuseMore(resource, stake, lp, show);
  if (lp < resource.lp) refuseLess(resource, config, now, lp, show);
  if (allowance !== newest.allowance || !equalBytes(vouchKey, parseVouchingKey(newest.vouchingKey ?? 'none')))
    refuseTerms(resource, config, now);
  return client.instructions.updateResource({
    publisher,
    resource: resource.address,
    pool: resource.pool,
    // Not what was read: a charge may take of it before this lands.
    lp: options.lp === undefined ? 0n : lp,
    allowance,
    vouchKey,
  });
}

function refuseMore(
  resource: Resource,
  stake: Found<'stake'> | null,
  lp: bigint,
  show: (units: bigint) => string,
): void {
  const free = (stake?.lp ?? 0n) - (stake?.allocated ?? 0n);
  if (lp - resource.lp <= free) return;
  throw bad(
    `You asked to set ${show(lp)} aside; ${show(resource.lp)} are, and ${show(free)} of the publisher's stake are free, so ${show(resource.lp + free)} is the most.`,
    'Ask for that, or stake more first with "media stake add 10".',
  );
}

function refuseLess(
  resource: Resource,
  config: Found<'config'>,
  now: bigint,
  lp: bigint,
  show: (units: bigint) => string,
): void {
  const asked = `You asked to set ${show(lp)} aside instead of ${show(resource.lp)}`;
  const label = labelOf(resource);
  const due = dueOf(resource);
  if (due > 0n || resource.debt > 0n)
    throw bad(
      `${asked}; ${formatMedia(due)} are due and ${formatMedia(resource.debt)} are owed, and the LP stands for them.`,
      'Guards charge what is due within a day of the network; ask again then.',
    );
  if (resource.status !== RESOURCE_STATUS.paused)
    throw bad(
      `${asked}; LP is freed of a paused resource only, when its hours are settled, and this one is ${nameIn(RESOURCE_STATUS, resource.status)}.`,
      `"media resource update ${label} --pause" pauses it.`,
    );
  const from = settledFrom(resource, config) ?? 0n;
  const hour = hourAt(config, now);
  if (hour < from)
    throw bad(
      `${asked}; it is paused, its hours are settled in hour ${from}, and it is hour ${hour}.`,
      `Ask again in ${from - hour} hours of the network.`,
    );
}

/** Eight changes of terms are kept; the oldest is dropped when no hour that can still be decided needs it. */
function refuseTerms(resource: Resource, config: Found<'config'>, now: bigint): void {
  const hour = hourAt(config, now);
  const newest = newestTerms(resource);
  if (resource.termsCount < resource.terms.length || newest.from === hour + 1n) return;
  const second = resource.terms[1]?.from ?? 0n;
  const from = second + settlingHours(config);
  if (hour >= from) return;
  throw bad(
    `Allowance and vouching key have been changed ${resource.termsCount} times lately, and hours under the first of those terms can still be decided; they can change again in hour ${from}, and it is hour ${hour}.`,
    `Ask again in ${from - hour} hours of the network. "media resource update ${labelOf(resource)} --pause" works always.`,
  );
}

/** The settings as they will be: what is in force with the changes, or all new where that cannot be opened. */
async function newSettings(
  connection: Connection,
  resource: Resource,
  origin: string | undefined,
  options: UpdateOptions,
  context: CliContext,
): Promise<Settings> {
  if (options.newPassword !== true) {
    const { settings } = await requireSettings(connection, resource, options, context);
    return withOptions(origin === undefined ? settings : { ...settings, origin }, options);
  }
  // A password that is named is the new one; the old settings open by those that are kept here, or by a guard.
  const { passwordFile: _new, ...kept } = options;
  const opened = await openSettings(connection, resource, kept, {
    ...context,
    env: { ...context.env, MEDIA_PASSWORD: '' },
  });
  if (opened.kind === 'open')
    return withOptions(origin === undefined ? opened.settings : { ...opened.settings, origin }, options);
  if (origin === undefined) {
    const why = opened.kind === 'sealed' ? `: ${opened.tried.join('; ')}` : '';
    throw bad(
      `The old settings cannot be opened${why}. So the new ones must be named whole.`,
      `Name the origin too: "media resource update ${labelOf(resource)} --new-password --origin http://127.0.0.1:3000", with --header and --probe as they should be.`,
    );
  }
  return withOptions(originOnly(origin), options);
}
