import { createServer } from 'node:http';
import type { IncomingMessage, Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { Signer } from '@media-network/chain';
import type { Address } from '@solana/kit';
import { blamed, names, paid, restOfWeek, serve, week } from '../acts.ts';
import { publishMany, touch } from '../many-resources.ts';
import { MEDIA, QUOTE, attempt, openAccounts } from '../market.ts';
import type { Scenario } from '../scenario.ts';
import type { Stage } from '../stage.ts';
import { addsOpenBytes } from '../forgeries.ts';

/** Resources of `touched-by-one-head`. */
const TOUCHED = 10_000;
const NODES = { guards: 3, edges: 3 } as const;
const HONEST = [...names('edge', 3), ...names('guard', 3)];

/** An origin that answers one thing to edges and, when it attacks, another to everybody else. */
let server: Server | undefined;

/** Edges name themselves in `Via`; guards' probes of the origin do not. */
const isEdge = (request: IncomingMessage): boolean => request.headers['via'] !== undefined;

async function startOrigin(twoFaced: boolean): Promise<string> {
  const picture = Buffer.alloc(177_000, 'a picture ');
  const other = Buffer.alloc(177_000, 'another one ');
  server = createServer((request, response) => {
    const body = twoFaced && !isEdge(request) ? other : picture;
    response.writeHead(200, {
      'Content-Type': 'image/jpeg',
      'Content-Length': body.length,
      'Cache-Control': 'max-age=60',
    });
    response.end(request.method === 'HEAD' ? undefined : body);
  });
  await new Promise<void>((resolve) => {
    server?.listen(0, '127.0.0.1', resolve);
  });
  // A listening TCP server has an AddressInfo.
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
}

async function setAllowance(stage: Stage, change: { lp?: bigint; allowance?: bigint }): Promise<string> {
  const resource = await stage.resourceAccount();
  const terms = resource.terms[resource.termsCount - 1];
  return attempt(stage, stage.publisher, [
    await stage.client.instructions.updateResource({
      publisher: stage.publisher,
      resource: stage.resource,
      pool: stage.pool,
      lp: change.lp ?? 0n,
      allowance: change.allowance ?? terms?.allowance ?? 0n,
      vouchKey: terms?.vouchKey ?? new Uint8Array(32),
    }),
  ]);
}

async function pause(stage: Stage, paused: 0 | 1): Promise<string> {
  const { publisher, resource } = stage;
  return attempt(stage, publisher, [
    await stage.client.instructions.pauseResource({ publisher, resource, paused }),
  ]);
}

/** Publishers that want to be served and not to pay, or to be paid themselves. */
export const PUBLISHER_SCENARIOS: readonly Scenario[] = [
  {
    name: 'two-faced-origin',
    kind: 'attack',
    doc: 'An origin tells edges and guards apart and answers them differently, so that edges look like liars. It costs its own resource at most, is charged for what is usual, and nobody is rejected.',
    quick: true,
    spiteful: true,
    network: async (attacks) => ({ ...NODES, origin: await startOrigin(attacks) }),
    after: async () => void server?.close(),
    async play({ stage }) {
      const purse = await stage.purses.open([stage.publisher.address]);
      const hours = await week(stage, async () => {
        for (const edge of stage.edges) {
          await stage.watch(edge, '/', { vouched: true, times: 24 });
          await stage.watch(edge, '/', { vouched: false, times: 6 });
        }
      });
      let rejected = 0;
      for (const guard of stage.guards)
        for (const [reason, count] of Object.entries(guard.stats().reasons))
          if (reason !== 'full' && reason !== 'notJudged') rejected += count;
      return {
        attackers: await purse.close(),
        honest: HONEST,
        blamedHonest: rejected,
        figures: { hours: hours.length },
      };
    },
  },
  {
    name: 'pause-in-the-last-minute',
    kind: 'attack',
    doc: 'A publisher pauses at the end of each hour, to be served and not billed. A pause holds from the next hour on.',
    quick: false,
    network: () => NODES,
    async play({ stage, attacks }) {
      const purse = await stage.purses.open([stage.publisher.address]);
      const number = await stage.week();
      const hour = await stage.hour();
      await serve(stage, stage.edges);
      const figures: Record<string, string> = {};
      if (attacks) {
        const end = stage.periods.epochZero + (hour + 1n) * 12n * BigInt(stage.periods.sampleSecs);
        await stage.until(end - 30n);
        figures['paused'] = await pause(stage, 1);
      }
      await paid(stage, number);
      figures['charged'] = String((await stage.resourceAccount()).charged);
      return {
        attackers: await purse.close(),
        honest: HONEST,
        blamedHonest: await blamed(stage, stage.edges, [hour]),
        figures,
      };
    },
  },
  {
    name: 'late-debt-with-own-edge',
    kind: 'attack',
    doc: 'A publisher lets its stake run dry under others’ edges, and pays the debt when only its own edge is credited. Debt paid late is nobody’s reward.',
    quick: false,
    network: () => ({ guards: 3, edges: 4, params: { feePerGb: 1_500_000n * MEDIA } }),
    async play({ stage, attacks }) {
      const own = stage.edges.slice(3);
      const purse = await stage.purses.open([stage.publisher.address, stage.owner('edge-4')]);
      const first = await stage.week();
      await restOfWeek(stage, () => serve(stage, stage.edges.slice(0, 3), { vouched: 8, open: 0 }));
      await paid(stage, first);
      const figures: Record<string, string> = {};
      const owed = await stage.resourceAccount();
      figures['debt'] = String(owed.debt);
      if (attacks && owed.debt > 0n) {
        figures['more'] = await setAllowance(stage, { lp: owed.lp + 100n * MEDIA });
        figures['paid'] = await attempt(stage, stage.publisher, [
          await stage.client.instructions.payDebt({
            pool: stage.pool,
            stake: owed.stake,
            resource: stage.resource,
          }),
        ]);
        const second = await stage.week();
        await serve(stage, own, { vouched: 1, open: 0 }).catch(() => undefined);
        await paid(stage, second);
      }
      return { attackers: await purse.close(), honest: HONEST, blamedHonest: 0, figures };
    },
  },
  {
    name: 'self-billing',
    kind: 'attack',
    doc: 'A publisher, an edge and a client in league bill traffic that never was to their own resource. At most half of a fee comes back, and most of that to whoever else served.',
    quick: true,
    network: (attacks) => ({
      guards: 3,
      edges: 4,
      edgeOverrides: (index) =>
        attacks && index === 3
          ? {
              buildReport: addsOpenBytes(() => current?.resource ?? '', 200_000_000n),
              counters: (counters) => counters.map((each) => ({ ...each, bytes: each.bytes + 200_000_000n })),
            }
          : {},
    }),
    async play({ stage, attacks }) {
      current = stage;
      const honest = stage.edges.slice(0, 3);
      const purse = await stage.purses.open([stage.publisher.address, stage.owner('edge-4')]);
      const hours = await week(stage, async () => {
        await serve(stage, honest);
        if (attacks) await serve(stage, stage.edges.slice(3), { vouched: 60, open: 2 });
      });
      return {
        attackers: await purse.close(),
        honest: HONEST,
        blamedHonest: await blamed(stage, honest, hours),
      };
    },
  },
  {
    name: 'one-vouched-byte',
    kind: 'attack',
    doc: 'A publisher vouches for next to nothing, by its own edge, so that all others’ open bytes seem unlike what is vouched for. Shares move with history, not with a byte.',
    quick: false,
    network: () => ({ guards: 3, edges: 4 }),
    async play({ stage, attacks }) {
      const honest = stage.edges.slice(0, 3);
      const purse = await stage.purses.open([stage.publisher.address, stage.owner('edge-4')]);
      const hours = await week(stage, async () => {
        if (attacks) await stage.watch(stage.edges[3]!, '/', { vouched: true });
        await serve(stage, honest, { vouched: 0, open: 24 });
      });
      return {
        attackers: await purse.close(),
        honest: HONEST,
        blamedHonest: await blamed(stage, honest, hours),
      };
    },
  },
  {
    name: 'touched-by-one-head',
    kind: 'attack',
    doc: `${TOUCHED} resources that are touched by one HEAD an hour, so that guards record what pays nothing. What is below the dust is not recorded.`,
    quick: false,
    network: () => NODES,
    async play({ stage, attacks }) {
      let toucher: Signer | undefined;
      let resources: readonly Address[] = [];
      if (attacks) {
        toucher = await stage.wealthy('toucher', 500n * MEDIA, 500n * QUOTE);
        await openAccounts(stage, toucher, stage.quoteMint);
      }
      const purse = await stage.purses.open(toucher === undefined ? [] : [toucher.address]);
      if (toucher !== undefined) resources = await publishMany(stage, toucher, TOUCHED);
      let answered = 0;
      const hours = await week(stage, async () => {
        await serve(stage, stage.edges);
        answered += await touch(stage.edges, resources);
      });
      const touched =
        toucher === undefined ? [] : await stage.client.resources({ publisher: toucher.address });
      const recorded = touched.filter(({ lastHour }) => lastHour > 0n).length;
      return {
        attackers: toucher === undefined ? undefined : await purse.close(),
        honest: HONEST,
        blamedHonest: await blamed(stage, stage.edges, hours),
        figures: { hours: hours.length, resources: resources.length, answered, recorded },
      };
    },
  },
];

let current: Stage | undefined;
