import { hasSegments, renderMedia } from './live-playlists.ts';
import type { StreamFacts } from './live-playlists.ts';
import { keyName } from './private/track-lock.ts';
import type { SignedSegment } from './publishing/signed-segment.ts';
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
  /** What the publisher says of every segment that the playlist of the same moment lists; waited for as that is. */
  manifest(track: string, query: PlaylistQuery): Promise<Waited<readonly SignedSegment[]>>;
  /** What it says of one. */
  signed(track: string, sequence: number): SignedSegment | undefined;
  init(track: string, version: number): Uint8Array | undefined;
  segment(track: string, sequence: number): Uint8Array | undefined;
  part(track: string, sequence: number, index: number): Promise<Waited<Uint8Array>>;
  /** Whether a key, named by the first segment that has it, is of what is listed now or comes next. */
  usesKey(track: string, period: number): boolean;
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

  /** What there is to say of a track, once it has come as far as was asked for. */
  async function listing<T>(
    track: string,
    { sequence, part }: PlaylistQuery,
    render: (window: TrackWindow) => T,
  ): Promise<Waited<T>> {
    const found = window(track);
    if (found === undefined) return { kind: 'none' };
    const ready = (): T | undefined => (hasSegments(found.state) ? render(found) : undefined);
    if (sequence === undefined) {
      const said = ready();
      return said === undefined ? { kind: 'none' } : { kind: 'found', found: said };
    }
    // Two beyond what there is: a player that asks for more has lost its way (6.2.5.2).
    if (sequence > found.state.next + 1) return { kind: 'far' };
    return wait(() => {
      const { next, parts } = found.state;
      const isThere = next > sequence || (part !== undefined && next === sequence && parts.length > part);
      return isThere || isOver() ? ready() : undefined;
    });
  }

  return {
    playlist: (track, query) => listing(track, query, (found) => renderMedia(facts(), found, query.skip)),
    manifest: (track, query) => listing(track, query, ({ signed }) => [...signed.values()]),
    signed: (track, sequence) => window(track)?.signed.get(sequence),
    init: (track, version) => window(track)?.init(version),
    segment: (track, sequence) => window(track)?.segment(sequence)?.bytes,
    usesKey(track, period) {
      const found = window(track);
      if (found?.keys === undefined) return false;
      const { segments, next } = found.state;
      const name = keyName(track, period);
      return [...segments.map(({ sequence }) => sequence), next].some(
        (sequence) => found.keys?.of(sequence).uri === name,
      );
    },
    async part(track, sequence, index) {
      const found = window(track);
      if (found?.hasParts !== true) return { kind: 'none' };
      const { next, parts } = found.state;
      // The one that is hinted at, and no other that is yet to come.
      const isHinted =
        (sequence === next && index === parts.length) || (sequence === next + 1 && index === 0);
      const ready = (): Uint8Array | undefined => found.partAt(sequence, index)?.bytes;
      const here = ready();
      if (here !== undefined) return { kind: 'found', found: here };
      if (!isHinted) return { kind: sequence > next ? 'far' : 'none' };
      const waited = await wait(() => {
        const bytes = ready();
        if (bytes !== undefined) return bytes;
        // The segment ended without it.
        return found.state.next > sequence ? new Uint8Array() : undefined;
      });
      return waited.kind === 'found' && waited.found.length === 0 ? { kind: 'none' } : waited;
    },
  };
}
