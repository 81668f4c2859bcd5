/**
 * Reads that never go back in time, on nodes of which some lag: behind one URL there may be many. Every answer
 * tells the slot that it was read at; later reads of the same commitment ask for that slot at least
 * (`minContextSlot`), and a node that has not got there says so instead of answering from the past.
 */
export interface Freshness {
  /** The parameters with the least slot that the answer may be of. */
  require(method: string, params: readonly unknown[]): readonly unknown[];
  /** Learns from an answer. */
  learn(method: string, params: readonly unknown[], result: unknown): void;
  /** Whether the result is wrapped as the method's results are: `{ context: { slot }, value }`. */
  isWhole(method: string, result: unknown): boolean;
}

type Level = 'processed' | 'confirmed' | 'finalized';

/** Where the config of a method stands, and whether its result is wrapped. Methods that know no `minContextSlot` are not here. */
const METHODS: Readonly<Record<string, { readonly config: number; readonly wrapped: boolean }>> = {
  getAccountInfo: { config: 1, wrapped: true },
  getBalance: { config: 1, wrapped: true },
  getBlockHeight: { config: 0, wrapped: false },
  getEpochInfo: { config: 0, wrapped: false },
  getLatestBlockhash: { config: 0, wrapped: true },
  getMultipleAccounts: { config: 1, wrapped: true },
  getProgramAccounts: { config: 1, wrapped: false },
  getSignaturesForAddress: { config: 1, wrapped: false },
  getSlot: { config: 0, wrapped: false },
  getTokenAccountsByOwner: { config: 2, wrapped: true },
  isBlockhashValid: { config: 1, wrapped: true },
  simulateTransaction: { config: 1, wrapped: true },
};
const STATUSES = 'getSignatureStatuses';

const isRecord = (value: unknown): value is Readonly<Record<string, unknown>> =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

/** A node takes an absent commitment for `finalized`. */
function levelOf(config: unknown): Level {
  const asked = isRecord(config) ? config['commitment'] : undefined;
  return asked === 'processed' || asked === 'confirmed' ? asked : 'finalized';
}

function slotOf(value: unknown): bigint | undefined {
  if (typeof value === 'bigint') return value;
  return typeof value === 'number' && Number.isSafeInteger(value) ? BigInt(value) : undefined;
}

function contextSlot(result: unknown): bigint | undefined {
  return isRecord(result) && isRecord(result['context']) ? slotOf(result['context']['slot']) : undefined;
}

export function createFreshness(): Freshness {
  const seen: Record<Level, bigint> = { processed: 0n, confirmed: 0n, finalized: 0n };
  const raise = (level: Level, slot: bigint | undefined): void => {
    if (slot !== undefined && slot > seen[level]) seen[level] = slot;
  };

  /** A transaction that has a commitment is in the state of that commitment from its slot on. */
  function learnStatuses(result: unknown): void {
    if (!isRecord(result) || !Array.isArray(result['value'])) return;
    for (const status of result['value'] as readonly unknown[]) {
      if (!isRecord(status)) continue;
      const slot = slotOf(status['slot']);
      if (status['confirmationStatus'] === 'finalized') raise('finalized', slot);
      if (status['confirmationStatus'] !== 'processed') raise('confirmed', slot);
    }
  }

  return {
    require(method, params) {
      const place = METHODS[method];
      if (place === undefined) return params;
      const config = params[place.config];
      const least = seen[levelOf(config)];
      if (least === 0n || (config !== undefined && !isRecord(config))) return params;
      const own = slotOf(config?.['minContextSlot']) ?? 0n;
      const changed: unknown[] = [...params];
      changed[place.config] = { ...config, minContextSlot: own > least ? own : least };
      return changed;
    },
    learn(method, params, result) {
      if (method === STATUSES) learnStatuses(result);
      const place = METHODS[method];
      if (place?.wrapped === true) raise(levelOf(params[place.config]), contextSlot(result));
    },
    isWhole(method, result) {
      const wrapped = method === STATUSES || METHODS[method]?.wrapped === true;
      return !wrapped || (contextSlot(result) !== undefined && isRecord(result) && 'value' in result);
    },
  };
}
