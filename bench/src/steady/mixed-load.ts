import { heldBy, openDescriptors } from '../machine/process-facts.ts';
import { seededRandom } from '../hits/trace.ts';
import { createHttp2Asker } from './ask-h2.ts';
import { createAsker } from './ask-known.ts';
import type { Asker } from './ask-known.ts';
import { sendGarbage } from './garbage.ts';
import { growthOf } from './growth.ts';
import type { Growth, Sample } from './growth.ts';
import { createLoadPlan } from './load-plan.ts';
import { onSteadyStage, untilServed } from './steady-edge.ts';
import type { SteadyOptions, SteadyEdge } from './steady-edge.ts';
import { createTellTally } from './tally.ts';
import type { ToldCounts } from './tally.ts';

export interface MixedRow extends ToldCounts, Growth {
  readonly seconds: number;
  readonly seed: number;
  readonly viewers: number;
  /** Things done, garbage included. */
  readonly steps: number;
  readonly garbage: number;
  /** Of the edge at the end; its readers gone. */
  readonly connectionsAfter: number;
  readonly words: readonly string[];
}

export interface BenchMixedOptions extends SteadyOptions {
  readonly seconds?: number;
  /** Things done a second by all together, at most. */
  readonly rate?: number;
}

const VIEWERS = 36;
/** Longer than idle connections live, here and to the origin. */
const SETTLE_MS = 100_000;
const SAMPLE_MS = 1_000;

/** Viewers of every kind, good and bad, over HTTP/1.1, TLS and HTTP/2, while memory and descriptors are watched. */
export function benchMixed(options: BenchMixedOptions): Promise<MixedRow> {
  const { seconds = 600, seed = 1, rate = 150, say = () => undefined } = options;
  return onSteadyStage({ seed, open: options.open, say }, async (network) => {
    const edge = await network.start();
    const first = createAsker(edge, 'http');
    try {
      await untilServed(first);
      first.close();
      const random = seededRandom(seed);
      const tally = createTellTally(say);
      const before = openDescriptors(edge.pid);
      const samples: Sample[] = [];
      const { steps, garbage } = await play(edge, {
        seconds,
        rate,
        random,
        tally,
        onSample(sample) {
          samples.push(sample);
          if (samples.length % 30 === 0)
            say(
              `${samples.length} s: ${Math.round(sample.rssBytes / 2 ** 20)} MiB, ${sample.descriptors} descriptors, ${tally.counts.right} right, ${tally.counts.wrong} wrong`,
            );
        },
      });
      await settled(edge, before);
      const growth = growthOf(samples, before, openDescriptors(edge.pid));
      return {
        ...tally.counts,
        ...growth,
        seconds,
        seed,
        viewers: VIEWERS,
        steps,
        garbage,
        connectionsAfter: (await edge.metric('connections')) ?? -1,
        words: tally.words,
        ok: growth.ok && tally.counts.wrong === 0 && tally.counts.refused === 0 && tally.counts.right > 0,
      };
    } finally {
      await edge.stop();
    }
  });
}

interface Play {
  readonly seconds: number;
  readonly rate: number;
  readonly random: () => number;
  readonly tally: ReturnType<typeof createTellTally>;
  readonly onSample: (sample: Sample) => void;
}

async function play(
  edge: SteadyEdge,
  play: Play,
): Promise<{ readonly steps: number; readonly garbage: number }> {
  const { rate, random, tally } = play;
  const next = createLoadPlan(random);
  const askers: Asker[] = Array.from({ length: VIEWERS }, (_, i) =>
    i % 3 === 2 ? createHttp2Asker(edge) : createAsker(edge, i % 3 === 0 ? 'http' : 'https'),
  );
  const began = performance.now();
  const end = began + play.seconds * 1_000;
  let [steps, garbage] = [0, 0];
  const sampling = setInterval(() => {
    play.onSample({ atMs: performance.now() - began, ...heldBy(edge.pid) });
  }, SAMPLE_MS);
  const viewer = async (asker: Asker): Promise<void> => {
    while (performance.now() < end) {
      // All together keep to the rate; who is late is not made up for.
      await new Promise((resolve) => setTimeout(resolve, (random() * 2_000 * VIEWERS) / rate));
      const step = next();
      steps += 1;
      if (step.kind === 'ask') {
        tally.told(step.ask.path, await asker.ask(step.ask));
      } else {
        garbage += 1;
        const wrong = await sendGarbage(edge, random);
        if (wrong !== undefined) tally.wrong(wrong);
      }
    }
  };
  try {
    await Promise.all(askers.map(viewer));
  } finally {
    clearInterval(sampling);
    for (const asker of askers) asker.close();
  }
  return { steps, garbage };
}

/** Resolves when no more than `descriptors` are open, or everything that is idle has had its time. */
async function settled(edge: SteadyEdge, descriptors: number): Promise<void> {
  for (const end = performance.now() + SETTLE_MS; performance.now() < end;) {
    if (openDescriptors(edge.pid) <= descriptors) return;
    await new Promise((resolve) => setTimeout(resolve, 250));
  }
}
