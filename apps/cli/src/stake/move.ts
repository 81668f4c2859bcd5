import { formatUnits, parseAmount } from '../amounts.ts';
import type { CliContext } from '../command.ts';
import { connect } from '../connection.ts';
import type { ChainOptions } from '../chain-options.ts';
import { parseRole } from '../roles.ts';
import { usageError } from '../usage.ts';
import { refuseStake, refuseUnbond, refuseWithdraw, timeText } from './refusal.ts';
import { countWithAll } from './edge-worth.ts';
import { stakeFacts } from './stake-facts.ts';
import type { StakeFacts } from './stake-facts.ts';

export interface StakeOptions extends ChainOptions {
  readonly quote?: string;
  readonly role: string;
  readonly all?: true;
}

/** The amount that is named, or `all`; one of the two. */
function askedFor(text: string | undefined, options: StakeOptions, all: bigint, facts: StakeFacts): bigint {
  if (text !== undefined && options.all === true)
    throw usageError('conflicting-options', `Both ${text} and --all are named.`, 'Name one of the two.');
  if (options.all === true) return all;
  if (text === undefined)
    throw usageError(
      'missing-argument',
      'How much is missing.',
      'Name an amount of LP, such as 12.5, or --all.',
    );
  return parseAmount(text, facts.decimals, 'The amount of LP');
}

export async function addStake(
  amount: string | undefined,
  options: StakeOptions,
  context: CliContext,
): Promise<void> {
  const role = parseRole(options.role);
  const connection = await connect(options, context);
  const facts = await stakeFacts(connection, role, options.quote);
  const lp = askedFor(amount, options, facts.held, facts);
  const refusal = refuseStake(facts, lp);
  if (refusal !== undefined) throw refusal;
  const { owner } = facts;
  const instruction = await connection.client.instructions.stake({
    owner,
    pool: facts.pool.address,
    role,
    lp,
  });
  const { signature } = await connection.send([instruction], owner);
  // What an edge has at stake counts when it says so (docs/chain.md, Nodes).
  if (facts.edge !== undefined && facts.stake !== null)
    await countWithAll(connection, owner, facts.edge, facts.stake, context);
  const now = facts.lp + lp;
  if (options.json === true) context.terminal.json({ signature, lp, role: options.role, staked: now });
  else
    context.terminal.line(
      `Staked ${formatUnits(lp, facts.decimals)} LP as ${options.role}; ${formatUnits(now, facts.decimals)} LP are at stake now.\n${signature}`,
    );
}

export async function unbond(
  amount: string | undefined,
  options: StakeOptions,
  context: CliContext,
): Promise<void> {
  const role = parseRole(options.role);
  const connection = await connect(options, context);
  const facts = await stakeFacts(connection, role, options.quote);
  // What resources hold is theirs; all is what can go.
  const free = facts.lp - facts.allocated;
  const lp = askedFor(amount, options, free > 0n ? free : facts.lp, facts);
  const refusal = refuseUnbond(facts, lp, options.role);
  if (refusal !== undefined) throw refusal;
  const { owner } = facts;
  const which = { owner, pool: facts.pool.address, role };
  const { instructions } = connection.client;
  // All that is unbonding waits anew from each begin (docs/chain.md, Money): what has waited long enough goes out first.
  const due = facts.freeAt !== undefined && facts.freeAt <= facts.now ? facts.unbonding : 0n;
  const waited = facts.unbonding - due;
  const { signature } = await connection.send(
    [
      ...(due > 0n ? [await instructions.withdraw(which)] : []),
      await instructions.beginUnbond({ ...which, lp }),
    ],
    owner,
  );
  const after = await stakeFacts(connection, role, options.quote);
  const freeAt = after.freeAt ?? after.now;
  if (options.json === true) {
    context.terminal.json({
      signature,
      lp,
      role: options.role,
      staked: after.lp,
      unbonding: after.unbonding,
      withdrawn: due,
      withdrawableAt: new Date(Number(freeAt) * 1000).toISOString(),
    });
    return;
  }
  const { terminal, invocation } = context;
  terminal.line(
    `${formatUnits(lp, facts.decimals)} LP are on their way out; ${formatUnits(after.lp, facts.decimals)} LP stay at stake${after.allocated > 0n ? `, ${formatUnits(after.allocated, facts.decimals)} of them set aside for resources` : ''}.`,
  );
  if (due > 0n)
    terminal.line(`${formatUnits(due, facts.decimals)} LP had waited long enough and are in the wallet.`);
  if (waited > 0n)
    terminal.line(
      `${formatUnits(waited, facts.decimals)} LP of before could have been withdrawn from ${timeText(facts.freeAt ?? facts.now, facts.now)}; all of it waits anew.`,
    );
  terminal.line(
    `${formatUnits(after.unbonding, facts.decimals)} LP can be withdrawn from ${timeText(freeAt, after.now)}:`,
  );
  terminal.line(`  ${invocation.line(`stake withdraw --role ${options.role}`)}`);
  terminal.line(signature);
}

export async function withdraw(options: StakeOptions, context: CliContext): Promise<void> {
  const role = parseRole(options.role);
  const connection = await connect(options, context);
  const facts = await stakeFacts(connection, role, options.quote);
  const refusal = refuseWithdraw(facts, options.role);
  if (refusal !== undefined) throw refusal;
  const { owner } = facts;
  const instruction = await connection.client.instructions.withdraw({
    owner,
    pool: facts.pool.address,
    role,
  });
  const { signature } = await connection.send([instruction], owner);
  const lp = facts.unbonding;
  const held = facts.held + lp;
  if (options.json === true)
    context.terminal.json({ signature, lp, role: options.role, staked: facts.lp, held });
  else
    context.terminal.line(
      `Withdrew ${formatUnits(lp, facts.decimals)} LP; the wallet ${facts.who} holds ${formatUnits(held, facts.decimals)} LP, and ${formatUnits(facts.lp, facts.decimals)} LP are at stake.\n${signature}`,
    );
}
