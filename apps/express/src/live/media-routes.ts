import { OPEN_GATE, problem, route } from '@media-network/server/parts';
import type { Answer, ChannelHouse, RecordingFolder } from '@media-network/server/parts';

const NONE = problem(404, 'express/not-found', 'There is nothing here.');

export interface MediaRoutesDeps {
  readonly house: ChannelHouse;
  readonly recordings: RecordingFolder;
  /** Address of the key that signs segments. */
  readonly publisher: string;
}

/** Playlists, segments, stills and recordings, as a media server answers for them; undefined where the path is none of theirs. */
export function mediaRoutes({
  house: { channels, previews, thumbnails },
  recordings,
  publisher,
}: MediaRoutesDeps): (target: URL) => Promise<Answer> | undefined {
  const deps = {
    channels,
    previews,
    thumbnails,
    recordings,
    publisher,
    gate: OPEN_GATE,
    publicUrls: [],
    // Express has pages of its own: of these none is asked for.
    pages: new Map(),
    player: { watch: () => NONE, embed: () => undefined },
  };
  return (target) => (/^\/(?:live|recordings)\//.test(target.pathname) ? route(deps, target) : undefined);
}
