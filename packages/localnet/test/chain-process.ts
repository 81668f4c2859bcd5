// A chain in a process of its own, for tests that kill it. Prints its URLs when it is ready.
import { silentLog, systemClock } from '@media-network/runtime';
import { createLocalnet } from '../src/index.ts';

const [dir, rotateBytes] = process.argv.slice(2);
if (dir === undefined) throw new Error('usage: chain-process <dir> [rotate-bytes]');
const net = await createLocalnet(
  { clock: systemClock, log: silentLog },
  { dir, logRotateBytes: Number(rotateBytes ?? 33_554_432) },
);
process.stdout.write(
  `${JSON.stringify({ rpcUrl: net.rpcUrl, wsUrl: net.wsUrl, genesisHash: net.genesisHash })}\n`,
);
