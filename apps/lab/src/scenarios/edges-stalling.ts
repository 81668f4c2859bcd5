import { setTimeout as pause } from 'node:timers/promises';
import type { ControlAnswer, ControlOverride } from '@media-network/edge';
import { blamed, names, serve, week } from '../acts.ts';
import type { Scenario } from '../scenario.ts';

/** Bytes a second apart, until whoever asked gives up. */
async function* drip(): AsyncGenerator<Uint8Array> {
  for (let i = 0; i < 600; i += 1) {
    yield Uint8Array.of(0);
    await pause(1_000, undefined, { ref: false });
  }
}

async function* zeros(): AsyncGenerator<Uint8Array> {
  const block = new Uint8Array(2 ** 20);
  for (let i = 0; i < 90; i += 1) yield block;
}

function answersWith(answer: () => ControlAnswer): ControlOverride {
  return (request, honest) =>
    /^\/v1\/(entries|receipts|digests|counters)\//.test(request.path) ? Promise.resolve(answer()) : honest();
}

/** Edges whose control planes waste the guards' time. The honest earn what they would have earned. */
function stalls(
  name: string,
  doc: string,
  quick: boolean,
  liars: number,
  control: ControlOverride,
  params: Readonly<Record<string, number>> = {},
): Scenario {
  const honestEdges = 2;
  return {
    name,
    kind: 'attack',
    doc,
    quick,
    honestSide: `stalling ${liars}`,
    network: (attacks) => ({
      guards: 3,
      edges: honestEdges + liars,
      // A guard commits to what it knows when two thirds of its time are over: the clock has to pass there.
      stepSamples: 1,
      params,
      edgeOverrides: (index) => (attacks && index >= honestEdges ? { control } : {}),
    }),
    async play({ stage, attacks }) {
      const honest = stage.edges.slice(0, honestEdges);
      const purse = await stage.purses.open(
        names('edge', liars, honestEdges + 1).map((name) => stage.owner(name)),
      );
      const hours = await week(stage, async () => {
        // Much beside the guards' probes of the other edges, which are paid for like anything open.
        await serve(stage, honest, { vouched: 96, open: 24 });
        if (attacks) await serve(stage, stage.edges.slice(honestEdges), { vouched: 1, open: 1 });
      });
      return {
        attackers: await purse.close(),
        honest: [...names('edge', honestEdges), ...names('guard', 3)],
        blamedHonest: await blamed(stage, honest, hours),
      };
    },
  };
}

export const STALLING_SCENARIOS: readonly Scenario[] = [
  stalls(
    'dripping-control-planes',
    'Ten edges send a byte a second of their evidence. Time is charged to the edge that spends it; the others are judged meanwhile.',
    false,
    10,
    answersWith(() => ({ status: 200, type: 'application/octet-stream', body: drip() })),
    // An edge may take a third of the time for verdicts, by a clock that nobody turns: hours are short here.
    { sampleSecs: 5 },
  ),
  stalls(
    'zeros-for-evidence',
    'Three edges send 90 MiB of zeros for evidence of a few hundred bytes. Every length is known before the first byte.',
    false,
    3,
    answersWith(() => ({ status: 200, type: 'application/octet-stream', body: zeros() })),
  ),
  stalls(
    'brackets-for-evidence',
    'Three edges send 4 MiB of [ wherever something is asked of them.',
    true,
    3,
    (request, honest) =>
      request.path === '/v1/info'
        ? honest()
        : Promise.resolve({ status: 200, type: 'application/json', body: '['.repeat(4 * 2 ** 20) }),
  ),
];
