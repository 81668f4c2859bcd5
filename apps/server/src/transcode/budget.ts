/** What transcoding may take of a machine, over all channels. Processors at real time. */
export interface TranscodeBudget {
  readonly cores: number;
  readonly taken: number;
  /** Undefined where so much is not left. */
  take(cost: number): Lease | undefined;
}

export interface Lease {
  /** It takes less from now on. */
  shrink(cost: number): void;
  release(): void;
}

export function createTranscodeBudget(cores: number): TranscodeBudget {
  let taken = 0;
  return {
    cores,
    get taken() {
      return taken;
    },
    take(cost) {
      if (taken + cost > cores) return undefined;
      let held = cost;
      taken += held;
      const hold = (next: number): void => {
        taken += next - held;
        held = next;
      };
      return { shrink: (next) => hold(Math.min(held, next)), release: () => hold(0) };
    },
  };
}
