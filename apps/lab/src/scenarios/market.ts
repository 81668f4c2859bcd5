import { transferTokens } from '@media-network/chain';
import type { Signer } from '@media-network/chain';
import { ROLE } from '@media-network/chain/schema';
import { weekEnd } from '@media-network/protocol';
import { blamed, names, paid, restOfWeek, serve } from '../acts.ts';
import { MEDIA, QUOTE, attempt, buyLp, guardWith, openAccounts, ownQuote, swap } from '../market.ts';
import type { Scenario } from '../scenario.ts';
import type { Stage, StageOptions } from '../stage.ts';

const NODES = { guards: 3, edges: 3 } as const;
const WEALTH = { media: 100_000n * MEDIA, quote: 1_000_000n * QUOTE } as const;

interface Trader {
  readonly name: string;
  readonly doc: string;
  readonly quick?: boolean;
  readonly network?: StageOptions;
  /** Done once, in the first hour with viewers; what came of each step is printed. */
  readonly act?: (stage: Stage, mallory: Signer) => Promise<Readonly<Record<string, string>>>;
  /** Done in the hour after that. */
  readonly next?: (stage: Stage, mallory: Signer) => Promise<Readonly<Record<string, string>>>;
  /** Done in the last minutes of the week, when a fee is due and not taken yet. */
  readonly whenDue?: (stage: Stage, mallory: Signer) => Promise<Readonly<Record<string, string>>>;
}

/** Somebody with money, and nothing to serve, beside an honest network. */
function trader(plan: Trader): Scenario {
  return {
    name: plan.name,
    kind: 'attack',
    doc: plan.doc,
    quick: plan.quick ?? false,
    honestSide: `trader ${plan.whenDue !== undefined} ${JSON.stringify(Object.keys(plan.network ?? {}))}`,
    network: () => ({ ...NODES, ...plan.network }),
    async play({ stage, attacks }) {
      const mallory = await stage.wealthy('mallory', WEALTH.media, WEALTH.quote);
      await openAccounts(stage, mallory, stage.quoteMint);
      const purse = await stage.purses.open([mallory.address]);
      let figures: Readonly<Record<string, string>> = {};
      const steps = [plan.act, plan.next];
      const number = await stage.week();
      const hours = await restOfWeek(stage, async () => {
        await serve(stage, stage.edges);
        const step = steps.shift();
        if (attacks && step !== undefined) figures = { ...figures, ...(await step(stage, mallory)) };
      });
      if (plan.whenDue !== undefined) {
        // The last minutes of the week: the hour before the last is recorded.
        await stage.until(weekEnd(stage.periods, number) - BigInt(stage.periods.sampleSecs));
        if (attacks) figures = { ...figures, ...(await plan.whenDue(stage, mallory)) };
      }
      await paid(stage, number);
      return {
        attackers: await purse.close(),
        honest: [...names('edge', 3), ...names('guard', 3)],
        blamedHonest: await blamed(stage, stage.edges, hours),
        figures,
      };
    },
  };
}

/** Prices moved and moved back, pools that lie, LP that counts twice. */
export const MARKET_SCENARIOS: readonly Scenario[] = [
  trader({
    name: 'dust-pool',
    doc: 'A pool of 5 MEDIA against a listed quote that the attacker holds alone lies for a day about its price; its LP buys no seat: worth is at most twice the MEDIA side, and the pool is too shallow to give rights.',
    quick: true,
    network: { moreQuotes: ['dust-quote'], params: { twapSecs: 3_600, spotSecs: 900 } },
    async act(stage, mallory) {
      const { client } = stage;
      const quoteMint = await ownQuote(stage, mallory, 'dust-quote', 10n ** 15n);
      const create = await client.instructions.createPool({
        payer: mallory,
        quoteMint,
        media: 5n * MEDIA,
        quote: 10n ** 14n,
      });
      return { opened: await attempt(stage, mallory, [create]) };
    },
    async next(stage, mallory) {
      const { client } = stage;
      const quoteMint = (await stage.signer('dust-quote')).address;
      const add = await client.instructions.addLiquidity({
        owner: mallory,
        quoteMint,
        maxMedia: 10n * MEDIA,
        maxQuote: 10n ** 14n * 2n,
        minLp: 1n,
      });
      const added = await attempt(stage, mallory, [add]);
      const pool = await client.addresses.pool(quoteMint);
      const lp = await client.tokenBalance(mallory.address, await client.addresses.lpMint(pool));
      const seat = await attempt(stage, mallory, await guardWith(stage, mallory, pool, lp));
      return { added, seat };
    },
  }),
  trader({
    name: 'swap-seat-swap-back',
    doc: 'Moves the price, enters the next guard set with what the LP is worth for a moment, and moves it back, in one transaction.',
    async act(stage, mallory) {
      const lp = await buyLp(stage, mallory, 20n * MEDIA);
      const there = await swap(stage, mallory, 'quote', 900_000n * QUOTE);
      const back = await swap(stage, mallory, 'media', 82_000n * MEDIA);
      const seat = await attempt(stage, mallory, [
        there,
        ...(await guardWith(stage, mallory, stage.pool, lp)),
        back,
      ]);
      // And with a price that stays moved, in transactions of its own.
      const moved = await attempt(stage, mallory, [await swap(stage, mallory, 'quote', 900_000n * QUOTE)]);
      const later = await attempt(stage, mallory, await guardWith(stage, mallory, stage.pool, lp));
      const returned = await attempt(stage, mallory, [await swap(stage, mallory, 'media', 82_000n * MEDIA)]);
      return { seat, moved, later, returned };
    },
  }),
  trader({
    name: 'sandwiched-charge',
    doc: "Moves the price, takes a resource's fee at it, and moves it back. A charge refuses a price that has moved by more than 3 %; below that two swap fees cost more than it brings.",
    // Guards take the week's fee when the week is over: until then somebody else can.
    network: { guardFlags: () => ({ chargeEveryHours: 100 }) },
    async whenDue(stage, mallory) {
      const { client } = stage;
      const resource = await stage.resourceAccount();
      const charge = async (): Promise<Awaited<ReturnType<typeof client.instructions.charge>>> =>
        client.instructions.charge({
          payer: mallory,
          pool: stage.pool,
          stake: resource.stake,
          resource: stage.resource,
          week: (resource.weeks.find(({ due }) => due > 0n)?.week ?? 1n) - 1n,
        });
      const far = await attempt(stage, mallory, [
        await swap(stage, mallory, 'media', 60_000n * MEDIA),
        await charge(),
        await swap(stage, mallory, 'quote', 560_000n * QUOTE),
      ]);
      const near = await attempt(stage, mallory, [
        await swap(stage, mallory, 'media', 10_000n * MEDIA),
        await charge(),
        await swap(stage, mallory, 'quote', 98_000n * QUOTE),
      ]);
      return { far, near };
    },
  }),
  trader({
    name: 'skewed-deposit',
    doc: 'Skews the price ahead of a deposit that is on its way. The deposit names the LP it wants, within 1 %, and fails rather than give.',
    async act(stage, mallory) {
      const victim = await stage.wealthy('victim', 10_000n * MEDIA, 100_000n * QUOTE);
      await openAccounts(stage, victim, stage.quoteMint);
      const pool = await stage.client.pool(stage.quoteMint);
      if (pool === null) throw new Error('no pool');
      const lp = (10_000n * MEDIA * pool.lpSupply) / pool.reserveMedia;
      const add = await stage.client.instructions.addLiquidity({
        owner: victim,
        quoteMint: stage.quoteMint,
        maxMedia: 10_000n * MEDIA,
        maxQuote: 100_000n * QUOTE,
        minLp: (lp * 99n) / 100n,
      });
      const skewed = await attempt(stage, mallory, [await swap(stage, mallory, 'media', 90_000n * MEDIA)]);
      const deposit = await attempt(stage, victim, [add]);
      const returned = await attempt(stage, mallory, [await swap(stage, mallory, 'quote', 820_000n * QUOTE)]);
      return { skewed, deposit, returned };
    },
  }),
  trader({
    name: 'one-lp-two-seats',
    doc: 'Takes a seat, unbonds, and wants to stake the same LP under another name while the first seat still decides. Unbonding outlasts two weeks.',
    async act(stage, mallory) {
      const { client } = stage;
      const lp = await buyLp(stage, mallory, 5_000n * MEDIA);
      const [stake, register] = await guardWith(stage, mallory, stage.pool, lp);
      const seat = await attempt(stage, mallory, [stake!, register!]);
      const guard = await client.addresses.guard(mallory.address);
      const asGuard = {
        operator: mallory,
        guard,
        stake: await client.addresses.stake(mallory.address, stage.pool, ROLE.guard),
        pool: stage.pool,
      };
      const next = (await stage.week()) + 1n;
      const joined = await attempt(stage, mallory, [
        await client.instructions.joinGuardSet({ ...asGuard, week: next }),
      ]);
      const early = await attempt(stage, mallory, [
        await client.instructions.beginUnbond({ owner: mallory, pool: stage.pool, role: ROLE.guard, lp }),
      ]);
      const left = await attempt(stage, mallory, [
        await client.instructions.leaveGuard({ owner: mallory, week: next }),
        await client.instructions.beginUnbond({ owner: mallory, pool: stage.pool, role: ROLE.guard, lp }),
      ]);
      const withdrawn = await attempt(stage, mallory, [
        await client.instructions.withdraw({ owner: mallory, pool: stage.pool, role: ROLE.guard }),
      ]);
      const set = await client.guardSet(next);
      return { seat, joined, early, left, withdrawn, seats: String(set?.count ?? 0) };
    },
  }),
  trader({
    name: 'stolen-ring',
    doc: "Attaches somebody else's blank sample ring to a resource of the attacker's, so that the other cannot be published.",
    async act(stage, mallory) {
      const { client } = stage;
      const lp = await buyLp(stage, mallory, 100n * MEDIA);
      const stake = await client.instructions.stake({
        owner: mallory,
        pool: stage.pool,
        role: ROLE.publisher,
        lp,
      });
      const register = await client.instructions.registerResource({
        publisher: mallory,
        pool: stage.pool,
        id: 1n,
        lp,
        allowance: 0n,
        vouchKey: new Uint8Array(32),
      });
      const registered = await attempt(stage, mallory, [stake, register]);
      const { ring } = await stage.resourceAccount();
      const attach = await client.instructions.attachRing({
        publisher: mallory,
        resource: await client.addresses.resource(mallory.address, 1n),
        ring,
        tail: new Uint8Array(4),
      });
      return { registered, attached: await attempt(stage, mallory, [attach]) };
    },
  }),
  trader({
    name: 'bought-claim',
    doc: 'Claims what somebody else earned, and what nobody did, with proofs of its own making.',
    quick: true,
    async act(stage, mallory) {
      const { client } = stage;
      const mint = await client.addresses.mediaMint();
      await attempt(
        stage,
        mallory,
        await transferTokens(client.addresses, {
          payer: mallory,
          owner: mallory,
          mint,
          to: stage.owner('edge-1'),
          amount: 1n,
        }),
      );
      const claim = await client.instructions.claim({
        payer: mallory,
        owner: mallory.address,
        week: 0n,
        amount: 10n ** 12n,
        tail: new Uint8Array(0),
      });
      return { claimed: await attempt(stage, mallory, [claim]) };
    },
  }),
];
