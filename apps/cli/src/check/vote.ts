import { ballotsOf, encodeAction, executePlan, votePlan } from '@media-network/chain';
import { ACTIONS, PROPOSAL_STATUS } from '@media-network/chain/schema';
import type { Devnet } from '@media-network/devnet';
import { formatMedia } from '../amounts.ts';
import { expectThat, until } from './story.ts';
import type { Story } from './story.ts';

/** Slack on top of the network's own periods. */
const SLACK_MS = 30_000;
const LOCKED = 2_000n * 10n ** 9n;

export interface VoteStory {
  /** Once what was locked is old enough: proposes and votes. */
  propose(): Promise<void>;
  /** Once voting and its delay are over: the proposal is carried out, and its deposit comes back. */
  carryOut(): Promise<void>;
}

/**
 * A proposal from the lock to its effect, in three parts, between which the rest of the story is told: its periods are the
 * network's own, and nobody can turn a real chain's clock.
 */
export async function beginVote(devnet: Devnet, story: Story): Promise<VoteStory> {
  const { client, treasury } = devnet;
  const config = await client.config();
  const fee = config.buybackSecs === 0 ? 60 : config.buybackSecs;
  const dateOf = async (moment: bigint): Promise<true | undefined> =>
    (await client.chainTime()) >= moment ? true : undefined;
  await client.send([await client.instructions.lockMedia({ owner: treasury, amount: LOCKED })], {
    payer: treasury,
  });
  const lockedAt = await client.chainTime();
  const proposalOf = async (number: bigint) => {
    const found = await client.account('proposal', await client.addresses.proposal(number));
    if (found === null) throw new Error(`there is no proposal ${number}`);
    return found;
  };
  let number = 0n;

  return {
    async propose() {
      const seasoned = lockedAt + BigInt(config.seasoningSecs) + 1n;
      await until('the lock to season', config.seasoningSecs * 1_000 + SLACK_MS, () => dateOf(seasoned));
      number = (await client.config()).proposals + 1n;
      const action = encodeAction('buyback', {
        mask: 0b010,
        buybackBps: 0,
        buybackSecs: fee + 1,
        buybackSpotBps: 0,
      });
      await client.send(
        [
          await client.instructions.propose({
            proposer: treasury,
            pool: devnet.pool,
            number,
            maxDeposit: config.depositCeiling,
            kind: ACTIONS.buyback.kind,
            action,
            textHash: new Uint8Array(32),
            link: '',
          }),
        ],
        { payer: treasury },
      );
      const proposal = await proposalOf(number);
      const ballots = await ballotsOf(client, treasury.address, proposal);
      const ballot = ballots.find(({ kind }) => kind === 'lock');
      expectThat(ballot !== undefined && ballot.weight === LOCKED, 'what was locked does not count');
      await client.send(
        [await votePlan(client, { owner: treasury, proposal: proposal.address, ballot, side: 1 })],
        { payer: treasury },
      );
    },

    async carryOut() {
      await story.step('vote', async () => {
        const proposal = await proposalOf(number);
        const wait = Number(proposal.executableAt - (await client.chainTime())) * 1_000;
        await until('the end of voting', Math.max(0, wait) + SLACK_MS, () => dateOf(proposal.votingEndsAt));
        await client.send([await client.instructions.finaliseProposal({ proposal: proposal.address })], {
          payer: treasury,
        });
        await until('the delay after it', Math.max(0, wait) + SLACK_MS, () => dateOf(proposal.executableAt));
        const passed = await proposalOf(number);
        expectThat(passed.status === PROPOSAL_STATUS.passed, 'the proposal has not passed');
        const proposerMedia = await client.addresses.associatedToken(
          treasury.address,
          await client.addresses.mediaMint(),
        );
        const refund = await client.instructions.refundDeposit({ proposal: passed.address, proposerMedia });
        await client.send([...(await executePlan(client, { payer: treasury, proposal: passed })), refund], {
          payer: treasury,
        });
        const { buybackSecs } = await client.config();
        expectThat(buybackSecs === fee + 1, 'the proposal has changed nothing');
        return `proposal ${number}: ${formatMedia(passed.votesFor)} for, deposit of ${formatMedia(passed.deposit)} returned; a buyback every ${buybackSecs} s now`;
      });
    },
  };
}
