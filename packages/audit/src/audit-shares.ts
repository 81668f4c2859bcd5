import type { Found } from '@media-network/chain';
import {
  SAMPLES_PER_HOUR,
  agreedShare,
  burstFactor,
  mayBurst,
  monthOfSample,
  quotaBytes,
  quotaShares,
  sampleAt,
  samplesInRing,
  samplesOfMonth,
  weekOfHour,
} from '@media-network/protocol';
import { MediaError } from '@media-network/runtime';
import type { Address } from '@solana/kit';
import { readGuardShares } from './guard-shares.ts';
import type { GuardShares } from './guard-shares.ts';
import { findEntries } from './published.ts';
import { readReport } from './report-record.ts';
import { createFindings } from './subject.ts';
import type { Audit, AuditDeps, Findings } from './subject.ts';

/** Fields of the JSON at a path of a node; undefined where it does not answer, or with an error. */
export type AskJson = (base: string, path: string) => Promise<ReadonlyMap<string, unknown> | undefined>;

export interface EdgeShareFigures {
  readonly edge: string;
  /** What holds for it: the lower median of what the set's guards say; undefined where half or more say nothing. */
  readonly agreed: bigint | undefined;
  /** What its report says that it served in the sample; undefined before there is one. */
  readonly served: bigint | undefined;
}

export interface ShareFigures {
  readonly resource: Address;
  readonly sample: bigint;
  /** Bytes that the quota of now is in a sample. */
  readonly quota: bigint;
  /** Numbers of the guards of the week's set that said how they divided it, of so many. */
  readonly guards: readonly number[];
  readonly setCount: number;
  readonly burst: boolean;
  readonly edges: readonly EdgeShareFigures[];
}

/**
 * Divides a sample of a resource again, by what each guard of the week's set says that it had heard of its edges, and says
 * what follows: what each edge may serve, beside what its report says that it served. Guards remember 48 samples.
 *
 * @param sample the newest that is over where it is not given
 * @throws `audit/no-shares` where there is no such resource or sample, or no guard says anything of it
 */
export async function auditShares(
  deps: AuditDeps & { readonly ask: AskJson },
  address: Address,
  sample?: bigint,
): Promise<Audit<ShareFigures>> {
  const { client } = deps;
  const resource = await client.account('resource', address);
  if (resource === null) throw noShares(`There is no resource at ${address}.`);
  const config = await client.config();
  const current = sampleAt(config, await client.chainTime());
  const which = sample ?? current - 1n;
  if (which > current || which < 0n)
    throw noShares(`Sample ${which} is not there yet: the one that runs is ${current}.`);
  const hour = which / SAMPLES_PER_HOUR;
  const set = await client.guardSet(weekOfHour(config, hour));
  const entries = set?.entries.slice(0, set.count) ?? [];
  const findings = createFindings();
  const said = await tell(deps, entries, { resource: address, sample: which }, findings);
  if (said.length === 0)
    throw noShares(
      `None of the ${entries.length} guards says how it divided sample ${which}; the one that runs is ${current}, and they remember 48.`,
    );
  const chain = {
    quota: quotaBytes(resource.quotaKbps, config.sampleSecs),
    factor: burstFactor(config),
    mayBurst: await burstAllowed(deps, resource, config, which),
  };
  for (const each of said) check(each, chain, findings);
  const edges = [...new Set(said.flatMap(({ shares }) => shares.map(({ edge }) => edge)))].toSorted();
  return findings.result({
    resource: address,
    sample: which,
    quota: chain.quota,
    guards: said.map(({ no }) => no).toSorted((a, b) => a - b),
    setCount: entries.length,
    burst: 2 * said.filter(({ burst }) => burst).length > said.length,
    edges: await Promise.all(
      edges.map(async (edge): Promise<EdgeShareFigures> => ({
        edge,
        agreed: agreedShare(
          said.flatMap(({ shares }) => shares.find((each) => each.edge === edge)?.bytes ?? []),
          entries.length,
        ),
        served: await servedIn(deps, edge, address, which),
      })),
    ),
  });
}

/** What the guards of a set say; of those that say nothing that cannot be told. */
async function tell(
  deps: AuditDeps & { readonly ask: AskJson },
  entries: readonly { readonly no: number }[],
  of: { readonly resource: Address; readonly sample: bigint },
  findings: Findings,
): Promise<readonly GuardShares[]> {
  const guards = await deps.client.guards();
  const answers = await Promise.all(
    entries.map(async ({ no }) => {
      const guard = guards.find((each) => each.no === no);
      const path = `/v1/shares?resource=${of.resource}&sample=${of.sample}`;
      const answer = guard === undefined ? undefined : await deps.ask(guard.endpoint, path);
      const shares = answer === undefined ? undefined : readGuardShares(answer, { no, ...of });
      if (shares === undefined) findings.cannotTell(`what guard ${no} gave: it does not say`);
      return shares ?? [];
    }),
  );
  return answers.flat();
}

/** Whether the ring says that the month had slots left for a burst; undefined where it does not say. */
async function burstAllowed(
  { client }: AuditDeps,
  resource: Found<'resource'>,
  config: Found<'config'>,
  sample: bigint,
): Promise<boolean | undefined> {
  const ring = await client.ring(resource.ring);
  if (ring === null) return undefined;
  const month = monthOfSample(config, sample);
  const { samples } = samplesInRing(config, ring, month);
  const before = samples.subarray(0, Number(sample - samplesOfMonth(config, month).begin));
  return mayBurst(config, before.filter((rate) => rate > resource.quotaKbps).length);
}

/** One guard's division, from its own budget and demands on. */
function check(
  { no, budget, burst, reserve, shares }: GuardShares,
  chain: { readonly quota: bigint; readonly factor: bigint; readonly mayBurst: boolean | undefined },
  findings: Findings,
): void {
  const known = shares.filter(({ demand }) => demand > 0n);
  const again = quotaShares(
    budget,
    known.map(({ edge, demand }) => ({ edge, bytes: demand })),
  );
  for (const { edge, bytes } of known) {
    const least = again.shares.get(edge) ?? 0n;
    if (bytes < least) findings.differ(`share of ${edge} by guard ${no}`, String(bytes), `${least} or more`);
  }
  // What is not divided is given to who comes late, or left: together it stays what it was.
  const whole = [...again.shares.values()].reduce((sum, bytes) => sum + bytes, again.reserve);
  const given = shares.reduce((sum, { bytes }) => sum + bytes, reserve);
  findings.compare(`shares and reserve of guard ${no}, together`, given, whole);
  const usual = burst ? chain.quota * chain.factor : chain.quota;
  if (budget !== usual)
    findings.cannotTell(
      `the budget of guard ${no}: it divided ${budget} bytes, by today's quota it would be ${usual}`,
    );
  else if (burst && chain.mayBurst === false)
    findings.differ(`burst by guard ${no}`, 'yes', 'no: its month had no slots left');
}

/** What an edge's report says of a sample; undefined where it is not there. */
async function servedIn(
  deps: AuditDeps,
  edge: string,
  resource: Address,
  sample: bigint,
): Promise<bigint | undefined> {
  // Guards name edges by the addresses of their accounts; one that names something else has no report.
  const report = await readReport(deps.client, edge as Address, sample / SAMPLES_PER_HOUR).catch(
    () => undefined,
  );
  const found = report === undefined ? undefined : await findEntries(deps, report);
  if (found?.finding.kind !== 'ok') return undefined;
  const entry = found.finding.entries.find((each) => each.resource === resource);
  return entry?.slots[Number(sample % SAMPLES_PER_HOUR)] ?? 0n;
}

function noShares(message: string): MediaError {
  return new MediaError({
    code: 'audit/no-shares',
    message,
    hint: 'Name one of the last 48 samples in which the resource was asked for, or none for the newest that is over.',
    source: 'client',
  });
}
