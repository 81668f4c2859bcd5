import { auditHour, auditReport, auditWeek } from '@media-network/audit';
import { electionParams } from '@media-network/chain/model';
import {
  ELECTION_STATUS,
  EPOCH_STATUS,
  HOUR_STATUS,
  NODE_STATUS,
  RESOURCE_STATUS,
  SAMPLE_RING,
} from '@media-network/chain/schema';
import { doubledReport } from '@media-network/devnet';
import type { Devnet } from '@media-network/devnet';
import { buildHonestReport } from '@media-network/edge';
import type { BuildReport, Edge } from '@media-network/edge';
import {
  activeIn,
  hourAt,
  hourEnd,
  hourSecs,
  hourStart,
  sampleAt,
  settingsGuards,
  weekEnd,
  weekOfHour,
} from '@media-network/protocol';
import type { Decision, Periods } from '@media-network/protocol';
import { createTokenSource, createViewer } from '@media-network/viewer';
import type { ViewerResponse } from '@media-network/viewer';
import { formatBytes, formatMedia, formatUnits } from '../amounts.ts';
import { auditDeps } from '../audit-deps.ts';
import { claimAll } from '../commands/claim.ts';
import { tellMoney } from './money.ts';
import { beginVote } from './vote.ts';
import { expectThat, until } from './story.ts';
import type { Story } from './story.ts';

/** Figures of the last line of `media check --json`. */
export interface CheckFigures {
  readonly bytes: { client: bigint; reported: bigint; confirmed: bigint };
  readonly money: { charged: bigint; kept: bigint; toBurn: bigint; rewards: bigint };
  readonly lie: { refused: boolean };
}

export function emptyFigures(): CheckFigures {
  return {
    bytes: { client: 0n, reported: 0n, confirmed: 0n },
    money: { charged: 0n, kept: 0n, toBurn: 0n, rewards: 0n },
    lie: { refused: false },
  };
}

/** The largest difference between what clients counted and what edges report (0.1 %). */
const TOLERANCE_PERMILLE = 1n;
const DOWNLOAD = '/download/50mb.bin';
/**
 * An hour of the lying edge with more than this has the download in it. It lies about that alone: what is as small as
 * a probe may fall between the moments at which guards ask, and is paid as what it is.
 */
const LIE_FROM_BYTES = 16 * 2 ** 20;
/** Slack on top of the network's own periods. */
const SLACK_MS = 30_000;

/** Bytes by edge account. */
type Counts = Map<string, bigint>;

interface Traffic {
  readonly counts: Counts;
  /** First and last hour in which there was any. */
  first: bigint;
  last: bigint;
}

function add(counts: Counts, edge: Edge, bytes: number | bigint): void {
  counts.set(edge.address, (counts.get(edge.address) ?? 0n) + BigInt(bytes));
}

/** Twice the bytes of an hour in which the download was served. */
const liesAboutDownload: BuildReport = (book, open) => {
  const bytes = [...book.samples.values()].flat().reduce((sum, each) => sum + each, 0);
  return (bytes > LIE_FROM_BYTES ? doubledReport : buildHonestReport)(book, open);
};

/** Tells the whole story on a network that is up. Each step throws when it does not hold. */
export async function tellStory(devnet: Devnet, story: Story, figures: CheckFigures): Promise<void> {
  const { client } = devnet;
  const [first, second] = devnet.edges;
  if (first === undefined || second === undefined) throw new Error('the network has no edges');
  const periods: Periods = await client.config();
  const hourMs = Number(hourSecs(periods)) * 1000;
  const weekMs = hourMs * periods.hoursPerWeek;
  const viewer = createViewer();
  const traffic: Traffic = { counts: new Map(), first: 0n, last: 0n };
  const probed = createProbeLedger(devnet);
  const url = (edge: Edge, target: string): string => `http://${devnet.host}:${edge.port}${target}`;
  const get = async (edge: Edge, target: string): Promise<ViewerResponse> => {
    const response = await viewer.get(url(edge, target));
    add(traffic.counts, edge, response.totalBytes);
    return response;
  };
  /** What the first of these edges to take the request says: one that is busy, or has just been admitted, is no failure. */
  const ask = async <T extends { readonly status: number }>(
    edges: readonly Edge[],
    asking: (edge: Edge) => Promise<T>,
  ): Promise<{ readonly edge: Edge; readonly response: T }> =>
    until('an edge to take the request', SLACK_MS, async () => {
      for (const edge of edges) {
        const response = await asking(edge);
        if (response.status !== 503) return { edge, response };
      }
      return undefined;
    });
  const hourNow = async (): Promise<bigint> => hourAt(periods, await client.chainTime());

  // Its periods pass while the rest is told.
  const vote = await beginVote(devnet, story);
  await story.step('register', async () => {
    const resource = await client.account('resource', devnet.resource);
    expectThat(resource !== null, 'the resource is not on chain');
    const settings = await client.account('settings', resource.settings);
    const blob = settings?.tail.subarray(0, settings.length);
    expectThat(blob !== undefined, 'its settings are not on chain');
    expectThat(!Buffer.from(blob).includes('127.0.0.1'), 'its settings can be read by anybody');
    return `resource ${devnet.resource}, settings encrypted to ${settingsGuards(blob)?.length ?? 0} guards`;
  });

  await story.step('authorise', async () => {
    const resource = await client.account('resource', devnet.resource);
    expectThat(resource?.status === RESOURCE_STATUS.active, 'the resource is not active');
    const guards = (await client.guards()).filter((each) => each.status === NODE_STATUS.active);
    return `${guards.length} guards, quota ${Math.round(resource.quotaKbps / 1000)} Mbit/s`;
  });

  // The liar joins early, so that its lie falls into the week whose claims are told below.
  let liar: Edge | undefined;
  await story.step('liar', async () => {
    liar = await devnet.addEdge({ buildReport: liesAboutDownload });
    return `an edge that will report twice its bytes: ${liar.address}`;
  });
  const lying = liar;
  expectThat(lying !== undefined, 'the lying edge did not start');

  // Traffic and what it leads to are told of whole hours, so begin early in one, and in one that is billed: the hours of
  // a resource begin with the next after it was authorised. The lie comes first: guards ask for counters once in each
  // half of an hour, so that one asks after it.
  await until('a fresh hour', 2 * hourMs + SLACK_MS, async () => {
    const now = await client.chainTime();
    const hour = hourAt(periods, now);
    const resource = await client.account('resource', devnet.resource);
    const isEarly = hourEnd(periods, hour) - now > (hourSecs(periods) * 3n) / 4n;
    if (!isEarly || resource === null || !activeIn(resource, hour)) return undefined;
    // Edges read the clock of a chain now and then, and one of validators does not go evenly.
    const seen = await Promise.all([lying, first, second].map((edge) => timeAt(edge)));
    return seen.every((at) => at !== undefined && hourAt(periods, at) === hour) ? true : undefined;
  });
  traffic.first = await hourNow();
  await ask([lying], (edge) => get(edge, DOWNLOAD));

  let home = first;
  await story.step('miss', async () => {
    const { edge, response } = await ask([first, second], (each) => get(each, '/'));
    home = edge;
    const status = response.header('cache-status') ?? '';
    expectThat(response.status === 200, `the edge answered ${saidBy(response)}`);
    expectThat(status.includes('fwd='), `the first request was no miss: ${status}`);
    return `${url(home, '/')}  ${status}`;
  });

  await story.step('hit', async () => {
    const { response } = await ask([home], (each) => get(each, '/'));
    const status = response.header('cache-status') ?? '';
    expectThat(/;\s*hit/.test(status), `the second request was no hit: ${status}`);
    expectThat(response.header('age') !== undefined, 'the hit has no Age');
    return `${status}, Age ${response.header('age')}`;
  });

  await story.step('download', async () => {
    const file = devnet.origin?.files.get(DOWNLOAD);
    expectThat(file !== undefined, 'the sample origin has no download');
    let ms = 0;
    for (const each of [first, second]) {
      const { response } = await ask([each], (edge) => get(edge, DOWNLOAD));
      expectThat(response.status === 200, `the edge answered ${saidBy(response)}`);
      expectThat(response.sha256 === file.sha256, 'the download differs from the file of the origin');
      ms += response.totalMs;
    }
    const speed = (2 * file.bytes * 8) / ms / 1000;
    return `${formatBytes(file.bytes)} by two edges, byte for byte the origin's, ${Math.round(speed)} Mbit/s`;
  });

  await story.step('session', async () => {
    const file = devnet.origin?.files.get(DOWNLOAD);
    let signed = 0n;
    const tokens = createTokenSource(devnet.signerUrl);
    for (const edge of [first, second]) {
      // Hours are short here: a session that one ends in the middle of stays partly unsigned, as it should.
      signed += await until('a session within an hour', 3 * hourMs + SLACK_MS, async () => {
        const session = await viewer.openSession({
          tokens,
          resource: devnet.resource,
          url: url(edge, '/'),
          edge: edge.address,
        });
        const { response } = await ask([edge], () => session.get(DOWNLOAD));
        expectThat(response.status === 200, `the edge answered ${saidBy(response)} within a session`);
        expectThat(
          response.sha256 === file?.sha256,
          'the download in a session differs from the file of the origin',
        );
        await session.settle();
        add(traffic.counts, edge, session.received);
        return session.signed === session.received ? session.signed : undefined;
      });
    }
    return `${formatBytes(signed)} received and signed for in two sessions`;
  });

  traffic.last = await hourNow();

  await story.step('report', async () => {
    await until(
      'the report',
      hourMs + periods.reportSlots * periods.sampleSecs * 1000 + SLACK_MS,
      async () => {
        await probed.read();
        const found = await client.report(first.address, traffic.last);
        return found ?? undefined;
      },
    );
    const reported = await reportedBy(devnet, [first, second], traffic);
    figures.bytes.reported = reported;
    const hours =
      traffic.first === traffic.last ? `hour ${traffic.first}` : `hours ${traffic.first} to ${traffic.last}`;
    return `${formatBytes(reported)} in ${hours}`;
  });

  await story.step('confirm', async () => {
    const within = hourMs + 2 * periods.verdictSlots * periods.sampleSecs * 1000 + SLACK_MS;
    await until('the verdicts on the reports', within, async () => {
      await probed.read();
      const hours = await Promise.all(hoursOf(traffic).map((hour) => client.hour(hour)));
      return hours.every((hour) => hour === null || hour.status === HOUR_STATUS.final) ? true : undefined;
    });
    const reported = await reportedBy(devnet, [first, second], traffic);
    const judged = await judgedReports(devnet, traffic);
    const honest = judged.filter(({ edge }) => edge === first.address || edge === second.address);
    const refused = honest.find(({ decision }) => decision !== 'full');
    if (refused !== undefined) {
      const words = await guardsWords(devnet, refused);
      expectThat(
        false,
        `the honest report of ${refused.edge} for hour ${refused.hour} is ${refused.decision}; guards say: ${words.join('; ')}`,
      );
    }
    const confirmed = honest.reduce((sum, { bytes }) => sum + bytes, 0n);
    const probes = probed.sum([first, second], traffic);
    const counted = (traffic.counts.get(first.address) ?? 0n) + (traffic.counts.get(second.address) ?? 0n);
    figures.bytes.client = counted + probes;
    figures.bytes.reported = reported;
    figures.bytes.confirmed = confirmed;
    const off =
      reported > figures.bytes.client ? reported - figures.bytes.client : figures.bytes.client - reported;
    expectThat(
      off * 1000n <= figures.bytes.client * TOLERANCE_PERMILLE,
      `clients counted ${figures.bytes.client} bytes and the edges report ${reported}`,
    );
    expectThat(confirmed === reported, `of ${reported} bytes reported only ${confirmed} are confirmed`);
    return `${confirmed} bytes confirmed; clients counted ${counted} and guards' probes ${probes}, ${off} apart`;
  });

  await vote.propose();
  await story.step('sample', async () => {
    const hour = traffic.last;
    await until('the record of the hour', 4 * hourMs + SLACK_MS, async () => {
      const account = await client.hour(hour);
      const resource = await client.account('resource', devnet.resource);
      return account?.status === HOUR_STATUS.final && (resource?.lastHour ?? 0n) > hour ? true : undefined;
    });
    const resource = await client.account('resource', devnet.resource);
    const ring = resource === null ? null : await client.ring(resource.ring);
    expectThat(ring !== null, 'the resource has no ring');
    const from = Number(sampleAt(periods, hourStart(periods, traffic.first)) % BigInt(SAMPLE_RING));
    const slots = hoursOf(traffic).length * 12;
    const samples = Array.from({ length: slots }, (_, i) => ring.tail[(from + i) % SAMPLE_RING] ?? 0);
    const filled = samples.filter((kbps) => kbps > 0);
    expectThat(filled.length > 0, 'no sample of these hours is in the ring');
    return `${filled.length} samples in the ring, the highest ${Math.round(Math.max(...filled) / 1000)} Mbit/s`;
  });

  const week = weekOfHour(periods, traffic.last);
  await story.step('fee', async () => {
    const within = Number(weekEnd(periods, week) - (await client.chainTime())) * 1000 + 3 * hourMs + SLACK_MS;
    const charged = await until('the charge', within, async () => {
      const resource = await client.account('resource', devnet.resource);
      const epoch = await client.epoch(week);
      return resource !== null && resource.charged > 0n && (epoch?.kept ?? 0n) > 0n
        ? resource.charged
        : undefined;
    });
    return `${formatMedia(charged)} taken from the stake as LP and unwrapped`;
  });

  await story.step('epoch', async () => {
    // A week is decided once its last hour is; then the next week's own guards look at it.
    const within = Number(weekEnd(periods, week) - (await client.chainTime())) * 1000 + 2 * weekMs + SLACK_MS;
    const epoch = await until("the next week's guards to endorse the week", within, async () => {
      const found = await client.epoch(week);
      return found?.status === EPOCH_STATUS.endorsed ? found : undefined;
    });
    const resource = await client.account('resource', devnet.resource);
    figures.money.charged = resource?.charged ?? 0n;
    figures.money.kept = epoch.kept;
    figures.money.toBurn = epoch.toBurn;
    figures.money.rewards = epoch.rewards;
    expectThat(epoch.rewards > 0n, 'the week has no rewards');
    expectThat(epoch.rewards <= epoch.kept, 'the rewards are above what was kept');
    return `week ${week} endorsed: kept ${formatMedia(epoch.kept)}, to burn ${formatMedia(epoch.toBurn)}, rewards ${formatMedia(epoch.rewards)}`;
  });

  await story.step('claims', async () => {
    const edgeOwner = (await devnet.wallets.ensure('edge-1')).address;
    const guardOwner = (await devnet.wallets.ensure('guard-1')).address;
    const paid: bigint[] = [];
    for (const owner of [edgeOwner, guardOwner]) {
      paid.push(
        await until('the claim', 2 * hourMs + SLACK_MS, async () => {
          const total = (await client.claimed(owner))?.total ?? 0n;
          if (total > 0n) return total;
          // The daemons claim by themselves; whoever is first is as good.
          await claimAll(client, devnet.treasury, owner).catch(() => undefined);
          return undefined;
        }),
      );
    }
    return `an edge got ${formatMedia(paid[0] ?? 0n)}, a guard ${formatMedia(paid[1] ?? 0n)}`;
  });

  await story.step('audit', async () => {
    const deps = auditDeps(client);
    const audits = [
      await auditReport(deps, first.address, traffic.last),
      await auditHour(deps, traffic.last),
      await auditWeek(deps, week),
    ];
    for (const each of audits) {
      const [difference] = each.differences;
      expectThat(
        each.agrees,
        `${difference?.what}: the chain says ${difference?.onChain}, the evidence ${difference?.recomputed}`,
      );
      expectThat(each.unknown.length === 0, `the audit could not tell: ${each.unknown.join('; ')}`);
    }
    return 'report, hour and week, recomputed from published evidence, agree with the chain';
  });

  await tellMoney(devnet, story, sampleAt(periods, hourStart(periods, traffic.last)));

  await vote.carryOut();
  await story.step('lie', async () => {
    const about = (await judgedReports(devnet, traffic)).filter(
      ({ edge, bytes }) => edge === lying.address && bytes > 2 * LIE_FROM_BYTES,
    );
    expectThat(about.length > 0, 'the lying edge did not report the download');
    // What it committed to contradicts it: it gets what was vouched for, and that is nothing.
    const believed = about.find(({ decision }) => decision === 'full');
    expectThat(
      believed === undefined,
      `the lie about hour ${believed?.hour}, ${believed?.bytes} bytes, was believed`,
    );
    const owner = (await devnet.wallets.ensure('edge-4')).address;
    await claimAll(client, devnet.treasury, owner);
    const earned = (await client.claimed(owner))?.total ?? 0n;
    const honest = (await client.claimed((await devnet.wallets.ensure('edge-1')).address))?.total ?? 0n;
    // Guards' probes in its other hours are paid as what they are: next to nothing.
    expectThat(
      earned * 10n <= honest,
      `the lying edge has earned ${formatMedia(earned)}, an honest one ${formatMedia(honest)}`,
    );
    figures.lie.refused = true;
    const told = about.reduce((sum, { bytes }) => sum + bytes, 0n);
    return `${formatBytes(told)} reported for half as many, not believed; earned ${formatMedia(earned)}`;
  });

  await story.step('slash', async () => {
    // Its report stands above what its own signed counters rose by: guards elect it by themselves.
    const config = await client.config();
    const { voteSecs, appealSecs } = electionParams(config);
    const within = 4 * hourMs + Number(voteSecs + appealSecs) * 1000 + SLACK_MS;
    const election = await until('the election of the lying edge', within, async () =>
      (await client.list('election', { accused: lying.address })).find(
        ({ status }) => status === ELECTION_STATUS.slashed,
      ),
    );
    const { slashed, rewarded } = election;
    expectThat(
      slashed > 0n && rewarded === slashed / 5n,
      `of ${slashed} LP that fell the elector got ${rewarded}`,
    );
    const [edge] = await client.accounts('edge', [lying.address]);
    const stake = await client.account('stake', election.accusedStake);
    expectThat(edge?.status === NODE_STATUS.removed, 'the lying edge is not removed');
    expectThat(stake?.lp === 0n && stake.unbonding === 0n, 'some of its stake is left');
    return `${formatUnits(slashed, 9)} LP fell: ${formatUnits(rewarded, 9)} to the guard that showed it, the rest to the fund`;
  });
}

/** `401 token/wrong-hour`: the status and the code that says why. */
function saidBy(response: Pick<ViewerResponse, 'status' | 'header'>): string {
  const code = response.header('media-error');
  return code === undefined ? String(response.status) : `${response.status} ${code}`;
}

function hoursOf({ first, last }: Traffic): readonly bigint[] {
  return Array.from({ length: Number(last - first + 1n) }, (_, i) => first + BigInt(i));
}

/** What these edges reported of the hours of the traffic. */
async function reportedBy(devnet: Devnet, edges: readonly Edge[], traffic: Traffic): Promise<bigint> {
  let reported = 0n;
  for (const edge of edges)
    for (const hour of hoursOf(traffic))
      reported += (await devnet.client.report(edge.address, hour))?.bytes ?? 0n;
  return reported;
}

/** The reports of the hours of the traffic and what the guards' verdicts make of each. */
async function judgedReports(
  devnet: Devnet,
  traffic: Traffic,
): Promise<
  readonly {
    readonly edge: string;
    readonly hour: bigint;
    readonly bytes: bigint;
    readonly decision: Decision;
  }[]
> {
  const deps = auditDeps(devnet.client);
  const judged = [];
  for (const hour of hoursOf(traffic)) {
    if ((await devnet.client.hour(hour)) === null) continue;
    const { figures } = await auditHour(deps, hour);
    judged.push(...figures.reports.map((report) => ({ ...report, hour })));
  }
  return judged;
}

/** The chain's time as an edge has it, Unix seconds; undefined where it does not say. */
async function timeAt(edge: Edge): Promise<bigint | undefined> {
  const answer = await fetch(`${edge.controlUrl}/v1/info`);
  const { chainTime } = (await answer.json()) as { chainTime?: number };
  return chainTime === undefined ? undefined : BigInt(chainTime);
}

/** Why each guard judged a report as it did; nothing where it does not say. */
async function guardsWords(
  devnet: Devnet,
  report: { readonly edge: string; readonly hour: bigint },
): Promise<readonly string[]> {
  const asked = devnet.guards.map(async ({ url }) => {
    const answer = await fetch(`${url}/v1/verdicts?hour=${report.hour}&edge=${report.edge}`);
    const said = (await answer.json()) as { verdicts?: { reason: string; words: string }[] };
    return (said.verdicts ?? []).map(({ reason, words }) => `${reason} (${words})`);
  });
  return (await Promise.allSettled(asked)).flatMap((each) => (each.status === 'fulfilled' ? each.value : []));
}

/** What the guards' own probes received, kept beyond the hours for which the guards remember it. */
function createProbeLedger(devnet: Devnet): {
  read(): Promise<void>;
  sum(edges: readonly Edge[], traffic: Traffic): bigint;
} {
  const seen = new Map<string, { edge: string; hour: bigint; bytes: bigint }>();
  return {
    async read() {
      for (const [index, guard] of devnet.guards.entries()) {
        for (const { edge, hour, bytes } of guard.stats().probedBytes) {
          const key = `${index}/${edge}/${hour}`;
          const before = seen.get(key)?.bytes ?? 0n;
          seen.set(key, { edge, hour, bytes: bytes > before ? bytes : before });
        }
      }
    },
    sum(edges, traffic) {
      let total = 0n;
      for (const each of seen.values()) {
        const ours = edges.some((edge) => edge.address === each.edge);
        if (ours && each.hour >= traffic.first && each.hour <= traffic.last) total += each.bytes;
      }
      return total;
    },
  };
}
