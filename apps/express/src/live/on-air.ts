import type { Admission, Publisher } from '@media-network/rtmp';
import { createRepeatingTask } from '@media-network/runtime';
import type { Clock, Log, RepeatingTask } from '@media-network/runtime';
import type { ChannelHouse, ChannelStatus } from '@media-network/server/parts';
import type { Channels } from '../channels/channels.ts';

/** Which channels are on air, and who puts them there. */
export interface OnAir {
  /** Whether an encoder's key opens a channel; asked before a byte of media is taken. */
  admit(publisher: Publisher): Promise<Admission>;
  /** Names of channels that are on air, or wait for an encoder that was lost. */
  live(): readonly string[];
  status(name: string): ChannelStatus | undefined;
  /** Sends whoever publishes away, as when the key is another one; the channel ends. */
  cut(name: string, reason: string): Promise<void>;
  readonly sweeping: RepeatingTask;
}

export interface OnAirDeps {
  readonly clock: Clock;
  readonly log: Log;
  readonly channels: Channels;
  readonly house: ChannelHouse;
  /** Hears of a channel that goes on air, or off. */
  readonly onChange?: (name: string, kind: 'live' | 'ended') => void;
}

/** Channels on air at once: protects memory, which each takes for its window. */
const MOST_LIVE = 200;
/** How long what has ended is still there to be played to its end. */
const ENDED_MS = 60_000;
const SWEEP_MS = 2_000;

export function createOnAir({ clock, log, channels, house, onChange }: OnAirDeps): OnAir {
  const publishers = new Map<string, Publisher>();
  /** Told of as live, and since when one is over. */
  const told = new Set<string>();
  const endedMs = new Map<string, number>();
  const isLive = (name: string): boolean => {
    const state = house.channels.get(name)?.status.state;
    return state === 'live' || state === 'waiting';
  };
  const live = (): readonly string[] => [...house.channels.keys()].filter((name) => isLive(name));

  /** Memory of channels that have ended goes, in a while. */
  async function sweep(): Promise<void> {
    const nowMs = clock.nowMs();
    for (const name of house.channels.keys()) {
      if (isLive(name)) {
        endedMs.delete(name);
        continue;
      }
      if (told.delete(name)) onChange?.(name, 'ended');
      const since = endedMs.get(name) ?? nowMs;
      endedMs.set(name, since);
      if (nowMs - since < ENDED_MS) continue;
      endedMs.delete(name);
      publishers.delete(name);
      await house.retire(name);
    }
  }

  return {
    async admit(publisher) {
      const channel = await channels.ofKey(publisher.key);
      if (channel === undefined) return { kind: 'refused', description: 'Unknown stream key.' };
      if (channel.takenDown !== null) return { kind: 'refused', description: 'This channel was taken down.' };
      if (!house.channels.has(channel.name) && live().length >= MOST_LIVE)
        return { kind: 'refused', description: 'Too many channels are on air here.' };
      await channels.aired(channel.name);
      // Looked at once more: the key may have been revoked while that was written.
      if ((await channels.ofKey(publisher.key)) === undefined)
        return { kind: 'refused', description: 'Unknown stream key.' };
      const sink = house.open(channel.name).publish(publisher);
      publishers.set(channel.name, publisher);
      endedMs.delete(channel.name);
      if (!told.has(channel.name)) {
        told.add(channel.name);
        onChange?.(channel.name, 'live');
      }
      return { kind: 'accepted', sink };
    },
    live,
    status: (name) => house.channels.get(name)?.status,
    async cut(name, reason) {
      publishers.get(name)?.close(reason);
      publishers.delete(name);
      await house.retire(name);
      if (told.delete(name)) onChange?.(name, 'ended');
    },
    sweeping: createRepeatingTask(
      () => sweep(),
      { clock, log },
      { name: 'channels that have ended', intervalMs: SWEEP_MS },
    ),
  };
}
