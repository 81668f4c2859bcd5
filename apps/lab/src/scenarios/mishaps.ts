import { cp, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { createEdge, parseEdgeConfig } from '@media-network/edge';
import { blamed, names, paid, restOfWeek, serve, week } from '../acts.ts';
import { MEDIA, QUOTE, attempt, openAccounts, swap } from '../market.ts';
import type { Scenario } from '../scenario.ts';
import type { Stage } from '../stage.ts';

interface Mishap {
  readonly name: string;
  readonly doc: string;
  readonly quick?: boolean;
  readonly guards?: number;
  readonly honestSlackBps?: bigint;
  /** Edges whose own mishap it is: the hours that they lose by it are their loss, and nobody else's. */
  readonly own?: number;
  /** What goes wrong, in the first hour, after viewers came. */
  readonly happens: (stage: Stage) => Promise<void>;
  /** What is mended in the last hour of the week, before viewers come. */
  readonly mended?: (stage: Stage) => Promise<void>;
}

/** Something breaks, and nobody meant it: nobody is blamed, and who works is paid. */
function mishap(plan: Mishap): Scenario {
  const guards = plan.guards ?? 3;
  return {
    name: plan.name,
    kind: 'mishap',
    doc: plan.doc,
    quick: plan.quick ?? false,
    honestSide: `mishap ${guards} ${plan.own ?? 0}`,
    ...(plan.honestSlackBps === undefined ? {} : { honestSlackBps: plan.honestSlackBps }),
    // A guard that waits for evidence says what it knows when its time is over: the clock has to pass there.
    network: () => ({
      guards,
      edges: 3,
      stepSamples: plan.own === undefined ? 3 : 1,
      params: { minGuards: guards },
    }),
    async play({ stage, attacks }) {
      let turn = 0;
      const hours = await week(stage, async () => {
        if (attacks && turn === 1) await plan.mended?.(stage);
        await serve(stage, stage.edges);
        if (attacks && turn === 0) await plan.happens(stage);
        turn += 1;
      });
      return {
        attackers: undefined,
        honest: [...names('edge', 3).slice(plan.own ?? 0), ...names('guard', guards)],
        blamedHonest: await blamed(stage, stage.edges.slice(plan.own ?? 0), hours),
      };
    },
  };
}

let clone: { close(): Promise<void> } | undefined;

/** A second process with the first edge's key and a copy of its folder. */
async function startClone(stage: Stage): Promise<void> {
  const dir = join(stage.dir, 'edge-1-clone');
  await cp(join(stage.dir, 'edge-1'), dir, { recursive: true });
  await rm(join(dir, 'lock'), { force: true });
  const config = parseEdgeConfig({
    flags: {
      rpcUrl: stage.rpcUrl,
      wsUrl: stage.wsUrl,
      programId: stage.programId,
      port: 0,
      controlPort: 0,
      dir,
      allowPrivateOrigins: true,
    },
  });
  const operator = await stage.wallets.ensure('edge-1');
  clone = await createEdge(config, { operator }, { clock: stage.clock });
}

export const MISHAP_SCENARIOS: readonly Scenario[] = [
  mishap({
    name: 'guard-restarted',
    doc: 'A guard is restarted in mid-hour, and once more before it can reveal.',
    quick: true,
    happens: async (stage) => void (await stage.restartGuard(0)),
    mended: async (stage) => void (await stage.restartGuard(0)),
  }),
  mishap({
    name: 'guard-away',
    doc: 'One of four guards is away for the whole week.',
    guards: 4,
    honestSlackBps: 1_000n,
    happens: (stage) => stage.guards[3]?.close() ?? Promise.resolve(),
  }),
  mishap({
    name: 'guard-back-late',
    doc: 'A guard is away for an hour and comes back within the time for verdicts: it says nothing of what it never asked for.',
    guards: 4,
    honestSlackBps: 1_000n,
    happens: (stage) => stage.guards[3]?.close() ?? Promise.resolve(),
    mended: async (stage) => void (await stage.restartGuard(3)),
  }),
  mishap({
    name: 'edge-restarted',
    doc: 'An edge is restarted in mid-hour: counters and receipts go on from the journal.',
    happens: async (stage) => void (await stage.restartEdge(0)),
  }),
  mishap({
    name: 'backup-restored',
    doc: 'An edge is put back to a backup of an hour ago. Its counters fall behind what it signed, under a boot number of their own: no open credit, no blame.',
    happens: (stage) => cp(join(stage.dir, 'edge-1'), join(stage.dir, 'backup'), { recursive: true }),
    async mended(stage) {
      await stage.edges[0]?.close();
      await rm(join(stage.dir, 'edge-1'), { recursive: true, force: true });
      await cp(join(stage.dir, 'backup'), join(stage.dir, 'edge-1'), { recursive: true });
      await rm(join(stage.dir, 'edge-1', 'lock'), { force: true });
      await stage.restartEdge(0);
    },
    own: 1,
  }),
  mishap({
    name: 'machine-cloned',
    doc: 'A machine is cloned, and both copies run with one key for an hour. The copy finds another process at the control plane that the chain names for it, and reports nothing.',
    happens: startClone,
    mended: async () => {
      await clone?.close();
    },
    own: 1,
  }),
  mishap({
    name: 'price-swings',
    doc: 'The market moves the price by a fifth. Reports, verdicts and rewards go on; only what reads worth for rights waits.',
    async happens(stage) {
      const trader = await stage.wealthy('trader', 150_000n * MEDIA, QUOTE);
      await openAccounts(stage, trader, stage.quoteMint);
      await attempt(stage, trader, [await swap(stage, trader, 'media', 100_000n * MEDIA)]);
    },
  }),
  {
    name: 'session-over-the-week',
    kind: 'mishap',
    doc: 'A session goes on over the boundary of a week, and a guard of the old week has gone.',
    quick: false,
    honestSide: 'session over the week',
    network: () => ({ guards: 4, edges: 3, params: { minGuards: 4 } }),
    honestSlackBps: 1_000n,
    async play({ stage, attacks }) {
      const [edge] = stage.edges;
      if (edge === undefined) throw new Error('no edge');
      const first = await stage.week();
      await restOfWeek(stage, () => serve(stage, stage.edges));
      const session = await stage.viewer.openSession({
        tokens: stage.tokens,
        resource: stage.resource,
        url: stage.at(edge, '/'),
        edge: edge.address,
      });
      await session.get('/pictures/set.jpg');
      if (attacks) await stage.guards[3]?.close();
      await stage.nextHour();
      await session.get('/pictures/set.jpg');
      await session.settle();
      await paid(stage, first);
      return {
        attackers: undefined,
        honest: [...names('edge', 3), ...names('guard', 4)],
        blamedHonest: 0,
      };
    },
  },
];
