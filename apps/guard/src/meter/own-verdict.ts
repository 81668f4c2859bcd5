import { randomBytes } from 'node:crypto';
import type { Found, MediaClient } from '@media-network/chain';
import {
  EMPTY_ROOT,
  encodeVerdict,
  entriesLength,
  holdingOf,
  holdingPiece,
  toHex,
  verdictCommitment,
} from '@media-network/protocol';
import type { VerdictPayload } from '@media-network/protocol';
import { sha256 } from '../evidence/blob-roots.ts';
import type { EvidenceStore } from '../evidence/evidence-store.ts';
import { disputesOf } from '../inspect/disputes.ts';
import type { Inspector } from '../inspect/inspector.ts';
import type { HourBook, SavedVerdict } from '../state/hour-book.ts';
import type { GuardOverrides } from '../types.ts';

export interface OwnVerdictDeps {
  readonly client: Pick<MediaClient, 'reports'>;
  readonly guard: Found<'guard'>;
  readonly inspector: Pick<Inspector, 'judged'>;
  readonly book: HourBook;
  readonly store: EvidenceStore;
  readonly overrides: Pick<GuardOverrides, 'verdict' | 'holding'>;
}

/**
 * What this guard commits to for an hour: on its disk before anybody hears of it, so that a guard that is killed
 * can still reveal. One that was saved before stays as it is. Undefined while the node shows fewer reports than there are.
 */
export async function ownVerdict(
  deps: OwnVerdictDeps,
  account: Found<'hour'>,
  baseRoot: Uint8Array | undefined,
): Promise<SavedVerdict | undefined> {
  const { hour } = account;
  const saved = deps.book.verdict(hour);
  if (saved !== undefined) return saved;
  const reports = await deps.client.reports(hour);
  if (reports.length !== account.reports) return undefined;

  const judged = reports.map((report) => ({ report, found: deps.inspector.judged(hour, report.address) }));
  const found: VerdictPayload = {
    levels: judged.map(({ found: each }) => each?.verdict.level ?? 0),
    disputes: disputesOf(
      deps.book,
      hour,
      judged.flatMap(({ report, found: each }) =>
        each?.resources === undefined || each.verdict.level === 3
          ? []
          : [{ index: report.index, edge: report.edge, resources: each.resources }],
      ),
    ),
  };
  const payload = deps.overrides.verdict?.(hour, found, reports) ?? found;
  const holding = await holdingFor(deps, payload, reports);
  const verdict: SavedVerdict = {
    payload: encodeVerdict(payload),
    holding: deps.overrides.holding?.(hour, holding) ?? holding,
    prevRoot: baseRoot ?? EMPTY_ROOT,
    salt: new Uint8Array(randomBytes(32)),
    said: judged.map(({ report, found: each }) => ({
      report: report.address,
      edge: report.edge,
      level: payload.levels[report.index] ?? 0,
      reason: each?.verdict.reason ?? 'notAsked',
      words: each?.verdict.words ?? 'this guard had not come to it',
    })),
    disputed: payload.disputes.map(({ report, entry }) => ({
      report,
      entry,
      edge: reports[report]?.edge ?? '',
      resource: judged[report]?.found?.resources?.[entry] ?? '',
    })),
  };
  await deps.book.saveVerdict(hour, verdict);
  return verdict;
}

/** Without the entries of a report that it calls good (in a test that lies) a guard shows what it has. */
async function holdingFor(
  deps: OwnVerdictDeps,
  { levels }: VerdictPayload,
  reports: readonly Found<'report'>[],
): Promise<Uint8Array> {
  const pieces: Uint8Array[] = [];
  for (const report of reports) {
    const level = levels[report.index];
    if (level !== 1 && level !== 2) continue;
    const blob =
      entriesLength(report) === 0 ? undefined : await deps.store.get('entries', toHex(report.root));
    if (blob !== undefined) pieces.push(holdingPiece(deps.guard.address, blob, sha256));
  }
  return holdingOf(deps.guard.address, pieces, sha256);
}

export function commitmentOf(guard: string, hour: bigint, verdict: SavedVerdict): Uint8Array {
  return verdictCommitment({ guard, hour, ...verdict }, sha256);
}
