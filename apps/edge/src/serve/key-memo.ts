/** Longer targets are rarely hot. */
const MAX_TARGET_LENGTH = 256;

/**
 * Keys by target, of what was asked for lately: one that is there already has its hash with it for the look-up that
 * follows. Two generations: what is asked for is young, what was not since the last `age` is forgotten at the next.
 */
export class KeyMemo {
  #young = new Map<string, string>();
  #old = new Map<string, string>();

  get(target: string): string | undefined {
    const known = this.#young.get(target);
    if (known !== undefined) return known;
    const before = this.#old.get(target);
    if (before !== undefined) this.#young.set(target, before);
    return before;
  }

  keep(target: string, key: string): void {
    if (target.length <= MAX_TARGET_LENGTH) this.#young.set(target, key);
  }

  age(): void {
    this.#old = this.#young;
    this.#young = new Map();
  }
}
