import { resolve } from 'node:path';
import type { EdgeConfig } from '@media-network/edge/config';
import { systemClock } from '@media-network/runtime';
import type { CliContext } from './command.ts';
import { chooseWallet, connect } from './connection.ts';
import type { DaemonOptions } from './daemon-options.ts';
import { edgeConfigOf } from './edge-config.ts';
import { authorities } from './doctor/authorities.ts';
import { certificate, funds, ports, role } from './doctor/edge.ts';
import { good } from './doctor/finding.ts';
import { folder } from './doctor/machine.ts';
import { chain } from './doctor/network.ts';
import { createTelling } from './doctor/tell.ts';
import { dataFolder, endpointOf } from './node-address.ts';
import { regionOf } from './node-region.ts';

/** Looks at all that `media edge` with the same options would need, and changes nothing. */
export async function checkEdge(options: DaemonOptions, context: CliContext): Promise<void> {
  const { look, tell, end } = createTelling(options, context);
  const dir = resolve(context.cwd, dataFolder(options, 'edge', context));
  const connection = await connect(options, context);
  let config: EdgeConfig | undefined;
  await look('options', async () => {
    config = edgeConfigOf(options, connection, dir, context);
    const { host, port, controlHost, controlPort } = config;
    const endpoint = endpointOf(options.endpoint, { host, port, flag: '--endpoint' });
    const control = endpointOf(options.control, { host: controlHost, port: controlPort, flag: '--control' });
    regionOf(options);
    return [good('options', `for viewers at ${endpoint}, for guards at ${control}`)];
  });
  await look('folder', () => folder(dir));
  if (config !== undefined) {
    const read = config;
    const { folderHolder } = await import('@media-network/edge');
    await look('ports', async () => ports(read, await folderHolder(dir)));
    await look('certificate', () => certificate(read, systemClock.nowMs()));
    await look('authority', () => authorities(read, systemClock.nowMs()));
  }
  const seen = await chain(connection);
  tell(seen.findings);
  await look('wallet', async () => {
    const wallet = await chooseWallet(options, context);
    const { config: network } = seen;
    if (network === undefined) return [good('wallet', await connection.named(wallet.address))];
    return [
      ...(await funds(connection, wallet)),
      ...(await role(connection, wallet, network, options.quote)),
    ];
  });
  end();
}
