import { statSync } from 'node:fs';
import { accountSize } from '@media-network/chain';
import { MEDIA_SUPPLY, SAMPLE_RING } from '@media-network/chain/schema';
import { PROGRAM_PATH, REAL_PARAMS } from '@media-network/devnet/folder';
import { formatUnits } from '../amounts.ts';

/** Lamports that keep an account of so many bytes for good: two years of 3,480 lamports a byte and year, 128 bytes of overhead. */
export function rentOf(bytes: number): bigint {
  return BigInt(128 + bytes) * 6_960n;
}

const SIGNATURE_FEE = 5_000n;
/** An SPL token account. */
const TOKEN_ACCOUNT = 165;
/** Settings of one origin with a few headers, sealed to three guards. */
const SETTINGS = 700;

const sol = (lamports: bigint): string => `${formatUnits(lamports, 9)} SOL`;
const media = (units: bigint): string => `${formatUnits(units, 9)} MEDIA`;

/** Accounts whose size follows from the schema, by what they are for. */
const size = {
  stake: accountSize('stake'),
  edge: accountSize('edge'),
  guard: accountSize('guard'),
  resource: accountSize('resource'),
  settings: accountSize('settings') + SETTINGS,
  ring: accountSize('ring') + 4 * SAMPLE_RING,
  report: accountSize('report'),
  hour: accountSize('hour'),
  epoch: accountSize('epoch'),
  guardSet: accountSize('guardSet'),
  claim: accountSize('claim'),
};

interface Cost {
  readonly what: string;
  readonly sol: string;
  readonly media: string;
  readonly back: string;
}

function costs(): readonly Cost[] {
  const { minEdgeStake, minGuardStake, feePerGb } = REAL_PARAMS;
  const program = BigInt(statSync(PROGRAM_PATH).size);
  return [
    {
      what: 'deploy the program',
      sol: `${sol(rentOf(Number(program) + 45) + rentOf(36))}, and as much again while it is written`,
      media: '-',
      back: 'by closing it',
    },
    {
      what: 'create the network (genesis, quote token, pool)',
      sol: 'about 0.05 SOL',
      media: `all ${media(MEDIA_SUPPLY)} are made: 100,000 for the founder, 300,000 for the fund, the rest locked; with --unlocked all for the founder`,
      back: 'no',
    },
    {
      what: 'a token account (MEDIA, quote or LP), each',
      sol: sol(rentOf(TOKEN_ACCOUNT)),
      media: '-',
      back: 'by closing it',
    },
    { what: 'a stake', sol: sol(rentOf(size.stake)), media: '-', back: 'no' },
    {
      what: 'an edge: its account',
      sol: sol(rentOf(size.edge)),
      media: `LP worth ${media(minEdgeStake)} at stake`,
      back: 'the stake, whole, after unbonding',
    },
    {
      what: 'a guard: its account',
      sol: sol(rentOf(size.guard)),
      media: `LP worth ${media(minGuardStake)} at stake`,
      back: 'the stake, whole, after unbonding',
    },
    {
      what: 'a resource: its account, samples of a month, settings',
      sol: sol(rentOf(size.resource) + rentOf(size.ring) + rentOf(size.settings)),
      media: 'LP worth 1 MEDIA for each Mbit/s of quota',
      back: 'samples and settings, and the stake, when it is released',
    },
    { what: 'traffic, a gigabyte', sol: '-', media: media(feePerGb), back: 'no' },
    {
      what: 'an edge, an hour with traffic: one report',
      sol: `${sol(SIGNATURE_FEE)} and ${sol(rentOf(size.report))} of rent`,
      media: '-',
      back: 'the rent, some six weeks later',
    },
    {
      what: 'guards, an hour: verdicts, roots, records',
      sol: `${sol(SIGNATURE_FEE)} a transaction; ${sol(rentOf(size.hour))} of rent by one of them`,
      media: '-',
      back: 'the rent',
    },
    {
      what: 'guards, a week: the set, the epoch',
      sol: `${sol(rentOf(size.guardSet) + rentOf(size.epoch))} of rent by one of them`,
      media: '-',
      back: 'no',
    },
    {
      what: 'the first claim of an owner',
      sol: `${sol(rentOf(size.claim))} and ${sol(SIGNATURE_FEE)}`,
      media: '-',
      back: 'no',
    },
    { what: 'any other transaction', sol: sol(SIGNATURE_FEE), media: '-', back: 'no' },
  ];
}

/** The table of `docs/guides/public-cluster.md`. */
export function renderCosts(): string {
  return [
    '| what | SOL | MEDIA | comes back |',
    '|---|---|---|---|',
    ...costs().map((cost) => `| ${cost.what} | ${cost.sol} | ${cost.media} | ${cost.back} |`),
  ].join('\n');
}

/** A site of what-it-costs.md. */
interface Site {
  readonly name: string;
  readonly gbAMonth: number;
  readonly p95Mbps: number;
}

const SITES: readonly Site[] = [
  { name: 'a blog', gbAMonth: 50, p95Mbps: 5 },
  { name: 'a shop with many pictures', gbAMonth: 2_000, p95Mbps: 80 },
  { name: 'a video site', gbAMonth: 100_000, p95Mbps: 2_000 },
];

/** At how many dollars a MEDIA the table is worked through: the price of the pool that `media up` makes. */
const DOLLARS = 10;

function dollars(value: number): string {
  return `$${value < 10 ? value.toFixed(2) : String(Math.round(value))}`;
}

/** The table of `docs/guides/what-it-costs.md`. */
export function renderSites(): string {
  const fee = Number(REAL_PARAMS.feePerGb) / 1e9;
  const quota = Number(REAL_PARAMS.quotaKbpsPerMedia) / 1000;
  const rent = Number(rentOf(size.resource) + rentOf(size.ring) + rentOf(size.settings)) / 1e9;
  const row = (name: string, show: (site: Site) => string): string =>
    `| ${name} | ${SITES.map(show).join(' | ')} |`;
  return [
    `| | ${SITES.map(({ name }) => name).join(' | ')} |`,
    `|---|${SITES.map(() => '--:').join('|')}|`,
    row('gigabytes a month', ({ gbAMonth }) => String(gbAMonth)),
    row('p95, Mbit/s', ({ p95Mbps }) => String(p95Mbps)),
    row('**fees a month, MEDIA**', ({ gbAMonth }) => String(Number((gbAMonth * fee).toFixed(4)))),
    row(`**fees a month, at $${DOLLARS} a MEDIA**`, ({ gbAMonth }) => dollars(gbAMonth * fee * DOLLARS)),
    row('at stake for the quota, MEDIA', ({ p95Mbps }) => String(p95Mbps / quota)),
    row(`at stake, at $${DOLLARS} a MEDIA; comes back`, ({ p95Mbps }) =>
      dollars((p95Mbps / quota) * DOLLARS),
    ),
    row('rent on chain, SOL; most of it comes back', () => rent.toFixed(3)),
  ].join('\n');
}
