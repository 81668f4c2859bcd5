import type { ChannelStatus } from '../live-channel.ts';
import { JSON_TYPE, problem } from './answer.ts';
import type { Answer } from './answer.ts';
import { escapedHtml } from './embedding.ts';

export interface OembedDeps {
  /** Addresses that viewers come to. */
  readonly publicUrls: readonly string[];
  readonly status: (channel: string) => ChannelStatus | undefined;
  readonly isPrivate: (channel: string) => boolean;
  readonly hasPreviews: boolean;
}

const WIDTH = 640;
const MOST = 10_000;
const KEPT_SECONDS = 60;
/** Of the still picture. */
const THUMBNAIL_WIDTH = 480;
const PAGE = /^\/(?:watch|embed)\/([a-z0-9-]{1,32})$/;
const RECORDING = /^\d{8}t\d{6}z$/;

const NO_PUBLIC_URL = problem(
  404,
  'server/no-public-url',
  'This server does not know where viewers come to.',
);
const NOT_OURS = problem(404, 'server/not-found', 'That is no page of a channel here.');
const BAD_QUERY = problem(
  400,
  'server/bad-embed',
  'url is the address of a page, maxwidth and maxheight are whole numbers above 0.',
);
const NO_XML = problem(501, 'server/bad-format', 'Only JSON is spoken here.');
/** What the specification asks for where a page is not public. */
const PRIVATE = problem(401, 'server/link-needed', 'Only those who have a link may watch this.');

/**
 * What a page of a channel looks like in another page (oEmbed 1.0, as JSON). Nothing of `url` comes back but what is known:
 * an address of the server's own, the name of a channel, the time of a recording.
 */
export function oembed(params: URLSearchParams, deps: OembedDeps): Answer {
  const [first] = deps.publicUrls;
  if (first === undefined) return NO_PUBLIC_URL;
  const format = params.get('format');
  if (format !== null && format !== 'json') return NO_XML;
  const [url, maxWidth, maxHeight] = [
    params.get('url'),
    mostOf(params, 'maxwidth'),
    mostOf(params, 'maxheight'),
  ];
  if (url === null || maxWidth === undefined || maxHeight === undefined) return BAD_QUERY;
  const page = URL.parse(url);
  if (page === null || page.username !== '' || page.password !== '') return NOT_OURS;
  const base = deps.publicUrls.find((each) => each === page.origin);
  const channel = PAGE.exec(page.pathname)?.[1];
  const status = channel === undefined ? undefined : deps.status(channel);
  const recording = page.searchParams.get('recording');
  if (base === undefined || status === undefined || (recording !== null && !RECORDING.test(recording)))
    return NOT_OURS;
  if (deps.isPrivate(status.name)) return PRIVATE;
  const width = Math.min(WIDTH, maxWidth, Math.floor((maxHeight * 16) / 9));
  const height = Math.max(1, Math.round((width * 9) / 16));
  const source = `${base}/embed/${status.name}${recording === null ? '' : `?recording=${recording}`}`;
  const html = `<iframe src="${escapedHtml(source)}" title="${escapedHtml(status.name)}" width="${width}" height="${height}" style="border:0" allow="autoplay; fullscreen; picture-in-picture" allowfullscreen></iframe>`;
  const body = {
    version: '1.0',
    type: 'video',
    title: status.name,
    provider_name: 'Media Network',
    provider_url: `${base}/`,
    cache_age: KEPT_SECONDS,
    ...(deps.hasPreviews && recording === null ? thumbnail(base, status, maxWidth, maxHeight) : {}),
    html,
    width,
    height,
  };
  return {
    status: 200,
    type: JSON_TYPE,
    body: `${JSON.stringify(body, undefined, 2)}\n`,
    maxAge: KEPT_SECONDS,
  };
}

/** Undefined where it makes no sense. */
function mostOf(params: URLSearchParams, name: string): number | undefined {
  const text = params.get(name);
  if (text === null) return MOST;
  return /^[1-9]\d{0,8}$/.test(text) ? Math.min(MOST, Number(text)) : undefined;
}

/** Of what is on air, where it fits: a thumbnail keeps to the same bounds (2.3.4). */
function thumbnail(base: string, { name, state, video }: ChannelStatus, maxWidth: number, maxHeight: number) {
  if (state !== 'live' || video === undefined) return {};
  // Of even lines, as it is made.
  const height = 2 * Math.round((THUMBNAIL_WIDTH * video.height) / video.width / 2);
  if (THUMBNAIL_WIDTH > maxWidth || height > maxHeight) return {};
  return {
    thumbnail_url: `${base}/live/${name}/preview.jpg`,
    thumbnail_width: THUMBNAIL_WIDTH,
    thumbnail_height: height,
  };
}
