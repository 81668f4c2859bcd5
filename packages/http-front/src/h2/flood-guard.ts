import type { Http2Limits } from './h2-limits.ts';

/** A budget that idle frames spend and that time and useful traffic refill. One a connection. */
export class FloodGuard {
  readonly #capacity: number;
  readonly #refillPerMs: number;
  #points: number;
  #atMs: number;

  constructor(limits: Http2Limits, nowMs: number) {
    this.#capacity = limits.floodCapacity;
    this.#refillPerMs = limits.floodRefillPerSecond / 1_000;
    this.#points = limits.floodCapacity;
    this.#atMs = nowMs;
  }

  /** Time passes; called when bytes arrive. A clock that goes back refills nothing. */
  refill(nowMs: number): void {
    if (nowMs > this.#atMs) this.earn((nowMs - this.#atMs) * this.#refillPerMs);
    this.#atMs = nowMs;
  }

  earn(points: number): void {
    this.#points = Math.min(this.#capacity, this.#points + points);
  }

  /** False when the budget is spent: the connection ends with ENHANCE_YOUR_CALM. */
  spend(points: number): boolean {
    this.#points -= points;
    return this.#points >= 0;
  }
}
