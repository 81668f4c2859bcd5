import {
  decryptSettings,
  encodeKeyRequest,
  generateBoxKey,
  openSealed,
  signKeyRequest,
} from '@media-network/protocol';
import type { SignBytes } from '@media-network/protocol';
import { errorCode, errorMessage } from '@media-network/runtime';
import type { Clock, Log } from '@media-network/runtime';
import type { EdgeChain } from '../chain/edge-chain.ts';
import { readOriginSettings } from '../origin/origin-settings.ts';
import type { OriginSettings } from '../origin/origin-settings.ts';
import { askGuard } from '../ask-node.ts';
import { inRandomOrder } from './random-order.ts';
import type { Tenant } from './tenant-book.ts';

export interface SettingsKeysDeps {
  readonly chain: Pick<EdgeChain, 'guards' | 'settings' | 'nowMs' | 'edge'>;
  readonly sign: SignBytes;
  readonly clock: Clock;
  readonly log: Log;
  readonly random: () => number;
  readonly fetch: typeof globalThis.fetch;
  /** Resolves true when what was purged of the resource before now holds here; false where no guard says what was. */
  readonly catchUp: (tenant: Tenant) => Promise<boolean>;
  /** What is used instead of what the publisher says. */
  readonly override?: (settings: OriginSettings) => OriginSettings;
}

type SettingsOutcome =
  | { readonly kind: 'ok'; readonly version: number; readonly settings: OriginSettings }
  /** `edge/not-authorised`: guards refuse us the key. `edge/no-settings`: there are none, or no guard could be asked. */
  | {
      readonly kind: 'missing';
      readonly code: 'edge/not-authorised' | 'edge/no-settings';
      readonly why: string;
    };

/**
 * A resource's settings, decrypted with the key that guards hand to admitted edges over a sealed box.
 * Keys and plain settings stay in memory; they are asked for when the first viewer needs them.
 */
export interface SettingsKeys {
  /** Settings that can be used now. Looks for newer ones in the background when there are some. */
  settingsOf(tenant: Tenant): Promise<SettingsOutcome>;
  /** Settings of the version on chain, waiting for a guard where they are not read yet; the old ones where none gives them. */
  newestOf(tenant: Tenant): Promise<SettingsOutcome>;
}

const RETRY_MS = 2_000;
const GUARD_TIMEOUT_MS = 5_000;
const SEALED_KEY_BYTES = 80;

export function createSettingsKeys(deps: SettingsKeysDeps): SettingsKeys {
  const underWay = new Map<string, Promise<SettingsOutcome>>();
  const failed = new Map<
    string,
    { readonly version: number; readonly until: number; readonly outcome: SettingsOutcome }
  >();

  function load(tenant: Tenant): Promise<SettingsOutcome> {
    const running = underWay.get(tenant.key);
    if (running !== undefined) return running;
    const refused = failed.get(tenant.key);
    if (
      refused !== undefined &&
      refused.version === tenant.view.settingsVersion &&
      deps.clock.nowMs() < refused.until
    ) {
      return Promise.resolve(refused.outcome);
    }
    const run = begin(tenant)
      .catch((error: unknown): SettingsOutcome => {
        deps.log.warn(
          { resource: tenant.view.address, code: errorCode(error), err: errorMessage(error) },
          'cannot read the settings of a resource',
        );
        return { kind: 'missing', code: 'edge/no-settings', why: errorMessage(error) };
      })
      .then((outcome) => {
        underWay.delete(tenant.key);
        if (outcome.kind === 'ok') {
          failed.delete(tenant.key);
          tenant.settings = { version: outcome.version, plain: outcome.settings };
        } else {
          failed.set(tenant.key, {
            version: tenant.view.settingsVersion,
            until: deps.clock.nowMs() + RETRY_MS,
            outcome,
          });
        }
        return outcome;
      });
    underWay.set(tenant.key, run);
    return run;
  }

  /** What is kept of a resource since before the start is served when it is known what was purged meanwhile. */
  async function begin(tenant: Tenant): Promise<SettingsOutcome> {
    if (tenant.settings !== undefined) return obtain(tenant);
    const [outcome, isCaughtUp] = await Promise.all([obtain(tenant), deps.catchUp(tenant)]);
    return isCaughtUp || outcome.kind === 'missing'
      ? outcome
      : { kind: 'missing', code: 'edge/no-settings', why: 'no guard says what was purged of the resource' };
  }

  async function obtain(tenant: Tenant): Promise<SettingsOutcome> {
    const { address } = tenant.view;
    const sealed = await deps.chain.settings(address);
    if (sealed === undefined)
      return { kind: 'missing', code: 'edge/no-settings', why: 'the resource has no settings on chain' };
    const box = await generateBoxKey();
    const request = encodeKeyRequest(
      await signKeyRequest(
        {
          edge: deps.chain.edge,
          resource: address,
          settingsVersion: sealed.version,
          boxKey: box.publicKey,
          unixSecs: BigInt(Math.floor(deps.chain.nowMs() / 1000)),
        },
        deps.sign,
      ),
    );
    let refusals = 0;
    const said: string[] = [];
    for (const guard of inRandomOrder(deps.chain.guards(), deps.random)) {
      const answer = await askGuard(deps.fetch, guard, {
        path: '/v1/keys',
        body: request,
        maxBytes: SEALED_KEY_BYTES,
        timeoutMs: GUARD_TIMEOUT_MS,
      });
      if (answer.kind === 'none') {
        if (answer.status === 403) refusals += 1;
        said.push(answer.why);
        continue;
      }
      const key = await openSealed(answer.body, box);
      const plain =
        key === undefined
          ? undefined
          : await decryptSettings(sealed.blob, { resource: address, version: sealed.version }, key);
      if (plain === undefined) {
        said.push(`guard ${guard.no}: its key does not open the settings`);
        continue;
      }
      const settings = readOriginSettings(plain);
      return { kind: 'ok', version: sealed.version, settings: deps.override?.(settings) ?? settings };
    }
    const why = said.length === 0 ? 'there is no active guard to ask for the key' : said.join('; ');
    deps.log.warn({ resource: address, why }, 'no guard gave the key of a resource');
    return { kind: 'missing', code: refusals > 0 ? 'edge/not-authorised' : 'edge/no-settings', why };
  }

  return {
    async settingsOf(tenant) {
      const held = tenant.settings;
      if (held === undefined) return load(tenant);
      // The old origin serves on until the new settings are read; nothing waits for a guard.
      if (held.version < tenant.view.settingsVersion) void load(tenant);
      return { kind: 'ok', version: held.version, settings: held.plain };
    },
    async newestOf(tenant) {
      const held = tenant.settings;
      if (held === undefined) return load(tenant);
      const newest = held.version < tenant.view.settingsVersion ? await load(tenant) : undefined;
      return newest?.kind === 'ok' ? newest : { kind: 'ok', version: held.version, settings: held.plain };
    },
  };
}
