import { createHash } from 'node:crypto';
import type { Found } from '@media-network/chain';
import { readOwnName, resourceLabel } from '@media-network/protocol';
import { MediaError } from '@media-network/runtime';
import { address, isAddress } from '@solana/addresses';
import type { Connection } from '../connection.ts';
import { resourceNamed } from './own-names.ts';

export type Resource = Found<'resource'>;

const sha256 = (bytes: Uint8Array): Uint8Array => createHash('sha256').update(bytes).digest();

export function labelOf(resource: Pick<Resource, 'address'>): string {
  return resourceLabel(resource.address, sha256);
}

/** What an argument can be that names a resource. */
export const RESOURCE_ARGUMENT = 'address, label, host, URL or id';

type Name =
  | { readonly kind: 'address'; readonly address: string }
  | { readonly kind: 'label'; readonly label: string }
  | { readonly kind: 'id'; readonly id: bigint }
  /** Perhaps one of the publisher's own. */
  | { readonly kind: 'name'; readonly host: string }
  | { readonly kind: 'unknown' };

/** Reads what names a resource: a URL or a host of it, its label, its address, or its id with its publisher. */
export function readName(which: string): Name {
  if (/^\d{1,19}$/.test(which)) return { kind: 'id', id: BigInt(which) };
  if (isAddress(which)) return { kind: 'address', address: which };
  const url = /^[a-z]+:\/\//i.test(which) ? which : `http://${which}`;
  const host = URL.parse(url)?.hostname ?? '';
  const label = host.split('.')[0] ?? '';
  if (/^[a-z2-7]{20}$/.test(label)) return { kind: 'label', label };
  return readOwnName(host).kind === 'name' ? { kind: 'name', host } : { kind: 'unknown' };
}

/**
 * The resource that is meant. An id is that of the wallet's own, or of the only one that has it.
 *
 * @throws `cli/no-resource` naming what there is
 */
export async function findResource(connection: Connection, which: string): Promise<Resource> {
  const { client } = connection;
  const name = readName(which);
  if (name.kind === 'address') {
    const found = await client.account('resource', address(name.address)).catch(() => null);
    if (found !== null) return found;
  }
  await client.config();
  const all = await client.resources();
  if (name.kind === 'label') {
    const found = all.find((each) => labelOf(each) === name.label);
    if (found !== undefined) return found;
  }
  if (name.kind === 'name') {
    const named = await resourceNamed(client, name.host);
    const found = all.find((each) => each.address === named);
    if (found !== undefined) return found;
    throw noResource(
      `No edge serves a resource under the name ${name.host}.`,
      all.length === 0
        ? 'There is none yet: "media resource add" makes one.'
        : `There are ${listed(all)}; "media resource list --all" shows them.`,
    );
  }
  if (name.kind === 'id') {
    const matching = all.filter((each) => each.id === name.id);
    const [only] = matching;
    if (only !== undefined && matching.length === 1) return only;
    if (matching.length > 1) {
      const own = await connection.wallet().catch(() => undefined);
      const mine = matching.find((each) => each.publisher === own?.address);
      if (mine !== undefined) return mine;
      throw noResource(
        `${matching.length} publishers have a resource with the id ${which}: ${listed(matching)}.`,
        'Name one by its label.',
      );
    }
  }
  const what =
    name.kind === 'unknown'
      ? `"${which}" names no resource: write its ${RESOURCE_ARGUMENT}.`
      : `There is no resource ${name.kind === 'address' ? 'at' : 'with the'} ${name.kind === 'address' ? '' : `${name.kind} `}${name.kind === 'label' ? name.label : which} on this chain.`;
  throw noResource(
    what,
    all.length === 0
      ? 'There is none yet: "media resource add" makes one.'
      : `There are ${listed(all)}; "media resource list --all" shows them.`,
  );
}

const LISTED = 5;

function listed(resources: readonly Resource[]): string {
  const shown = resources.slice(0, LISTED).map((each) => `${labelOf(each)} (id ${each.id})`);
  const more = resources.length - shown.length;
  return shown.join(', ') + (more > 0 ? ` and ${more} more` : '');
}

function noResource(message: string, hint: string): MediaError {
  return new MediaError({ code: 'cli/no-resource', message, hint, source: 'client' });
}
