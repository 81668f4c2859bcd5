import { isAddress } from '@solana/kit';

/** How a guard says that it divided a sample of a resource (docs/evidence.md, HTTP of a guard). Nobody signed it. */
export interface GuardShares {
  readonly no: number;
  readonly budget: bigint;
  readonly burst: boolean;
  readonly reserve: bigint;
  readonly shares: readonly { readonly edge: string; readonly bytes: bigint; readonly demand: bigint }[];
}

/** More edges than any network has of one resource. */
const MAX_SHARES = 20_000;

type Fields = ReadonlyMap<string, unknown>;

function bytesIn(fields: Fields, name: string): bigint | undefined {
  const text = fields.get(name);
  return typeof text === 'string' && /^\d{1,20}$/.test(text) ? BigInt(text) : undefined;
}

/** Reads an answer of `/v1/shares`; undefined for one that is none, or of another guard, resource or sample. */
export function readGuardShares(
  answer: Fields,
  of: { readonly no: number; readonly resource: string; readonly sample: bigint },
): GuardShares | undefined {
  const [budget, reserve] = [bytesIn(answer, 'budget'), bytesIn(answer, 'reserve')];
  const [burst, list] = [answer.get('burst'), answer.get('shares')];
  const named = answer.get('no') === of.no && answer.get('resource') === of.resource;
  if (!named || answer.get('sample') !== String(of.sample)) return undefined;
  if (budget === undefined || reserve === undefined || typeof burst !== 'boolean') return undefined;
  if (!Array.isArray(list) || list.length > MAX_SHARES) return undefined;
  const shares: { edge: string; bytes: bigint; demand: bigint }[] = [];
  for (const each of list) {
    const row: Fields = new Map(typeof each === 'object' && each !== null ? Object.entries(each) : []);
    const [edge, bytes, demand] = [row.get('edge'), bytesIn(row, 'bytes'), bytesIn(row, 'demand')];
    // It is shown to people: nothing but an address may stand there.
    if (typeof edge !== 'string' || !isAddress(edge) || bytes === undefined || demand === undefined)
      return undefined;
    shares.push({ edge, bytes, demand });
  }
  return { no: of.no, budget, burst, reserve, shares };
}
