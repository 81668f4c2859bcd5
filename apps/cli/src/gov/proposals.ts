import { minuteOf } from '../minute.ts';
import { ballotsOf, saidBy } from '@media-network/chain';
import type { Found } from '@media-network/chain';
import { ACTIONS, PARAMETERS, PROPOSAL_STATUS } from '@media-network/chain/schema';
import type { Parameter } from '@media-network/chain/schema';
import { MediaError } from '@media-network/runtime';
import { formatMedia } from '../amounts.ts';
import type { ChainOptions } from '../chain-options.ts';
import type { CliContext } from '../command.ts';
import { connect } from '../connection.ts';
import type { Connection } from '../connection.ts';
import { nameIn } from '../roles.ts';
import { table } from '../terminal/table.ts';
import { wholeBetween } from '../whole-number.ts';
import { parametersOf, shownField } from './fields.ts';

type Proposal = Found<'proposal'>;

export async function proposalOf({ client }: Connection, which: string): Promise<Proposal> {
  const number = wholeBetween(which, 'The proposal', 1, Number.MAX_SAFE_INTEGER);
  await client.config();
  const found = await client.account('proposal', await client.addresses.proposal(BigInt(number)));
  if (found !== null) return found;
  throw new MediaError({
    code: 'cli/no-proposal',
    message: `There is no proposal ${number}.`,
    hint: '"media gov list" shows those there are.',
    source: 'client',
  });
}

export const timeOf = (secs: bigint): string => new Date(Number(secs) * 1_000).toISOString();
const media = (units: bigint): string => formatMedia(units).replace(' MEDIA', '');

/** What becomes of a proposal next, and when. */
export function standing(proposal: Proposal, now: bigint): { readonly state: string; readonly next: string } {
  const state = nameIn(PROPOSAL_STATUS, proposal.status);
  if (state === 'voting')
    return now < proposal.votingEndsAt
      ? { state, next: `vote until ${minuteOf(proposal.votingEndsAt)}` }
      : { state: 'ended', next: 'finalise it' };
  if (state !== 'passed') return { state, next: '' };
  if (now < proposal.executableAt) return { state, next: `execute from ${minuteOf(proposal.executableAt)}` };
  return now < proposal.expiresAt
    ? { state, next: `execute until ${minuteOf(proposal.expiresAt)}` }
    : { state: 'expired', next: '' };
}

/** A proposal as JSON has it. */
function jsonOf(proposal: Proposal, now: bigint) {
  const said = saidBy(proposal);
  const fields = Object.fromEntries(
    Object.entries(said.fields).map(([field, value]) => [
      field,
      value instanceof Uint8Array ? shownField(field, value) : value,
    ]),
  );
  const { number, address, proposer, deposit, votesFor, votesAgainst, quorumVotes, link } = proposal;
  return {
    number,
    address,
    kind: said.name,
    state: standing(proposal, now).state,
    proposer,
    deposit,
    votesFor,
    votesAgainst,
    quorumVotes,
    createdAt: timeOf(proposal.createdAt),
    seasonedAt: timeOf(proposal.seasonedAt),
    votingEndsAt: timeOf(proposal.votingEndsAt),
    executableAt: timeOf(proposal.executableAt),
    expiresAt: timeOf(proposal.expiresAt),
    link,
    textHash: Buffer.from(proposal.textHash).toString('hex'),
    action: fields,
  };
}

export async function list(options: ChainOptions, context: CliContext): Promise<void> {
  const { client } = await connect(options, context);
  await client.config();
  const now = await client.chainTime();
  const proposals = (await client.list('proposal')).sort((a, b) => Number(b.number - a.number));
  const { terminal } = context;
  if (options.json === true) {
    terminal.json({ proposals: proposals.map((each) => jsonOf(each, now)) });
    return;
  }
  if (proposals.length === 0) {
    terminal.line('Nobody has proposed anything yet: "media gov propose" does.');
    return;
  }
  const rows = proposals.map((each) => ({ each, ...standing(each, now) }));
  const columns = [
    { head: 'no', value: (row: (typeof rows)[number]) => String(row.each.number), align: 'right' as const },
    { head: 'kind', value: (row: (typeof rows)[number]) => saidBy(row.each).name ?? '?' },
    { head: 'state', value: (row: (typeof rows)[number]) => row.state },
    { head: 'for', value: (row: (typeof rows)[number]) => media(row.each.votesFor), align: 'right' as const },
    {
      head: 'against',
      value: (row: (typeof rows)[number]) => media(row.each.votesAgainst),
      align: 'right' as const,
    },
    { head: 'next', value: (row: (typeof rows)[number]) => row.next },
  ];
  for (const line of table(rows, columns, terminal.style)) terminal.line(line);
}

export async function show(which: string, options: ChainOptions, context: CliContext): Promise<void> {
  const connection = await connect(options, context);
  const { client } = connection;
  const proposal = await proposalOf(connection, which);
  const now = await client.chainTime();
  const owner = await connection.wallet().catch(() => undefined);
  const ballots = owner === undefined ? [] : await ballotsOf(client, owner.address, proposal);
  const { terminal } = context;
  if (options.json === true) {
    const yours = ballots.map(({ kind, address, weight, vote }) => ({
      kind,
      address,
      weight,
      voted: vote === null ? null : vote.flags === 1 ? 'for' : 'against',
    }));
    terminal.json({ ...jsonOf(proposal, now), yours });
    return;
  }
  const said = saidBy(proposal);
  const { state, next } = standing(proposal, now);
  terminal.line(
    `proposal ${proposal.number}  ${said.name === undefined ? 'of an unknown kind' : ACTIONS[said.name].title}`,
  );
  terminal.line(`state      ${state}${next === '' ? '' : `: ${next}`}`);
  for (const [field, value] of settingsIn(proposal)) terminal.line(`sets       ${field} = ${value}`);
  terminal.line(
    `votes      ${formatMedia(proposal.votesFor)} for, ${formatMedia(proposal.votesAgainst)} against; it needs a majority and ${formatMedia(proposal.quorumVotes)} for`,
  );
  terminal.line(
    `by         ${await connection.named(proposal.proposer)}, deposit ${formatMedia(proposal.deposit)}`,
  );
  if (proposal.link !== '') terminal.line(`text       ${proposal.link}`);
  for (const { kind, weight, vote } of ballots)
    terminal.line(
      `your ${kind.padEnd(6)}${formatMedia(weight)}${vote === null ? '' : `, voted ${vote.flags === 1 ? 'for' : 'against'}`}`,
    );
}

/** What a proposal sets or names, without the parameters that it leaves alone. */
function settingsIn(proposal: Proposal): [string, string][] {
  const { name, fields } = saidBy(proposal);
  const mask = name === undefined || parametersOf(name) === undefined ? undefined : Number(fields['mask']);
  return Object.entries(fields)
    .filter(([field]) => field !== 'mask')
    .filter((_, index) => mask === undefined || ((mask >> index) & 1) === 1)
    .map(([field, value]) => [field, shownField(field, value)]);
}

const HOLDS = {
  week: 'from next week',
  once: 'at once',
  refresh: 'at the next refresh',
  proposals: 'for new proposals',
  joins: 'for new joins',
  sample: 'from the next sample',
} as const;

export async function parameters(options: ChainOptions, context: CliContext): Promise<void> {
  const { client } = await connect(options, context);
  const config = await client.config();
  // Each parameter is a field of the config by its name.
  const values = config as unknown as Readonly<Record<string, number | bigint>>;
  const { terminal } = context;
  // One table a kind.
  const kinds = Object.entries(PARAMETERS) as [string, Readonly<Record<string, Parameter>>][];
  const rows = kinds.flatMap(([kind, all]) =>
    Object.entries(all).map(([name, parameter]) => ({ kind, name, value: values[name] ?? 0, ...parameter })),
  );
  if (options.json === true) {
    const { proposals, grantsOwed, termsFrom } = config;
    terminal.json({ parameters: rows, kinds: Object.keys(ACTIONS), proposals, grantsOwed, termsFrom });
    return;
  }
  type Row = (typeof rows)[number];
  const columns = [
    { head: 'kind', value: (row: Row) => row.kind },
    { head: 'parameter', value: (row: Row) => row.name },
    { head: 'now', value: (row: Row) => String(row.value), align: 'right' as const },
    { head: 'bounds', value: (row: Row) => `${row.min}…${row.max}${row.gradual === true ? ' ½…2×' : ''}` },
    { head: 'holds', value: (row: Row) => HOLDS[row.holds] },
    { head: 'unit', value: (row: Row) => row.unit },
  ];
  for (const line of table(rows, columns, terminal.style)) terminal.line(line);
  terminal.line();
  terminal.line('Other kinds:');
  for (const [name, { fields, doc }] of Object.entries(ACTIONS))
    if (parametersOf(name as keyof typeof ACTIONS) === undefined)
      terminal.line(`  ${name.padEnd(15)} ${Object.keys(fields).join(', ')}. ${doc}`);
}
