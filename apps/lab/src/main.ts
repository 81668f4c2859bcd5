import { encodeRun } from './run-codec.ts';
import { runSide } from './run-side.ts';
import { SCENARIOS } from './scenarios/index.ts';

/** One side of one scenario in a process of its own: `main.ts NAME honest|attack`. Its last line is the run. */
const [name, side] = process.argv.slice(2);
const scenario = SCENARIOS.find((each) => each.name === name);
if (scenario === undefined || (side !== 'honest' && side !== 'attack')) {
  process.stderr.write(`no scenario ${name ?? ''} with a side ${side ?? ''}\n`);
  process.exit(2);
}
process.stdout.write(`${encodeRun(await runSide(scenario, side === 'attack'))}\n`);
// Sockets of viewers that were cut off may linger; the run is over.
process.exit(0);
