import type { Found } from '@media-network/chain';
import { HOUR_STATUS, VERDICT_STATUS } from '@media-network/chain/schema';
import {
  baseHour,
  creditHour,
  decideReports,
  decodeVerdict,
  equalBytes,
  holdingOf,
  holdingPiece,
  hourSecs,
  toHex,
} from '@media-network/protocol';
import type {
  CreditedHour,
  HourReport,
  Reveal,
  VerdictPayload,
  VouchedSession,
} from '@media-network/protocol';
import { findEntries, findHour, findSessions, resourcesIn } from './published.ts';
import type { AuditDeps, Findings } from './subject.ts';

type HourAccount = Found<'hour'>;
type Verdict = Found<'verdict'>;

/** An hour computed anew from the chain and what is published. */
export interface RecomputedHour {
  readonly computed: CreditedHour;
  /** Whether all that decides was there: only then a root that differs says anything. */
  readonly complete: boolean;
  readonly reports: readonly Found<'report'>[];
  readonly reveals: readonly Reveal[];
}

/** Hours looked back for the one that an hour builds on. */
const MAX_HOURS_BACK = 500n;
const BATCH = 100n;

/** Runs `creditHour` on what anybody can see; what cannot be looked at goes into `findings`. */
export async function recomputeHour(
  deps: AuditDeps,
  account: HourAccount,
  findings: Findings,
): Promise<RecomputedHour> {
  const { client, sha256 } = deps;
  const { hour } = account;
  const [config, reports, all] = await Promise.all([
    client.config(),
    client.reports(hour),
    client.verdicts(hour),
  ]);
  let complete = true;
  const cannot = (what: string): void => {
    complete = false;
    findings.cannotTell(what);
  };
  const revealed = all.filter(({ status }) => status === VERDICT_STATUS.revealed);
  if (reports.length < account.reports)
    cannot(`${account.reports - reports.length} reports of hour ${hour} were closed: their worth is gone`);
  if (revealed.length < account.reveals)
    cannot(`${account.reveals - revealed.length} verdicts of hour ${hour} were closed`);

  const base = await findBase(deps, hour, cannot);
  const baseBlob = base === undefined ? undefined : await findHour(deps, base.root);
  if (base !== undefined && baseBlob === undefined)
    cannot(`nobody serves hour ${base.hour}, which this one builds on (root ${toHex(base.root)})`);

  const said = revealed.map((verdict) => ({
    verdict,
    payload: decodeVerdict(verdict.tail.subarray(0, verdict.length)) ?? { levels: [], disputes: [] },
  }));
  const blobs = new Map<number, Uint8Array>();
  const fetched: HourReport[] = [];
  const decisions = decideReports(account.reports, asReveals(said), account.setCount);
  for (const report of reports) {
    const found = await findEntries(deps, report);
    if (found !== undefined) blobs.set(report.index, found.blob);
    const entries = found?.finding.kind === 'ok' ? found.finding.entries : undefined;
    const counts = decisions[report.index] !== 'rejected';
    // Whoever judged it good showed that it held them: without them that cannot be looked at.
    const held = said.some(({ payload }) => [1, 2].includes(payload.levels[report.index] ?? 0));
    if (found === undefined && (counts || held))
      cannot(`nobody serves the entries of edge ${report.edge} (root ${toHex(report.root)})`);
    const sessions = new Map<string, readonly VouchedSession[]>();
    const terms = await resourcesIn(
      deps,
      (entries ?? []).map(({ resource }) => resource),
      hour,
    );
    for (const entry of counts ? (entries ?? []) : []) {
      const inHour = terms.get(entry.resource);
      if (inHour?.active !== true) continue;
      const at = { hour, edge: report.edge, vouchingKey: inHour.vouchingKey };
      // Without a key nothing can be vouched, whatever the list says.
      const list = inHour.vouchingKey === undefined ? { sessions: [] } : await findSessions(deps, at, entry);
      if (list === undefined)
        cannot(`nobody serves the receipts of ${entry.resource} at edge ${report.edge}`);
      else sessions.set(entry.resource, list.sessions);
    }
    fetched.push({
      index: report.index,
      edge: report.edge,
      worth: report.worth,
      bytes: report.bytes,
      entryCount: report.entryCount,
      // Malformed ones are rejected by what they are, so they are given as they are.
      entries: found?.finding.kind === 'ok' ? found.finding.entries : found === undefined ? undefined : [],
      sessionsOf: (resource) => sessions.get(resource),
    });
  }
  const reveals = said.map(({ verdict, payload }) => ({
    ...payload,
    no: verdict.no,
    holdingRight: holdsAll(deps, verdict, payload, blobs),
    prevRight: base === undefined || equalBytes(verdict.prevRoot, base.root),
  }));
  const resources = await resourcesIn(
    deps,
    fetched.flatMap(({ entries }) => (entries ?? []).map(({ resource }) => resource)),
    hour,
  );
  const computed = creditHour(
    {
      hourSecs: hourSecs(config),
      terms: account,
      reports: fetched,
      reveals,
      setCount: account.setCount,
      resourceOf: (resource) => resources.get(resource),
      base: base === undefined ? undefined : { hour: base.hour, table: baseBlob?.table ?? [] },
    },
    sha256,
  );
  return { computed, complete, reports, reveals };
}

/** Levels alone decide. */
function asReveals(
  said: readonly { readonly verdict: Verdict; readonly payload: VerdictPayload }[],
): readonly Reveal[] {
  return said.map(({ verdict, payload }) => ({
    ...payload,
    no: verdict.no,
    holdingRight: true,
    prevRight: true,
  }));
}

function holdsAll(
  deps: AuditDeps,
  verdict: Verdict,
  payload: VerdictPayload,
  blobs: ReadonlyMap<number, Uint8Array>,
): boolean {
  const pieces: Uint8Array[] = [];
  for (const [index, level] of payload.levels.entries()) {
    if (level !== 1 && level !== 2) continue;
    const blob = blobs.get(index);
    if (blob === undefined) return false;
    pieces.push(holdingPiece(verdict.guard, blob, deps.sha256));
  }
  return equalBytes(holdingOf(verdict.guard, pieces, deps.sha256), verdict.holding);
}

/** The hour that an hour builds on; undefined for none. */
async function findBase(
  deps: AuditDeps,
  hour: bigint,
  cannot: (what: string) => void,
): Promise<HourAccount | undefined> {
  const { client } = deps;
  const config = await client.config();
  const last = hour > MAX_HOURS_BACK ? hour - MAX_HOURS_BACK : 0n;
  for (let to = hour; to > last; to -= BATCH) {
    const from = to - BATCH > last ? to - BATCH : last;
    const addresses = await Promise.all(
      Array.from({ length: Number(to - from) }, (_, i) => client.addresses.hour(from + BigInt(i))),
    );
    const found = (await client.accounts('hour', addresses)).filter(
      (each): each is HourAccount => each !== null && each.status === HOUR_STATUS.final,
    );
    const base = baseHour(config, hour, found);
    if (base !== undefined) return base;
  }
  if (last > 0n) cannot(`whether hour ${hour} builds on one more than ${MAX_HOURS_BACK} hours before`);
  return undefined;
}
