import {
  addressBytes,
  isLocalName,
  isWithinZone,
  parseAddress,
  proofName,
  proofText,
  provenResource,
  readOwnName,
  toHex,
} from '@media-network/protocol';
import { errorMessage } from '@media-network/runtime';
import type { Clock } from '@media-network/runtime';
import type { ResourceStatus } from '../chain/edge-chain.ts';
import { createRateLimit } from '../control/rate-limit.ts';
import type { SettingsKeys } from './settings-keys.ts';
import type { Tenant, TenantBook } from './tenant-book.ts';
import type { TxtLookup } from './txt-lookup.ts';

/** Why a name is not served here. */
export type OwnNameRefusal =
  /** Not a name at all, or below the zone of the network. */
  | 'not-a-name'
  | 'of-the-zone'
  /** No TXT record says whose it is. */
  | 'no-record'
  /** The record names a resource that is not on chain. */
  | 'no-resource'
  /** The settings of the resource do not list the name. */
  | 'not-listed'
  /** Several resources have it. */
  | 'contested'
  /** Settings of the resource that it names cannot be read at the moment. */
  | 'no-settings'
  /** This edge asks no DNS. */
  | 'no-resolver'
  /** DNS does not answer. */
  | 'dns-failed'
  /** Too many names are asked about. */
  | 'busy'
  /** A name ending in `.localhost`, where these are not served. */
  | 'local-off';

export type OwnNameAnswer =
  | { readonly kind: 'served'; readonly tenant: Tenant; readonly by: 'record' | 'local' }
  /** `why` in words, for whoever owns the name. */
  | { readonly kind: 'refused'; readonly reason: OwnNameRefusal; readonly why: string };

/** Hosts of publishers' own: whose they are, as DNS and the settings say together (docs/evidence.md, Own names). */
export interface OwnNames {
  /** What is known to be served, at once. Looks again in the background when it was long ago. */
  peek(host: string): Tenant | undefined;
  /** The same, and looks where nothing is known. Never rejects. */
  find(host: string): Promise<OwnNameAnswer>;
  /** Called with every name that a look found to be served here by its record. */
  onServed(listener: (host: string) => void): void;
}

export interface OwnNamesDeps {
  readonly book: Pick<TenantBook, 'byKey' | 'tenants'>;
  readonly settings: Pick<SettingsKeys, 'newestOf'>;
  readonly txt: TxtLookup;
  readonly clock: Clock;
}

export interface OwnNamesOptions {
  readonly zone: string;
  /** Whether names ending in `.localhost` are served to the only resource that lists them, unproven: where the chain is on this machine. */
  readonly local: boolean;
}

/** A proven name is looked at again after this, while it is served. */
const RECORD_AGAIN_MS = 5 * 60_000;
const LOCAL_AGAIN_MS = 2_000;
/** Not asked for so long, it is looked at before it is served again: who owns it may have changed. */
const RECORD_STALE_MS = 60 * 60_000;
/** While DNS does not answer, what was proven is served on for so long: an outage of DNS must not be one of the site. */
const PROVEN_MS = 24 * 60 * 60_000;
const FAILED_AGAIN_MS = 30_000;
/** What was refused is refused for so long without a look. */
const REFUSED_MS = 5_000;

/** What strangers can make the edge remember and ask: they choose the names in their requests. */
const MAX_SERVED = 10_000;
const MAX_REFUSED = 4_096;
const MAX_RUNNING = 256;
/** Look-ups for names that are not served; and of names below one domain, so that a flood of one stays its own. */
const LOOKUPS = { perSecond: 50, burst: 200 };
const OF_ONE_DOMAIN = { perSecond: 5, burst: 20 };
/** Resources that one name's records are followed to. */
const MAX_NAMED = 8;
/** Local names need the settings of every resource; a network with more has a domain. */
const MAX_LOCAL_RESOURCES = 256;
/** Resources that guards have said yes to at some time: what others list keeps nobody from a name. */
const HOLDS_NAMES: ReadonlySet<ResourceStatus> = new Set<ResourceStatus>(['active', 'paused', 'exhausted']);

interface Served {
  readonly tenant: Tenant;
  readonly by: 'record' | 'local';
  checkedAtMs: number;
  provenAtMs: number;
}

interface RefusedName {
  readonly answer: Extract<OwnNameAnswer, { kind: 'refused' }>;
  readonly untilMs: number;
}

function no(reason: OwnNameRefusal, why: string): Extract<OwnNameAnswer, { kind: 'refused' }> {
  return { kind: 'refused', reason, why };
}

export function createOwnNames(deps: OwnNamesDeps, options: OwnNamesOptions): OwnNames {
  const { book, settings, txt, clock } = deps;
  const served = new Map<string, Served>();
  const refused = new Map<string, RefusedName>();
  const running = new Map<string, Promise<OwnNameAnswer>>();
  const lookUps = createRateLimit(LOOKUPS);
  const ofOneDomain = createRateLimit(OF_ONE_DOMAIN);
  const listeners: ((host: string) => void)[] = [];

  /** Whether the resource is still there and lists the name; its settings may have changed since the look. */
  function stillLists(tenant: Tenant, host: string): boolean {
    return book.byKey(tenant.key) === tenant && (tenant.settings?.plain.domains.includes(host) ?? false);
  }

  function known(host: string): Served | undefined {
    const found = served.get(host);
    if (found === undefined) return undefined;
    const age = clock.nowMs() - found.checkedAtMs;
    if (!stillLists(found.tenant, host) || age > RECORD_STALE_MS) return undefined;
    if (age > (found.by === 'local' ? LOCAL_AGAIN_MS : RECORD_AGAIN_MS)) void look(host);
    return found;
  }

  /** Of these resources the one that lists the name. */
  async function claimant(
    host: string,
    tenants: readonly Tenant[],
  ): Promise<
    { readonly kind: 'one'; readonly tenant: Tenant } | Extract<OwnNameAnswer, { kind: 'refused' }>
  > {
    const read = await Promise.all(
      tenants.map(async (tenant) => ({ tenant, outcome: await settings.newestOf(tenant) })),
    );
    const claims = read.filter(
      ({ outcome }) => outcome.kind === 'ok' && outcome.settings.domains.includes(host),
    );
    const [first, second] = claims;
    if (first !== undefined && second !== undefined)
      return no(
        'contested',
        `the resources ${claims.map(({ tenant }) => tenant.label).join(' and ')} both have it: neither is served under it`,
      );
    if (first !== undefined) return { kind: 'one', tenant: first.tenant };
    // One whose settings cannot be read may have it: to say no would be a guess.
    const unread = read.find(({ outcome }) => outcome.kind === 'missing');
    if (unread !== undefined && unread.outcome.kind === 'missing')
      return no(
        'no-settings',
        `the settings of ${unread.tenant.label} cannot be read: ${unread.outcome.why}`,
      );
    return no(
      'not-listed',
      tenants.length === 1
        ? `the settings of ${tenants[0]?.label} do not list it`
        : 'no resource lists it in its settings',
    );
  }

  async function checkLocal(host: string): Promise<OwnNameAnswer> {
    if (!options.local)
      return no('local-off', 'names ending in .localhost are served on a network of one machine alone');
    const tenants = book.tenants().filter(({ view }) => HOLDS_NAMES.has(view.status));
    if (tenants.length > MAX_LOCAL_RESOURCES)
      return no(
        'local-off',
        `this network has more than ${MAX_LOCAL_RESOURCES} resources: use a name with DNS`,
      );
    const found = await claimant(host, tenants);
    return found.kind === 'one' ? { kind: 'served', tenant: found.tenant, by: 'local' } : found;
  }

  async function checkRecord(host: string): Promise<OwnNameAnswer> {
    const at = proofName(host);
    const answer = await txt.records(at);
    if (answer.kind === 'off') return no('no-resolver', 'this edge asks no DNS: it has no --resolver');
    if (answer.kind === 'failed') return no('dns-failed', `DNS does not answer for ${at} (${answer.why})`);
    const named = new Set<string>();
    for (const record of answer.kind === 'none' ? [] : answer.records) {
      const resource = provenResource(record);
      if (resource !== undefined && named.size < MAX_NAMED) named.add(resource);
    }
    if (named.size === 0)
      return no('no-record', `DNS has no record at ${at} that begins with ${JSON.stringify(proofText(''))}`);
    const tenants = [...named].flatMap((text) => {
      const tenant = parseAddress(text) === undefined ? undefined : book.byKey(toHex(addressBytes(text)));
      return tenant ?? [];
    });
    if (tenants.length === 0)
      return no(
        'no-resource',
        `the record at ${at} names ${[...named][0]?.slice(0, 64)}, which is no resource here`,
      );
    const found = await claimant(host, tenants);
    return found.kind === 'one' ? { kind: 'served', tenant: found.tenant, by: 'record' } : found;
  }

  /** What a look found, made what is remembered. */
  function remember(host: string, answer: OwnNameAnswer): OwnNameAnswer {
    const now = clock.nowMs();
    const before = served.get(host);
    if (answer.kind === 'served') {
      refused.delete(host);
      served.delete(host);
      served.set(host, { tenant: answer.tenant, by: answer.by, checkedAtMs: now, provenAtMs: now });
      forgetOldest(served, MAX_SERVED);
      if (answer.by === 'record') for (const listener of listeners) listener(host);
      return answer;
    }
    if (
      answer.reason === 'dns-failed' &&
      before !== undefined &&
      now - before.provenAtMs < PROVEN_MS &&
      stillLists(before.tenant, host)
    ) {
      before.checkedAtMs = now - RECORD_AGAIN_MS + FAILED_AGAIN_MS;
      return { kind: 'served', tenant: before.tenant, by: before.by };
    }
    served.delete(host);
    refused.delete(host);
    refused.set(host, { answer, untilMs: now + REFUSED_MS });
    forgetOldest(refused, MAX_REFUSED);
    return answer;
  }

  /** One look at a name at a time. */
  function look(host: string): Promise<OwnNameAnswer> {
    const under = running.get(host);
    if (under !== undefined) return under;
    const run = (isLocalName(host) ? checkLocal(host) : checkRecord(host))
      .catch((error: unknown) => no('no-settings', `the look at it failed: ${errorMessage(error)}`))
      .then((answer) => {
        running.delete(host);
        return remember(host, answer);
      });
    running.set(host, run);
    return run;
  }

  return {
    onServed: (listener) => void listeners.push(listener),
    peek: (host) => known(host)?.tenant,
    async find(host) {
      const found = known(host);
      if (found !== undefined) return { kind: 'served', tenant: found.tenant, by: found.by };
      const before = refused.get(host);
      if (before !== undefined && clock.nowMs() < before.untilMs) return before.answer;
      const reading = readOwnName(host);
      if (reading.kind === 'none' || reading.name !== host) return no('not-a-name', 'it is no name');
      if (isWithinZone(host, options.zone))
        return no('of-the-zone', `it is a name of the zone ${options.zone}`);
      if (!running.has(host) && !served.has(host)) {
        const now = clock.nowMs();
        const domain = host.split('.').slice(-2).join('.');
        if (running.size >= MAX_RUNNING || !ofOneDomain.take(domain, now) || !lookUps.take('', now))
          return no('busy', 'too many names are asked about at the moment');
      }
      return look(host);
    },
  };
}

function forgetOldest<T>(names: Map<string, T>, most: number): void {
  if (names.size <= most) return;
  for (const oldest of names.keys()) {
    names.delete(oldest);
    return;
  }
}
