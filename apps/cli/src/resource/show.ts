import { RESOURCE_STATUS } from '@media-network/chain/schema';
import { formatBytes, formatMedia, formatUnits } from '../amounts.ts';
import type { CliContext } from '../command.ts';
import { auditDeps } from '../audit-deps.ts';
import { connect, mintDecimals } from '../connection.ts';
import type { ChainOptions } from '../chain-options.ts';
import type { Connection } from '../connection.ts';
import { nameIn } from '../roles.ts';
import { table } from '../terminal/table.ts';
import { labelOf } from './find.ts';
import type { Resource } from './find.ts';
import { openSettings } from './open-settings.ts';
import type { OpenedSettings } from './open-settings.ts';
import { checkOrigin } from './origin-check.ts';
import type { OriginSight } from './origin-check.ts';
import { originsOf } from './origins.ts';
import { nameLines, sightsOf } from './own-names.ts';
import type { NameSight } from './own-names.ts';
import type { PasswordOptions } from './password.ts';
import { readOpenBytes } from './open-bytes.ts';
import { describeRunway, readRunways, runwayWords, topUpHint } from './runway.ts';
import type { Runway } from './runway.ts';
import type { OpenBytes } from './open-bytes.ts';
import { guardWords, placesOf, standing } from './standing.ts';
import type { GuardWord, Place } from './standing.ts';
import { dueOf, newestTerms } from './terms.ts';

export type ShowOptions = ChainOptions & PasswordOptions;

/** Everything that a publisher asks of a resource. */
interface Picture {
  readonly resource: Resource;
  readonly settings: OpenedSettings;
  readonly origin: OriginSight | undefined;
  readonly names: readonly NameSight[];
  readonly places: readonly Place[];
  readonly words: readonly GuardWord[];
  /** Of the week until now; undefined where that was not asked, or nobody tells. */
  readonly open: OpenBytes | undefined;
  /** How long its stake lasts; undefined for what is not served. */
  readonly runway: Runway | undefined;
}

async function look(
  resource: Resource,
  connection: Connection,
  options: ShowOptions,
  context: CliContext,
  ask: boolean,
  runway: Runway | undefined,
): Promise<Picture> {
  const [settings, places, words, open] = await Promise.all([
    openSettings(connection, resource, options, context),
    placesOf(connection.client, resource, ask),
    guardWords(connection.client, resource),
    ask ? readOpenBytes(auditDeps(connection.client), resource.address) : undefined,
  ]);
  const origin = ask && settings.kind === 'open' ? await checkOrigin(settings.settings) : undefined;
  const names =
    settings.kind === 'open' ? await sightsOf(connection.client, resource, settings.settings, ask) : [];
  return { resource, settings, origin, names, places, words, open, runway };
}

export function describe(picture: Picture): object {
  const { resource, settings, origin, places, words } = picture;
  const stands = standing(resource, words, places, picture.origin);
  const terms = newestTerms(resource);
  return {
    address: resource.address,
    label: labelOf(resource),
    id: resource.id,
    status: nameIn(RESOURCE_STATUS, resource.status),
    served: stands.served,
    why: stands.text === 'served' ? null : stands.text,
    url: places[0]?.url ?? null,
    host: places[0]?.host ?? null,
    origin: settings.kind === 'open' ? settings.settings.origin : null,
    origins: settings.kind === 'open' ? originsOf(settings.settings) : null,
    originSealed: settings.kind === 'sealed',
    originAnswers: origin === undefined ? null : origin.kind === 'answers',
    domains: picture.names,
    rules: settings.kind === 'open' ? (settings.settings.rules ?? []) : null,
    edges: places,
    guards: words,
    publisher: resource.publisher,
    quotaKbps: resource.quotaKbps,
    p95Kbps: resource.p95Kbps,
    lp: resource.lp,
    due: dueOf(resource),
    debt: resource.debt,
    runway: describeRunway(picture.runway),
    charged: resource.charged,
    allowance: terms.allowance,
    vouchingKey: terms.vouchingKey ?? null,
    termsFrom: terms.from,
    openBytes: picture.open ?? null,
    bytesTotal: resource.bytesTotal,
    settingsVersion: resource.settingsVersion,
  };
}

/** The settings of a resource that is gone are gone with it. */
export const noneText = ({ status }: Pick<Resource, 'status'>): string =>
  status === RESOURCE_STATUS.released ? 'none any more' : 'none yet';

function originText({ resource, settings, origin }: Picture): string {
  if (settings.kind === 'none') return noneText(resource);
  if (settings.kind === 'sealed') return `sealed: ${settings.tried.join('; ')}`;
  const { origin: url } = settings.settings;
  if (origin === undefined) return url;
  return origin.kind === 'answers'
    ? `${url}, answers this machine${origin.note === undefined ? '' : `; ${origin.note}`}`
    : `${url}, does not answer this machine: ${origin.why}`;
}

/** Those that rules name beside the settings' own. */
function moreOrigins({ settings }: Picture): readonly string[] {
  if (settings.kind !== 'open') return [];
  return originsOf(settings.settings)
    .slice(1)
    .map(({ url, weight, backup }) => `${url}, ${backup ? 'backup' : `weight ${weight}`}`);
}

function vouchedText(resource: Resource): string {
  const { vouchingKey, from } = newestTerms(resource);
  return vouchingKey === undefined
    ? 'nothing: it has no vouching key ("media vouch" makes one)'
    : `by ${vouchingKey}, from hour ${from} on`;
}

/** Open bytes that went elsewhere than the viewers that are vouched for are a sign of bytes that nobody asked for. */
function openText(open: OpenBytes | undefined): string {
  if (open === undefined || open.open + open.vouched === 0n) return '';
  const lately = `; lately ${formatBytes(open.open)} open beside ${formatBytes(open.vouched)} vouched`;
  if (open.unlike.length === 0) return lately;
  const who = open.unlike.map(({ edge, open: bytes }) => `${edge} (${formatBytes(bytes)})`).join(', ');
  return `${lately}. UNLIKE the vouched ones at ${who}: lower the allowance if nobody but your viewers should be served`;
}

/** Shows a resource: where it is served, from where, and if not, why not. */
export async function print(
  resource: Resource,
  connection: Connection,
  options: ShowOptions,
  context: CliContext,
): Promise<void> {
  const runway = (await readRunways(connection.client, [resource])).get(resource.address);
  const picture = await look(resource, connection, options, context, true, runway);
  if (options.json === true) {
    context.terminal.json(describe(picture));
    return;
  }
  const { client } = connection;
  const pool = await client.account('pool', resource.pool).catch(() => null);
  const decimals = pool === null ? 0 : await mintDecimals(client, pool.lpMint);
  const { terminal, invocation } = context;
  const { style } = terminal;
  const { places, words } = picture;
  const stands = standing(resource, words, places, picture.origin);
  const rows: [string, string][] = [
    [
      'url',
      places[0]?.url ??
        (resource.status === RESOURCE_STATUS.released ? 'none any more' : 'none: no edge is registered'),
    ],
    [
      'status',
      `${nameIn(RESOURCE_STATUS, resource.status)}, ${stands.served ? style.green(stands.text) : style.red(stands.text)}`,
    ],
    ['origin', originText(picture)],
    ...moreOrigins(picture).map((line): [string, string] => ['', line]),
    ['resource', `${resource.address} (id ${resource.id})`],
    ['label', labelOf(resource)],
    ['publisher', await connection.named(resource.publisher)],
    ['set aside', `${formatUnits(resource.lp, decimals)} LP`],
    ['quota', `${resource.quotaKbps / 1000} Mbit/s, p95 ${resource.p95Kbps / 1000} Mbit/s`],
    ['delivered', `${formatBytes(resource.bytesTotal)}, as recorded`],
    [
      'charged',
      `${formatMedia(resource.charged)}, due ${formatMedia(dueOf(resource))}, debt ${formatMedia(resource.debt)}`,
    ],
    ...(runway === undefined
      ? []
      : [
          ['lasts', runway.low ? style.yellow(runwayWords(runway)) : runwayWords(runway)] as [string, string],
        ]),
    ['vouched', vouchedText(resource)],
    ['open', `at most ${formatBytes(newestTerms(resource).allowance)} an hour${openText(picture.open)}`],
    [
      'settings',
      `version ${resource.settingsVersion}${picture.settings.kind === 'open' ? `, opened by ${picture.settings.by}` : ''}`,
    ],
  ];
  for (const [name, value] of rows) terminal.line(`${style.dim(name.padEnd(10))} ${value}`);
  const rules = picture.settings.kind === 'open' ? (picture.settings.settings.rules ?? []) : [];
  for (const [index, rule] of rules.entries())
    terminal.line(`${style.dim((index === 0 ? 'rules' : '').padEnd(10))} ${rule}`);
  for (const sight of picture.names)
    for (const [index, line] of nameLines(sight).entries())
      terminal.line(
        `${style.dim((index === 0 ? 'own name' : '').padEnd(10))} ${sight.served ? line : style.yellow(line)}`,
      );
  if (places.length > 0) {
    terminal.line();
    const columns = [
      { head: 'edge', value: (place: Place) => place.endpoint },
      {
        head: 'answers /',
        value: (place: Place) => {
          const says = place.says ?? '';
          return /^[23]/.test(says) ? style.green(says) : style.yellow(says);
        },
      },
      { head: 'url', value: (place: Place) => place.url },
    ];
    for (const line of table(places, columns, style)) terminal.line(line);
    const [first] = places;
    if (first !== undefined && first.host.endsWith('.localhost')) {
      terminal.line();
      terminal.line(style.dim('Where no name ending in .localhost resolves:'));
      terminal.line(`  curl -H 'Host: ${first.host}' ${new URL('/', first.endpoint).href}`);
    }
  }
  if (stands.hint !== '') {
    terminal.line();
    terminal.line(invocation.rewrite(stands.hint));
  }
  if (runway?.low === true) {
    terminal.line();
    terminal.line(invocation.rewrite(topUpHint(labelOf(resource), runway)));
  }
}

export async function list(
  options: ShowOptions & { readonly all?: true },
  context: CliContext,
): Promise<void> {
  const connection = await connect(options, context);
  await connection.client.config();
  const where = options.all === true ? undefined : { publisher: (await connection.wallet()).address };
  const resources = await connection.client.resources(where);
  const runways = await readRunways(connection.client, resources);
  const pictures: Picture[] = [];
  for (const resource of resources)
    pictures.push(await look(resource, connection, options, context, false, runways.get(resource.address)));
  const { terminal, invocation } = context;
  if (options.json === true) {
    terminal.json(pictures.map(describe));
    return;
  }
  if (resources.length === 0) {
    const others = options.all === true ? 0 : (await connection.client.resources()).length;
    terminal.line(
      others === 0
        ? `There is no resource yet: "${invocation.line('resource add http://127.0.0.1:3000')}" publishes a site.`
        : `The wallet ${await connection.named((await connection.wallet()).address)} has no resource; "${invocation.line('resource list --all')}" shows the ${others} of others.`,
    );
    return;
  }
  const columns = [
    { head: 'id', value: (each: Picture) => String(each.resource.id), align: 'right' as const },
    { head: 'status', value: (each: Picture) => nameIn(RESOURCE_STATUS, each.resource.status) },
    {
      head: 'origin',
      value: ({ resource, settings }: Picture) =>
        settings.kind === 'open'
          ? settings.settings.origin
          : settings.kind === 'none'
            ? noneText(resource)
            : 'sealed',
    },
    {
      head: 'delivered',
      value: ({ resource }: Picture) => formatBytes(resource.bytesTotal),
      align: 'right' as const,
    },
    {
      head: 'charged',
      value: ({ resource }: Picture) => formatMedia(resource.charged),
      align: 'right' as const,
    },
    { head: 'url', value: (each: Picture) => each.places[0]?.url ?? `(${labelOf(each.resource)})` },
  ];
  for (const line of table(pictures, columns, terminal.style)) terminal.line(line);
  for (const each of pictures) {
    const { runway } = each;
    if (runway?.low === true)
      terminal.line(
        terminal.style.yellow(
          `${each.resource.id}: its stake ${runwayWords(runway)}. ${invocation.rewrite(topUpHint(labelOf(each.resource), runway))}`,
        ),
      );
    if (each.resource.status === RESOURCE_STATUS.active) continue;
    const { text, hint } = standing(each.resource, each.words, each.places);
    terminal.line(terminal.style.yellow(`${each.resource.id}: ${text}. ${invocation.rewrite(hint)}`.trim()));
  }
}
