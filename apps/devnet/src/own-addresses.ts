import { platform } from 'node:process';
import type { DevnetOptions } from './devnet-api.ts';

/**
 * An address of its own for each edge, and two for the probes of each guard, so that limits by address see
 * nodes as they do in a network of many machines. Only Linux answers at all of 127.0.0.0/8; elsewhere they share one.
 */
export function ownAddresses(): Pick<DevnetOptions, 'edgeHost' | 'guardFlags'> {
  if (platform !== 'linux') return {};
  return {
    edgeHost: (index) => `127.0.0.${index + 2}`,
    guardFlags: (index) => ({ probeAddresses: `127.0.1.${2 * index + 2},127.0.1.${2 * index + 3}` }),
  };
}
