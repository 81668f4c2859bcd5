import type { Clock } from '@media-network/runtime';
import { getBase58Decoder } from '@solana/kit';

import type { Script } from './scripted-node.ts';

/** Time passes only by sleeping, and at once. */
export function leapingClock(): Clock {
  let now = 0;
  return {
    nowMs: () => now,
    sleep: (ms) => {
      now += ms;
      return new Promise((resolve) => setImmediate(resolve));
    },
  };
}

const blockhash = (n: number): string => getBase58Decoder().decode(new Uint8Array(32).fill(n));
export const LAST_VALID: number = 150;
export const confirmed: Readonly<Record<string, unknown>> = {
  slot: 5,
  confirmations: 1,
  err: null,
  status: { Ok: null },
  confirmationStatus: 'confirmed',
};

export interface World {
  /** Block height and slot as the node sees them. */
  height: number;
  statusSlot?: number;
  status: (signature: string, sent: readonly string[]) => unknown;
}

export function nodeScript(world: World, sent: string[], override: Script = () => undefined): Script {
  return (method, params, nth) => {
    const other = override(method, params, nth);
    if (other !== undefined) return other;
    switch (method) {
      case 'getLatestBlockhash':
        return {
          context: { slot: 1 },
          value: { blockhash: blockhash(nth), lastValidBlockHeight: LAST_VALID * nth },
        };
      case 'simulateTransaction':
        return {
          context: { slot: 1 },
          value: { err: null, logs: [], unitsConsumed: 500, accounts: null, returnData: null },
        };
      case 'sendTransaction':
        sent.push(String(params[0]));
        return blockhash(9);
      case 'getSignatureStatuses': {
        const [signatures] = params;
        const signature = Array.isArray(signatures) ? String(signatures[0]) : '';
        return {
          context: { slot: world.statusSlot ?? world.height },
          value: [world.status(signature, sent)],
        };
      }
      case 'getEpochInfo':
        return {
          absoluteSlot: world.height,
          blockHeight: world.height,
          epoch: 0,
          slotIndex: 0,
          slotsInEpoch: 100,
          transactionCount: 0,
        };
      default:
        throw new Error(`not scripted: ${method}`);
    }
  };
}
