import { createRepeatingTask } from '@media-network/runtime';
import type { Clock, Log, RepeatingTask } from '@media-network/runtime';
import type { Session } from '../session/session-desk.ts';
import type { Tenant } from '../tenant/tenant-book.ts';
import type { Tally } from './tally.ts';
import type { TunnelPipe } from './tunnel-pipe.ts';
import { CloseStatus } from './websocket-frames.ts';

export interface TunnelLimits {
  /** Tunnels of this edge: each holds a connection of its viewer and one of its origin. Protects descriptors. */
  readonly max: number;
  /** Of one resource. Protects the others' part of those. */
  readonly maxOfResource: number;
  /** Silence both ways. Protects descriptors from viewers and origins that are gone and have not said so. */
  readonly idleMs: number;
}

/** An open tunnel, and whose it is. */
export interface OpenTunnel {
  readonly tenant: Tenant;
  readonly session: Session | undefined;
  readonly pipe: Pick<TunnelPipe, 'activeMs' | 'closingSinceMs' | 'close' | 'cut'>;
}

export interface TunnelsDeps {
  /** Code of why a tunnel may not go on, as a request would be refused now. */
  readonly refusal: (tunnel: Pick<OpenTunnel, 'tenant' | 'session'>) => string | undefined;
  readonly tally: Pick<Tally, 'refused'>;
  readonly clock: Clock;
  readonly log: Log;
  readonly random: () => number;
}

/** One tunnel's part of the limits. */
interface TunnelPlace {
  open(tunnel: OpenTunnel): void;
  /** Idempotent. */
  leave(): void;
}

/** All tunnels of an edge. A response ends by itself; a tunnel lasts until somebody ends it, and this is who. */
export interface Tunnels {
  readonly size: number;
  /** Takes a place, or says why there is none. */
  take(
    tenant: Tenant,
  ):
    | { readonly kind: 'taken'; readonly place: TunnelPlace }
    | { readonly kind: 'full'; readonly code: string };
  /** Ends all within so many milliseconds, one after the other, so that they do not all come back at once. None is opened any more. */
  drain(spreadMs: number): void;
  readonly task: RepeatingTask;
}

const LOOK_MS = 1_000;
/** How long a viewer may take to answer that it, too, closes. */
const CLOSE_GRACE_MS = 3_000;

export function createTunnels(deps: TunnelsDeps, limits: TunnelLimits): Tunnels {
  const { clock, tally } = deps;
  const open = new Set<OpenTunnel>();
  const held = new Map<Tenant, number>();
  let size = 0;
  let draining = false;
  /** When each is ended. */
  const leaving = new Map<OpenTunnel, number>();

  function close(tunnel: OpenTunnel, status: number, code: string): void {
    if (tunnel.pipe.closingSinceMs !== 0) return;
    tally.refused('tunnel', code);
    tunnel.pipe.close(status, code);
  }

  function look(tunnel: OpenTunnel, nowMs: number): void {
    const { pipe } = tunnel;
    if (pipe.closingSinceMs !== 0) {
      if (nowMs - pipe.closingSinceMs > CLOSE_GRACE_MS) pipe.cut();
    } else if (nowMs >= (leaving.get(tunnel) ?? Number.POSITIVE_INFINITY))
      close(tunnel, CloseStatus.goingAway, 'edge/draining');
    else if (nowMs - pipe.activeMs > limits.idleMs) close(tunnel, CloseStatus.goingAway, 'edge/tunnel-idle');
    else {
      const code = deps.refusal(tunnel);
      if (code !== undefined) close(tunnel, CloseStatus.tryAgainLater, code);
    }
  }

  function placeOf(tenant: Tenant): TunnelPlace {
    let tunnel: OpenTunnel | undefined;
    let left = false;
    return {
      open(made) {
        tunnel = made;
        open.add(made);
        if (draining) close(made, CloseStatus.goingAway, 'edge/draining');
      },
      leave() {
        if (left) return;
        left = true;
        size -= 1;
        const others = (held.get(tenant) ?? 1) - 1;
        if (others > 0) held.set(tenant, others);
        else held.delete(tenant);
        if (tunnel === undefined) return;
        open.delete(tunnel);
        leaving.delete(tunnel);
      },
    };
  }

  return {
    get size() {
      return open.size;
    },
    take(tenant) {
      if (draining) return { kind: 'full', code: 'edge/draining' };
      const own = held.get(tenant) ?? 0;
      if (size >= limits.max || own >= limits.maxOfResource)
        return { kind: 'full', code: 'edge/too-many-tunnels' };
      size += 1;
      held.set(tenant, own + 1);
      return { kind: 'taken', place: placeOf(tenant) };
    },
    drain(spreadMs) {
      draining = true;
      const nowMs = clock.nowMs();
      for (const tunnel of open) {
        if (spreadMs === 0) close(tunnel, CloseStatus.goingAway, 'edge/draining');
        else leaving.set(tunnel, nowMs + deps.random() * spreadMs);
      }
    },
    task: createRepeatingTask(
      async () => {
        const nowMs = clock.nowMs();
        for (const tunnel of open) look(tunnel, nowMs);
      },
      { clock, log: deps.log },
      { name: 'tunnels', intervalMs: LOOK_MS },
    ),
  };
}
