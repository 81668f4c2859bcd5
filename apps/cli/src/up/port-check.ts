import type { DevnetPorts } from '@media-network/devnet';
import { MediaError, errorCode, isRefusedByBrowsers } from '@media-network/runtime';

const CODES = { inUse: 'cli/port-in-use', failed: 'cli/bad-port' };

export interface UsedPort {
  readonly port: number;
  readonly use: string;
  /** The option that moves it. */
  readonly option: string;
}

const many = (count: number, first: number, use: string): UsedPort[] =>
  Array.from({ length: count }, (_, i) => ({ port: first + i, use: `${use} ${i + 1}`, option: '--port' }));

export function portsOf(ports: DevnetPorts, edges: number, guards: number, withOrigin: boolean): UsedPort[] {
  return [
    { port: ports.rpc, use: 'the chain', option: '--rpc-port' },
    { port: ports.ws, use: "the chain's websocket", option: '--rpc-port' },
    ...many(edges, ports.edge, 'edge'),
    ...many(edges, ports.https, 'HTTPS of edge'),
    ...many(edges, ports.control, 'the control plane of edge'),
    ...many(guards, ports.guard, 'guard'),
    ...many(guards, ports.dns, 'the name server of guard'),
    ...(withOrigin ? [{ port: ports.origin, use: 'the sample origin', option: '--port' }] : []),
    { port: ports.signer, use: 'the signer', option: '--port' },
  ];
}

/** What `media up` takes unless it is told otherwise. */
export const USUAL = { edge: 8080, rpc: 8899 };

/** Where a network looks for ports of its own: below those that systems give to outgoing connections. */
const FIRST = 20_000;
const LAST = 28_000;

function planOf(edge: number, rpc: number): DevnetPorts {
  return {
    rpc,
    ws: rpc + 1,
    edge,
    https: edge + 363,
    control: edge + 1_000,
    guard: edge + 2_001,
    dns: edge + 2_501,
    origin: edge + 3_000,
    signer: edge + 3_001,
  };
}

/** A number for which all of these ports are free. */
async function freeBase(used: (base: number) => readonly UsedPort[]): Promise<number> {
  for (let tries = 0; tries < 200; tries += 1) {
    const base = FIRST + Math.floor(Math.random() * (LAST - FIRST));
    const free = await Promise.all(used(base).map(isFree));
    if (free.every(Boolean)) return base;
  }
  throw new MediaError({
    code: 'cli/port-in-use',
    message: `There are no free ports between ${FIRST} and ${LAST}: name some with --port and --rpc-port.`,
    source: 'client',
  });
}

/**
 * The ports of a network. Edges from `edge`, HTTPS 363 above (8443 for 8080), their control planes 1000 above, guards 2001 above (not 2000: 10080 is one
 * that `fetch` refuses), their name servers 2501 above, the sample origin 3000 above and the signer behind it; the websocket of the chain is behind its RPC. 0 takes free ones.
 */
export async function planPorts(
  wanted: { readonly edge: number; readonly rpc: number },
  nodes: number,
): Promise<DevnetPorts> {
  const moved = (option: string, plan: DevnetPorts): UsedPort[] =>
    portsOf(plan, nodes, nodes, true).filter((each) => each.option === option);
  const edge = wanted.edge !== 0 ? wanted.edge : await freeBase((base) => moved('--port', planOf(base, 0)));
  const rpc = wanted.rpc !== 0 ? wanted.rpc : await freeBase((base) => moved('--rpc-port', planOf(0, base)));
  return planOf(edge, rpc);
}

/** Those of the usual ports of a network that something listens on. */
export async function takenPorts(nodes: number): Promise<readonly UsedPort[]> {
  const usual = portsOf(planOf(USUAL.edge, USUAL.rpc), nodes, nodes, true);
  const free = await Promise.all(usual.map(isFree));
  return usual.filter((_port, index) => free[index] === false);
}

async function isFree(port: UsedPort): Promise<boolean> {
  try {
    await requireFree(port);
    return true;
  } catch (error) {
    if (errorCode(error) === CODES.inUse) return false;
    throw error;
  }
}

async function requireFree({ port, option, use }: UsedPort): Promise<void> {
  // Loaded when a network starts, not when its options are explained.
  const { requireFreePorts } = await import('@media-network/runtime/daemon');
  await requireFreePorts([{ host: '127.0.0.1', port, flag: option, codes: CODES, use }]);
}

/** Looks before anything is started, so that a taken port is one sentence and nothing to clean up. */
export async function checkPorts(ports: readonly UsedPort[]): Promise<void> {
  for (const [index, each] of ports.entries()) {
    const twin = ports.slice(0, index).find(({ port }) => port === each.port);
    if (twin !== undefined) {
      throw new MediaError({
        code: 'cli/bad-port',
        message: `Port ${each.port} would be that of ${twin.use} and of ${each.use}: choose others with ${twin.option === each.option ? each.option : `${twin.option} or ${each.option}`}.`,
        source: 'client',
      });
    }
    if (each.port > 65_535) {
      throw new MediaError({
        code: 'cli/bad-port',
        message: `${each.use} would need port ${each.port}, above 65535: choose a lower one with ${each.option}.`,
        source: 'client',
      });
    }
    if (isRefusedByBrowsers(each.port)) {
      throw new MediaError({
        code: 'cli/bad-port',
        message: `${each.use} would get port ${each.port}, which browsers refuse: choose another with ${each.option}.`,
        source: 'client',
      });
    }
    await requireFree(each);
  }
}
