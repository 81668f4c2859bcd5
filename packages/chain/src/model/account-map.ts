import type { Address } from '@solana/kit';

import type { AccountName } from '../schema/index.ts';
import type { ModelAccount } from './state.ts';

type Entry = readonly [Address, ModelAccount];

/** Accounts by address, and those of a kind without a look at the others. */
export class AccountMap extends Map<Address, ModelAccount> {
  readonly #kinds = new Map<AccountName, Map<Address, ModelAccount>>();
  /** Lists as they were last asked for, for as long as they hold. */
  readonly #listed = new Map<AccountName, readonly Entry[]>();

  override set(address: Address, account: ModelAccount): this {
    const before = super.get(address);
    if (before !== undefined && before.kind !== account.kind) this.#forget(address, before.kind);
    const kind = this.#kinds.get(account.kind);
    if (kind === undefined) this.#kinds.set(account.kind, new Map([[address, account]]));
    else kind.set(address, account);
    this.#listed.delete(account.kind);
    return super.set(address, account);
  }

  override delete(address: Address): boolean {
    const before = super.get(address);
    if (before !== undefined) this.#forget(address, before.kind);
    return super.delete(address);
  }

  override clear(): void {
    this.#kinds.clear();
    this.#listed.clear();
    super.clear();
  }

  /** All accounts of a kind, in the order in which they came. */
  ofKind(kind: AccountName): readonly Entry[] {
    const before = this.#listed.get(kind);
    if (before !== undefined) return before;
    const listed = [...(this.#kinds.get(kind) ?? [])];
    this.#listed.set(kind, listed);
    return listed;
  }

  #forget(address: Address, kind: AccountName): void {
    this.#kinds.get(kind)?.delete(address);
    this.#listed.delete(kind);
  }
}
