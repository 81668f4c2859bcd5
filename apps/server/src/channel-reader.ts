import { hasSegments, renderMedia } from './live-playlists.ts';
import type { StreamFacts } from './live-playlists.ts';
import type { TrackWindow } from './track-window.ts';
import type { Waited, WaitingRoom } from './waiting-room.ts';

/** What a player asks a playlist for (RFC 8216bis, 6.2.5.2). */
export interface PlaylistQuery {
  /** Media sequence number that is to be in it, and the part of it. */
  readonly sequence: number | undefined;
  readonly part: number | undefined;
  readonly skip: boolean;
}

/** What viewers ask a channel for. Tracks by name. */
export interface ChannelReader {
  playlist(track: string, query: PlaylistQuery): Promise<Waited<string>>;
  init(track: string, version: number): Uint8Array | undefined;
  segment(track: string, sequence: number): Uint8Array | undefined;
  part(track: string, sequence: number, index: number): Promise<Waited<Uint8Array>>;
}

export interface ReaderDeps {
  readonly room: WaitingRoom;
  /** Undefined where the stream has no such track. */
  readonly window: (track: string) => TrackWindow | undefined;
  readonly facts: () => StreamFacts;
  readonly isOver: () => boolean;
}

/** A player is kept waiting for so many target durations (RFC 8216bis, 6.2.5.2). */
const WAIT_TARGETS = 3;

export function createChannelReader({ room, window, facts, isOver }: ReaderDeps): ChannelReader {
  const wait = <T>(ready: () => T | undefined): Promise<Waited<T>> =>
    room.wait(ready, WAIT_TARGETS * facts().targetDuration * 1_000);

  return {
    async playlist(track, { sequence, part, skip }) {
      const rendition = window(track)?.rendition;
      if (rendition === undefined) return { kind: 'none' };
      const render = (): string | undefined =>
        hasSegments(rendition.state) ? renderMedia(facts(), track, rendition.state, skip) : undefined;
      if (sequence === undefined) {
        const found = render();
        return found === undefined ? { kind: 'none' } : { kind: 'found', found };
      }
      // Two beyond what there is: a player that asks for more has lost its way (6.2.5.2).
      if (sequence > rendition.state.next + 1) return { kind: 'far' };
      return wait(() => {
        const { next, parts } = rendition.state;
        const isThere = next > sequence || (part !== undefined && next === sequence && parts.length > part);
        return isThere || isOver() ? render() : undefined;
      });
    },
    init: (track, version) => window(track)?.init(version),
    segment: (track, sequence) => window(track)?.rendition.segment(sequence)?.bytes,
    async part(track, sequence, index) {
      const rendition = window(track)?.rendition;
      if (rendition === undefined) return { kind: 'none' };
      const { next, parts } = rendition.state;
      // The one that is hinted at, and no other that is yet to come.
      const isHinted =
        (sequence === next && index === parts.length) || (sequence === next + 1 && index === 0);
      const ready = (): Uint8Array | undefined => rendition.partAt(sequence, index)?.bytes;
      const found = ready();
      if (found !== undefined) return { kind: 'found', found };
      if (!isHinted) return { kind: sequence > next ? 'far' : 'none' };
      const waited = await wait(() => {
        const bytes = ready();
        if (bytes !== undefined) return bytes;
        // The segment ended without it.
        return rendition.state.next > sequence ? new Uint8Array() : undefined;
      });
      return waited.kind === 'found' && waited.found.length === 0 ? { kind: 'none' } : waited;
    },
  };
}
