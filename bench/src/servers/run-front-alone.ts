/** `node bench/src/servers/run-front-alone.ts [seconds]`: the bench of the front and cache alone, rows as JSON. */
import { benchEdge } from '../edge/edge-bench.ts';

const result = await benchEdge({
  seconds: Number(process.argv[2] ?? 3),
  say: (line) => void process.stderr.write(`${line}\n`),
});
process.stdout.write(`${JSON.stringify(result)}\n`);
