import type { EdgeOverrides } from '@media-network/edge';
import { blamed, credited, names, serve, week } from '../acts.ts';
import type { Traffic } from '../acts.ts';
import type { Scenario } from '../scenario.ts';
import type { Stage, StageOptions } from '../stage.ts';

export interface LiarEdge {
  readonly name: string;
  readonly doc: string;
  readonly quick?: boolean;
  readonly spiteful?: boolean;
  /** Honest edges; the liar is one more. 3 by default. */
  readonly honestEdges?: number;
  readonly guards?: number;
  /** Of the network, where it is not the usual one: of both sides. */
  readonly network?: Pick<StageOptions, 'params' | 'publisherWorth'>;
  /** How the liar lies; it may ask for the stage, which is there when daemons run. */
  readonly lie: (stage: () => Stage) => EdgeOverrides;
  /** Viewers of the honest edges; the usual by default. */
  readonly traffic?: Traffic;
  /** Viewers that come to the liar while it attacks; none by default. Without the attack nobody knows it. */
  readonly visited?: Traffic;
  /** More that the attackers do while they attack, in each hour. */
  readonly act?: (stage: Stage) => Promise<void>;
}

/** One edge that lies beside honest ones, for a week. */
export function liarEdge(plan: LiarEdge): Scenario {
  const honestEdges = plan.honestEdges ?? 3;
  const guards = plan.guards ?? 3;
  const stages: Stage[] = [];
  const current = (): Stage => {
    const [stage] = stages;
    if (stage === undefined) throw new Error('the stage is not open yet');
    return stage;
  };
  return {
    name: plan.name,
    kind: 'attack',
    doc: plan.doc,
    quick: plan.quick ?? false,
    // With a network of its own it is played for itself.
    ...(plan.network === undefined
      ? { honestSide: JSON.stringify([honestEdges, guards, plan.traffic ?? null]) }
      : {}),
    ...(plan.spiteful === true ? { spiteful: true } : {}),
    network: (attacks) => ({
      // Guards ask for counters at moments of their own: the clock has to stop often enough for them.
      stepSamples: 1,
      ...plan.network,
      guards,
      edges: honestEdges + 1,
      edgeOverrides: (index) => (attacks && index === honestEdges ? plan.lie(current) : {}),
    }),
    async play({ stage, attacks }) {
      stages[0] = stage;
      const honest = stage.edges.slice(0, honestEdges);
      const liar = stage.edges.slice(honestEdges);
      const liars = [stage.owner(`edge-${honestEdges + 1}`)];
      const purse = await stage.purses.open(liars);
      const hours = await week(stage, async () => {
        await serve(stage, honest, plan.traffic);
        if (attacks && plan.visited !== undefined) await serve(stage, liar, plan.visited);
        if (attacks) await plan.act?.(stage);
      });
      const [lying] = liar;
      return {
        attackers: await purse.close(),
        honest: [...names('edge', honestEdges), ...names('guard', guards)],
        blamedHonest: await blamed(stage, honest, hours),
        figures: lying === undefined ? {} : { liarCredited: await credited(stage, lying, hours) },
      };
    },
  };
}
