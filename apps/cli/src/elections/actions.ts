import { createHash } from 'node:crypto';
import type { Found } from '@media-network/chain';
import { electionHour, electionParams } from '@media-network/chain/model';
import { ELECTION_STATUS, ELECTION_VOTE, EVIDENCE_KIND } from '@media-network/chain/schema';
import { toHex } from '@media-network/protocol';
import { MediaError } from '@media-network/runtime';
import { formatUnits } from '../amounts.ts';
import type { ChainOptions } from '../chain-options.ts';
import type { CliContext } from '../command.ts';
import { connect, parseAddressArg } from '../connection.ts';
import type { Connection } from '../connection.ts';
import { readNamedFile } from '../named-file.ts';
import { nameIn } from '../roles.ts';
import { timeText } from '../stake/refusal.ts';
import { table } from '../terminal/table.ts';
import { readElections } from './read.ts';

type Election = Found<'election'>;

export interface ListOptions extends ChainOptions {
  readonly all?: boolean;
}

/** What an election accuses a node of, for people. */
const FAULT_WORDS: Readonly<Record<number, string>> = {
  [EVIDENCE_KIND.counters]: 'signed two counters of one moment',
  [EVIDENCE_KIND.overreport]: 'reported more than its counters rose by',
  [EVIDENCE_KIND.views]: 'signed two views of one moment',
  [EVIDENCE_KIND.probes]: 'served other bytes than the origin has',
};

/** Decimals of LP and of MEDIA. */
const LP_DECIMALS = 9;

const hourOf = ({ fault, number }: Election): bigint => electionHour(fault, number);

function tally({ votes, voteCount }: Election): { readonly uphold: number; readonly reject: number } {
  const cast = votes.slice(0, voteCount);
  const count = (wanted: number): number => cast.filter(({ vote }) => vote === wanted).length;
  return { uphold: count(ELECTION_VOTE.uphold), reject: count(ELECTION_VOTE.reject) };
}

function figuresOf(each: Election): object {
  return {
    election: each.address,
    accused: each.accused,
    fault: nameIn(EVIDENCE_KIND, each.fault),
    hour: hourOf(each),
    status: nameIn(ELECTION_STATUS, each.status),
    elector: each.elector,
    votes: { ...tally(each), of: each.setCount },
    slashes: each.slashes === 1,
    startedAt: each.startedAt,
    endsAt: each.endsAt,
    appealedAt: each.appealedAt === 0n ? null : each.appealedAt,
    file: toHex(each.file),
    appeal: each.appealedAt === 0n ? null : toHex(each.appeal),
    bond: each.bond,
    slashed: each.slashed,
    rewarded: each.rewarded,
  };
}

const lp = (amount: bigint): string => `${formatUnits(amount, LP_DECIMALS)} LP`;

/** How it stands, or what it came to. */
function standing(each: Election, now: bigint, voteSecs: bigint): string {
  switch (each.status) {
    case ELECTION_STATUS.open:
      if (now >= each.endsAt) return 'over, to be finalised';
      return now < each.startedAt + voteSecs
        ? `votes until ${timeText(each.startedAt + voteSecs, now)}`
        : `appeals until ${timeText(each.endsAt, now)}`;
    case ELECTION_STATUS.slashed:
      return `removed, ${lp(each.slashed)} fell, ${lp(each.rewarded)} of it to the elector`;
    case ELECTION_STATUS.removed:
      return 'removed, no stake fell';
    case ELECTION_STATUS.rejected:
      return `rejected, the elector lost ${lp(each.slashed)}`;
    default:
      return 'undecided, nothing changed';
  }
}

export async function list(options: ListOptions, context: CliContext): Promise<void> {
  const { client } = await connect(options, context);
  const { terminal } = context;
  const config = await client.config();
  const now = await client.chainTime();
  const found = await readElections(client, options.all === true);
  if (options.json === true) {
    terminal.json({ elections: found.map(figuresOf) });
    return;
  }
  if (found.length === 0) {
    terminal.line(options.all === true ? 'There has been no election.' : 'No election is open.');
    return;
  }
  const { voteSecs } = electionParams(config);
  const columns = [
    { head: 'accused', value: (each: Election) => each.accused },
    { head: 'hour', value: (each: Election) => String(hourOf(each)), align: 'right' as const },
    { head: 'of what', value: (each: Election) => FAULT_WORDS[each.fault] ?? '' },
    {
      head: 'for, against, of',
      value: (each: Election) => `${tally(each).uphold}, ${tally(each).reject}, ${each.setCount}`,
    },
    { head: 'standing', value: (each: Election) => standing(each, now, voteSecs) },
    { head: 'election', value: (each: Election) => each.address },
  ];
  for (const line of table(found, columns, terminal.style)) terminal.line(line);
}

async function electionAt(connection: Connection, text: string): Promise<Election> {
  await connection.client.config();
  const at = parseAddressArg(text, 'The election');
  const found = await connection.client.account('election', at);
  if (found !== null) return found;
  throw new MediaError({
    code: 'cli/no-election',
    message: `There is no election at ${at} on this chain.`,
    hint: '"media elections" lists them.',
    source: 'client',
  });
}

export async function vote(
  text: string,
  word: string,
  options: ChainOptions,
  context: CliContext,
): Promise<void> {
  const wanted = word === 'uphold' || word === 'reject' ? ELECTION_VOTE[word] : undefined;
  if (wanted === undefined) {
    throw new MediaError({
      code: 'cli/bad-vote',
      message: `A vote is "uphold" or "reject", not "${word}".`,
      source: 'client',
    });
  }
  const connection = await connect(options, context);
  const { client } = connection;
  const election = await electionAt(connection, text);
  const operator = await connection.wallet();
  const guard = (await client.guards()).find((each) => each.operator === operator.address);
  if (guard === undefined) {
    throw new MediaError({
      code: 'cli/not-registered',
      message: `The wallet ${await connection.named(operator.address)} operates no guard on this network.`,
      hint: 'Name the wallet of the guard with --keypair.',
      source: 'client',
    });
  }
  const built = await client.instructions.voteElection({
    operator,
    guard: guard.address,
    election: election.address,
    week: election.week,
    vote: wanted,
  });
  const { signature } = await connection.send([built], operator);
  if (options.json === true) context.terminal.json({ election: election.address, vote: word, signature });
  else context.terminal.line(`Voted to ${word} the election of ${election.accused}.`);
}

export async function appeal(
  text: string,
  file: string,
  options: ChainOptions,
  context: CliContext,
): Promise<void> {
  const content = await readNamedFile(file, context);
  const connection = await connect(options, context);
  const { client } = connection;
  const election = await electionAt(connection, text);
  const signer = await connection.wallet();
  const hash = new Uint8Array(createHash('sha256').update(content).digest());
  const { accused } = election;
  const built = await client.instructions.appealElection({
    signer,
    accused,
    election: election.address,
    file: hash,
  });
  const { signature } = await connection.send([built], signer);
  if (options.json === true)
    context.terminal.json({ election: election.address, file: toHex(hash), signature });
  else
    context.terminal.line(
      `Appealed with ${toHex(hash)}: guards may vote again for a whole window. Show them the file.`,
    );
}
