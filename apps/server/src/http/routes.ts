import type { PlaylistQuery } from '../channel-reader.ts';
import type { LiveChannel } from '../live-channel.ts';
import type { Preview } from '../preview/preview.ts';
import type { RecordingFolder } from '../recording/recording-folder.ts';
import type { Thumbnails } from '../thumbnails/thumbnails.ts';
import type { Waited } from '../waiting-room.ts';
import { JSON_TYPE, PLAYLIST, VTT, problem } from './answer.ts';
import type { Answer } from './answer.ts';
import type { Gate } from './gate.ts';
import { oembed } from './oembed.ts';
import type { PlayerPages } from './player-pages.ts';

export interface RoutesDeps {
  readonly channels: ReadonlyMap<string, LiveChannel>;
  /** By channel, where still pictures are made. */
  readonly previews: ReadonlyMap<string, Pick<Preview, 'picture'>>;
  /** By channel, where small pictures for the time bar are made. */
  readonly thumbnails: ReadonlyMap<string, Pick<Thumbnails, 'file'>>;
  readonly recordings: Pick<RecordingFolder, 'list' | 'read' | 'isEncrypted'>;
  readonly gate: Gate;
  /** Other pages and scripts of the player, by path. */
  readonly pages: ReadonlyMap<string, Answer>;
  readonly player: PlayerPages;
  /** Addresses that viewers come to. */
  readonly publicUrls: readonly string[];
  /** Address of the key that signs segments. */
  readonly publisher: string;
}

const MPD = 'application/dash+xml';
const JPEG = 'image/jpeg';
const SEGMENT = 'video/iso.segment';
const KEY_TYPE = 'application/octet-stream';
/** A segment keeps its name for good; caches may let go of it when the window has long passed. */
const SEGMENT_SECONDS = 3_600;
/** How long a still picture may be kept. */
const PREVIEW_SECONDS = 10;
/** A playlist that was waited for says the same whenever it is asked for. */
const WAITED_SECONDS = 6;
const MEDIA_PLAYLIST = /^(audio|video(?:\d{2,4}p)?)\.m3u8$/;
const MANIFEST = /^(audio|video(?:\d{2,4}p)?)\.manifest\.json$/;
const DIGEST = /^(audio|video(?:\d{2,4}p)?)-(\d{1,15})\.m4s\.digest\.json$/;
const NAME = /^(audio|video(?:\d{2,4}p)?)-(\d{1,15})(?:-(\d{1,6}))?\.m4s$/;
const THUMBNAILS = /^(?:thumbnails\.vtt|sprite-\d{1,6}\.jpg)$/;
const KEY = /^(audio|video(?:\d{2,4}p)?)-(\d{1,15})\.key$/;
const INIT = /^(audio|video(?:\d{2,4}p)?)-init-\d{1,15}-(\d{1,6})\.mp4$/;

const NOT_FOUND = problem(404, 'server/not-found', 'There is nothing here.');
const NOT_YET: Readonly<Record<Exclude<Waited<unknown>['kind'], 'found'>, Answer>> = {
  none: problem(404, 'server/not-found', 'There is nothing here, or not any more, or not yet.'),
  far: problem(400, 'server/too-far', 'That is further ahead than may be asked for.'),
  late: problem(503, 'server/not-in-time', 'It did not come in time; ask again.'),
  full: problem(503, 'server/too-many-waiting', 'Too many players wait at once; ask again.'),
};

/** Answers GET and HEAD of a path and its query. */
export async function route(deps: RoutesDeps, target: URL): Promise<Answer> {
  const { channels, previews, recordings, pages, player, publicUrls, publisher, gate } = deps;
  const path = target.pathname;
  const isShown = ({ channel }: { readonly channel: string }): boolean => !gate.isPrivate(channel);
  if (path === '/api/channels') {
    const shown = [...channels.values()].filter(({ status: { name } }) => !gate.isPrivate(name));
    return json({ publisher, channels: shown.map(({ status }) => status) });
  }
  const link = target.searchParams.get('link');
  const of = target.searchParams.get('channel');
  if (path === '/api/recordings') {
    const kept = await recordings.list();
    // Those of one private channel, for whoever has its link.
    return of === null
      ? json({ recordings: kept.filter(isShown) })
      : gate.pass({ channel: of, file: '', encrypted: false }, link, async () =>
          json({ recordings: kept.filter(({ channel }) => channel === of) }),
        );
  }
  const [, shown, watched = ''] = /^\/(watch|embed)\/([a-z0-9-]{1,32})$/.exec(path) ?? [];
  if (shown !== undefined) {
    if (!channels.has(watched)) return NOT_FOUND;
    return shown === 'watch' ? player.watch(watched) : (player.embed(watched) ?? NOT_FOUND);
  }
  if (path === '/oembed')
    return player.embed('') === undefined
      ? NOT_FOUND
      : oembed(target.searchParams, {
          publicUrls,
          status: (name) => channels.get(name)?.status,
          isPrivate: (name) => gate.isPrivate(name),
          hasPreviews: previews.size > 0,
        });
  const page = pages.get(path);
  if (page !== undefined) return page;
  const ofRecording = /^\/recordings\/([^/]{1,32})\/([^/]{1,32})\/([^/]{1,64})$/.exec(path);
  if (ofRecording !== null) {
    const [, channel = '', id = '', file = ''] = ofRecording;
    const encrypted = gate.isPrivate(channel) && (await recordings.isEncrypted(channel, id));
    return gate.pass({ channel, file, encrypted }, link, () => recorded(deps, channel, id, file));
  }
  const [, name = '', file = ''] = /^\/live\/([a-z0-9-]{1,32})\/([^/]{1,64})$/.exec(path) ?? [];
  const channel = channels.get(name);
  if (channel === undefined) return NOT_FOUND;
  return gate.pass({ channel: name, file, encrypted: true }, link, () =>
    ofChannel(deps, channel, name, file, target.searchParams),
  );
}

async function recorded(
  { recordings, gate }: RoutesDeps,
  channel: string,
  id: string,
  file: string,
): Promise<Answer> {
  const [, track, period] = KEY.exec(file) ?? [];
  if (track !== undefined) {
    // Of what is in it, and no key that is still to come.
    const list = await recordings.read(channel, id, `${track}.m3u8`);
    const isThere = list !== undefined && Buffer.from(list).includes(`URI="${file}"`);
    return keyAnswer(isThere ? gate.key(channel, track, Number(period)) : undefined);
  }
  const bytes = await recordings.read(channel, id, file);
  if (bytes === undefined) return NOT_FOUND;
  // A playlist grows as long as its stream goes on.
  if (file.endsWith('.m3u8')) return { status: 200, type: PLAYLIST, body: bytes, maxAge: 1 };
  if (THUMBNAILS.test(file)) return thumbnail(file.endsWith('.vtt') ? VTT : JPEG, bytes);
  return kept(bytes, file.endsWith('.mp4') ? mediaOf(file.split('-')[0] ?? '') : undefined);
}

async function ofChannel(
  { previews, thumbnails, publisher, gate }: RoutesDeps,
  channel: LiveChannel,
  name: string,
  file: string,
  query: URLSearchParams,
): Promise<Answer> {
  if (file === 'preview.jpg') return still(previews.get(name)?.picture);
  if (THUMBNAILS.test(file)) {
    const found = thumbnails.get(name)?.file(file);
    return found === undefined ? NOT_YET.none : thumbnail(found.type, found.body);
  }
  if (file === 'index.m3u8') return listOf(channel.multivariant(), PLAYLIST);
  if (file === 'index.mpd') return listOf(channel.mpd(), MPD);
  const listed = MEDIA_PLAYLIST.exec(file)?.[1];
  if (listed !== undefined) return playlist(channel, listed, query);
  const told = MANIFEST.exec(file)?.[1];
  if (told !== undefined) return manifest(channel, told, query, publisher);
  const [, of, number] = DIGEST.exec(file) ?? [];
  if (of !== undefined) {
    const signed = channel.signed(of, Number(number));
    return signed === undefined ? NOT_YET.none : { ...kept(`${JSON.stringify(signed)}\n`), type: JSON_TYPE };
  }
  const [, locked, period] = KEY.exec(file) ?? [];
  if (locked !== undefined)
    return keyAnswer(
      channel.usesKey(locked, Number(period)) ? gate.key(name, locked, Number(period)) : undefined,
    );
  const [, begun, version] = INIT.exec(file) ?? [];
  if (begun !== undefined) {
    const bytes = channel.init(begun, Number(version));
    return bytes === undefined ? NOT_FOUND : kept(bytes, mediaOf(begun));
  }
  const [, track, sequence, index] = NAME.exec(file) ?? [];
  if (track === undefined) return NOT_FOUND;
  if (index === undefined) {
    const bytes = channel.segment(track, Number(sequence));
    return bytes === undefined ? NOT_YET.none : kept(bytes);
  }
  const waited = await channel.part(track, Number(sequence), Number(index));
  return waited.kind === 'found' ? kept(waited.found) : NOT_YET[waited.kind];
}

const keyAnswer = (key: Uint8Array | undefined): Answer =>
  key === undefined ? NOT_FOUND : { status: 200, type: KEY_TYPE, body: key, maxAge: undefined };

/** Both grow: the list by a line, the newest sheet by a picture. */
const thumbnail = (type: typeof VTT | typeof JPEG, body: Uint8Array): Answer => ({
  status: 200,
  type,
  body,
  maxAge: type === VTT ? 1 : PREVIEW_SECONDS,
});

const still = (picture: Uint8Array | undefined): Answer =>
  picture === undefined ? NOT_YET.none : { status: 200, type: JPEG, body: picture, maxAge: PREVIEW_SECONDS };

const listOf = (body: string | undefined, type: string): Answer =>
  body === undefined ? NOT_YET.none : { status: 200, type, body, maxAge: 1 };

async function playlist(channel: LiveChannel, track: string, params: URLSearchParams): Promise<Answer> {
  return listing(params, PLAYLIST, (query) => channel.playlist(track, query));
}

/** Every listed segment as its publisher signed it, in the same moment. */
async function manifest(
  channel: LiveChannel,
  track: string,
  params: URLSearchParams,
  publisher: string,
): Promise<Answer> {
  return listing(params, JSON_TYPE, async (query) => {
    const waited = await channel.manifest(track, query);
    if (waited.kind !== 'found') return waited;
    return { kind: 'found', found: `${JSON.stringify({ publisher, segments: waited.found })}\n` };
  });
}

async function listing(
  params: URLSearchParams,
  type: string,
  read: (query: PlaylistQuery) => Promise<Waited<string>>,
): Promise<Answer> {
  const query = playlistQuery(params);
  if (query === undefined)
    return problem(
      400,
      'server/bad-query',
      '_HLS_msn and _HLS_part are whole numbers, the second with the first only.',
    );
  const waited = await read(query);
  if (waited.kind !== 'found') return NOT_YET[waited.kind];
  return { status: 200, type, body: waited.found, maxAge: query.sequence === undefined ? 1 : WAITED_SECONDS };
}

/** RFC 8216bis, 6.2.5: undefined where it makes no sense. */
function playlistQuery(params: URLSearchParams): PlaylistQuery | undefined {
  const numberOf = (name: string): number | undefined | 'bad' => {
    const text = params.get(name);
    if (text === null) return undefined;
    return /^\d{1,15}$/.test(text) ? Number(text) : 'bad';
  };
  const [sequence, part] = [numberOf('_HLS_msn'), numberOf('_HLS_part')];
  if (sequence === 'bad' || part === 'bad' || (part !== undefined && sequence === undefined))
    return undefined;
  const skip = params.get('_HLS_skip');
  return { sequence, part, skip: skip === 'YES' || skip === 'v2' };
}

const mediaOf = (track: string): 'audio' | 'video' => (track === 'audio' ? 'audio' : 'video');

const kept = (body: Uint8Array | string, init?: 'audio' | 'video'): Answer => ({
  status: 200,
  type: init === undefined ? SEGMENT : `${init}/mp4`,
  body,
  maxAge: SEGMENT_SECONDS,
  immutable: true,
});

const json = (value: object): Answer => ({
  status: 200,
  type: JSON_TYPE,
  body: `${JSON.stringify(value, undefined, 2)}\n`,
  maxAge: 1,
});
