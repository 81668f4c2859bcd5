import { Resolver } from 'node:dns/promises';
import { isIP } from 'node:net';
import { proofName, proofText } from '@media-network/protocol';
import { errorCode } from '@media-network/runtime';

/** A record that its owner puts into DNS. */
export interface WantedRecord {
  readonly name: string;
  /** `ALIAS`: what DNS providers also call ANAME or a flattened CNAME; a zone's own name has no CNAME (RFC 1912 §2.4). */
  readonly type: 'TXT' | 'CNAME' | 'ALIAS';
  readonly value: string;
}

/** How one record stands in DNS now. */
export interface RecordSight {
  readonly record: WantedRecord;
  /** Null where nobody could be asked. */
  readonly there: boolean | null;
  /** In words; null where all is well. */
  readonly why: string | null;
}

/** What DNS says of a name of a publisher's own. */
export interface NameLook {
  readonly name: string;
  /** Whether a zone begins at it, so that it can have no CNAME; null where nobody could be asked. */
  readonly apex: boolean | null;
  readonly proof: RecordSight;
  readonly leads: RecordSight;
}

/** Asks about one name; `failed` with the code of why nobody could be asked. */
export type Ask = (
  name: string,
  type: 'A' | 'AAAA' | 'CNAME' | 'SOA' | 'TXT',
) => Promise<
  | { readonly kind: 'records'; readonly records: readonly string[] }
  | { readonly kind: 'failed'; readonly why: string }
>;

const TIMEOUT_MS = 3_000;
const TRIES = 2;
/** A CNAME may lead to another; resolvers follow about as many. */
const MAX_HOPS = 8;
const NOTHING: ReadonlySet<string> = new Set(['ENOTFOUND', 'ENODATA']);

/** By the resolver at an address, or this machine's own. */
export function askResolver(server: string | undefined): Ask {
  const resolver = new Resolver({ timeout: TIMEOUT_MS, tries: TRIES });
  if (server !== undefined) resolver.setServers([server]);
  const found = async (name: string, type: Parameters<Ask>[1]): Promise<readonly string[]> => {
    if (type === 'A') return resolver.resolve4(name);
    if (type === 'AAAA') return resolver.resolve6(name);
    if (type === 'CNAME') return resolver.resolveCname(name);
    if (type === 'SOA') return [(await resolver.resolveSoa(name)).nsname];
    return (await resolver.resolveTxt(name)).map((parts) => parts.join(''));
  };
  return async (name, type) => {
    try {
      return { kind: 'records', records: await found(name, type) };
    } catch (error) {
      const code = errorCode(error);
      return NOTHING.has(code) ? { kind: 'records', records: [] } : { kind: 'failed', why: code };
    }
  };
}

export interface LookedFor {
  /** Host of the resource in the network's zone: who asks for it is led to the nearest edge. */
  readonly host: string;
  /** The resource's address. */
  readonly resource: string;
  /** Addresses at which edges are. */
  readonly edges: ReadonlySet<string>;
}

/** What is in DNS of what a name needs: the record that proves it, and one that leads to the network. */
export async function lookAtName(ask: Ask, name: string, wanted: LookedFor): Promise<NameLook> {
  const [proof, soa] = await Promise.all([lookForProof(ask, name, wanted), ask(name, 'SOA')]);
  const apex = soa.kind === 'failed' ? null : soa.records.length > 0;
  return { name, apex, proof, leads: await lookWhere(ask, name, apex === true, wanted) };
}

async function lookForProof(ask: Ask, name: string, { resource }: LookedFor): Promise<RecordSight> {
  const record: WantedRecord = { name: proofName(name), type: 'TXT', value: proofText(resource) };
  const answer = await ask(record.name, 'TXT');
  if (answer.kind === 'failed') return { record, there: null, why: unasked(answer.why) };
  const key = record.value.slice(0, record.value.indexOf('=') + 1);
  const others = answer.records.filter((text) => text.startsWith(key) && text !== record.value);
  if (!answer.records.includes(record.value))
    return {
      record,
      there: false,
      why: others.length === 0 ? 'not there' : `it names another resource: ${others[0]}`,
    };
  return { record, there: true, why: null };
}

async function lookWhere(ask: Ask, name: string, apex: boolean, wanted: LookedFor): Promise<RecordSight> {
  const record: WantedRecord = { name, type: apex ? 'ALIAS' : 'CNAME', value: wanted.host };
  const seen = [name];
  for (let at = name; seen.length <= MAX_HOPS;) {
    const answer = await ask(at, 'CNAME');
    if (answer.kind === 'failed') return { record, there: null, why: unasked(answer.why) };
    const next = answer.records[0]?.toLowerCase().replace(/\.$/, '');
    if (next === undefined) break;
    if (next === wanted.host) return { record, there: true, why: null };
    seen.push(next);
    at = next;
  }
  const both = await Promise.all([ask(name, 'A'), ask(name, 'AAAA')]);
  const failed = both.find((each) => each.kind === 'failed');
  if (failed?.kind === 'failed') return { record, there: null, why: unasked(failed.why) };
  const addresses = both.flatMap((each) => (each.kind === 'records' ? each.records : []));
  if (addresses.length === 0) return { record, there: false, why: 'not there' };
  const strange = addresses.filter((each) => !wanted.edges.has(canonical(each)));
  if (strange.length > 0)
    return {
      record,
      there: false,
      why: `it leads to ${[...seen.slice(1), ...strange].slice(0, 3).join(', ')}, where no edge of the network is`,
    };
  // What a provider makes of an ALIAS cannot be told from addresses that somebody wrote down.
  return {
    record,
    there: true,
    why: apex ? null : 'by addresses: they stay when an edge goes, a CNAME follows the network',
  };
}

const unasked = (code: string): string => `DNS does not answer (${code})`;

/** As the runtime writes an address. */
export function canonical(address: string): string {
  return isIP(address) === 6
    ? (URL.parse(`http://[${address}]/`)?.hostname.slice(1, -1) ?? address)
    : address;
}
