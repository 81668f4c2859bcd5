import type { HealthRule } from '@media-network/rules';
import { createRepeatingTask } from '@media-network/runtime';
import type { Clock, Log, RepeatingTask } from '@media-network/runtime';
import type { OriginTally } from './origin-tally.ts';
import type { PlaceClient } from './origin-client.ts';
import type { OriginPlace } from './origin-places.ts';
import type { OriginSettings } from './origin-settings.ts';
import type { OriginStates } from './origin-states.ts';

export interface HealthChecksDeps {
  readonly client: Pick<PlaceClient, 'fetch'>;
  readonly states: OriginStates;
  readonly tally: OriginTally;
  readonly clock: Clock;
  readonly log: Log;
  readonly random: () => number;
}

const ROUND_MS = 500;
/** Under way at once, over all resources; those beyond come in a later round. */
const MAX_UNDER_WAY = 64;

/** Asks the origins of resources with a `health` rule, each edge for itself, as long as somebody asks for the resource. */
export function createHealthChecks(deps: HealthChecksDeps): RepeatingTask {
  const { client, states, tally, clock } = deps;
  const nextMs = new WeakMap<OriginSettings, number>();
  let underWay = 0;

  async function check(settings: OriginSettings, at: number, rule: HealthRule): Promise<void> {
    const place = settings.places[at];
    if (place === undefined) return;
    underWay += 1;
    let succeeded = false;
    try {
      succeeded = await isWell(settings, place, rule, client);
    } finally {
      underWay -= 1;
      tally.checked(succeeded);
      states.checked(settings, at, succeeded);
    }
  }

  return createRepeatingTask(
    async () => {
      const nowMs = clock.nowMs();
      for (const settings of states.watched()) {
        const [rule] = settings.rules.health;
        // With one origin there is nobody to ask in its place.
        if (rule === undefined || settings.places.length === 1) continue;
        if ((nextMs.get(settings) ?? 0) > nowMs || underWay + settings.places.length > MAX_UNDER_WAY)
          continue;
        // Up to a tenth apart, so that edges which began together do not ask together for ever.
        nextMs.set(settings, nowMs + rule.everySeconds * 1_000 * (0.95 + deps.random() * 0.1));
        for (const at of settings.places.keys()) void check(settings, at, rule).catch(() => undefined);
      }
    },
    { clock, log: deps.log },
    { name: 'origin health', intervalMs: ROUND_MS },
  );
}

async function isWell(
  settings: OriginSettings,
  place: OriginPlace,
  rule: HealthRule,
  client: Pick<PlaceClient, 'fetch'>,
): Promise<boolean> {
  try {
    const { status, body } = await client.fetch({
      settings,
      place,
      method: 'GET',
      target: rule.target,
      rawHeaders: ['Accept', '*/*'],
      viewer: { scheme: place.scheme, host: place.hostHeader },
      signal: AbortSignal.timeout(rule.timeoutSeconds * 1_000),
    });
    // The status is all that is asked for, however long the body is.
    body.on('error', () => undefined);
    body.destroy();
    return status >= rule.from && status <= rule.to;
  } catch {
    return false;
  }
}
