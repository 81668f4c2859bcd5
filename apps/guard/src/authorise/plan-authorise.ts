import { RESOURCE_STATUS } from '@media-network/chain/schema';
import { placeOf } from '../duty.ts';

/** What decides whether a guard votes for a resource, and whether its quota is stale. */
export interface AuthoriseFacts {
  readonly address: string;
  readonly status: number;
  readonly hasRing: boolean;
  /** Worth of its LP now, MEDIA base units. */
  readonly worth: bigint;
  /** Whether this guard has voted in the current week. */
  readonly voted: boolean;
  /** Whether its settings can be decrypted; undefined before that was tried. */
  readonly readable: boolean | undefined;
  /** Whether its origin answers; undefined before that was tried. */
  readonly originAnswers: boolean | undefined;
  /** Due of all weeks. */
  readonly due: bigint;
  readonly debt: bigint;
  readonly quotaKbps: number;
  /** The quota that its worth gives now. */
  readonly expectedKbps: number;
  /** Whether its quota has changed in this hour already. */
  readonly changedThisHour: boolean;
}

export interface AuthoriseView {
  readonly guardNo: number;
  /** The current week's set. */
  readonly set: { readonly usable: boolean; readonly numbers: readonly number[] };
  /** Counts up by itself; shares out what any guard may do. */
  readonly turn: bigint;
  readonly resources: readonly AuthoriseFacts[];
}

export type AuthoriseAction =
  | { readonly kind: 'look'; readonly resource: string }
  | { readonly kind: 'authorise'; readonly resource: string }
  | { readonly kind: 'refresh-quota'; readonly resource: string };

/** Change of a stake's value, in percent, from which on its quota is recomputed. */
const STALE_PERCENT = 5;

export function planAuthorise(view: AuthoriseView): readonly AuthoriseAction[] {
  const actions: AuthoriseAction[] = [];
  const { set, guardNo } = view;
  const votes = set.usable && set.numbers.includes(guardNo);
  const onDuty = placeOf(set.numbers, guardNo, view.turn) === 0;
  for (const resource of view.resources) {
    if (votes && resource.status === RESOURCE_STATUS.pending) {
      const action = planPending(resource);
      if (action !== undefined) actions.push(action);
    }
    if (onDuty && isQuotaStale(resource)) actions.push({ kind: 'refresh-quota', resource: resource.address });
  }
  return actions;
}

function planPending(resource: AuthoriseFacts): AuthoriseAction | undefined {
  if (resource.voted || !resource.hasRing || resource.worth === 0n) return undefined;
  if (resource.readable === undefined || resource.originAnswers === undefined)
    return { kind: 'look', resource: resource.address };
  return resource.readable && resource.originAnswers
    ? { kind: 'authorise', resource: resource.address }
    : undefined;
}

/** docs/chain.md, refreshQuota: an exhausted one comes back when nothing is due or owed, which its publisher waits for. */
function isQuotaStale(resource: AuthoriseFacts): boolean {
  const { status, debt, due, worth, quotaKbps, expectedKbps } = resource;
  if (status === RESOURCE_STATUS.exhausted) return due === 0n && debt === 0n && worth > 0n;
  if (status !== RESOURCE_STATUS.active || resource.changedThisHour) return false;
  return Math.abs(expectedKbps - quotaKbps) * 100 > STALE_PERCENT * Math.max(quotaKbps, 1);
}
