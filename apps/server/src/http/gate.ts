import type { PrivateChannels } from '../private/private-channels.ts';
import type { LinkVerdict } from '../private/signed-link.ts';
import { picturesWithLink, withLink } from '../private/linked-playlist.ts';
import { PLAYLIST, VTT, problem } from './answer.ts';
import type { Answer } from './answer.ts';

/** Lets in whoever may watch a channel. */
export interface Gate {
  isPrivate(channel: string): boolean;
  /**
   * A file of a channel, asked for with a link or without one. `encrypted`: its segments are of no use without keys, and
   * anybody may have and keep them; all else of a private channel is for whoever has a link, and kept nowhere.
   */
  pass(
    about: { readonly channel: string; readonly file: string; readonly encrypted: boolean },
    link: string | null,
    answer: () => Promise<Answer>,
  ): Promise<Answer>;
  /** Key of what was encrypted from a segment on. */
  key(channel: string, track: string, period: number): Uint8Array | undefined;
}

const REFUSED: Readonly<Record<Exclude<LinkVerdict, 'good'>, Answer>> = {
  missing: problem(403, 'server/link-needed', 'Only those who have a link may watch this.'),
  forged: problem(403, 'server/link-invalid', 'That link opens nothing here.'),
  expired: problem(403, 'server/link-expired', 'That link has expired.'),
};
const MEDIA = /\.(?:m4s|mp4)$/;

export const createGate = (channels: PrivateChannels, nowMs: () => number): Gate => ({
  isPrivate: (channel) => channels.has(channel),
  key: (channel, track, period) => channels.key(channel, track, period),
  async pass({ channel, file, encrypted }, link, answer) {
    if (!channels.has(channel) || (encrypted && MEDIA.test(file))) return answer();
    const verdict = channels.check(channel, link, nowMs());
    if (verdict !== 'good') return REFUSED[verdict];
    const found = await answer();
    return { ...found, body: linked(found, link ?? '', encrypted), maxAge: undefined, immutable: false };
  },
});

/** Where no channel is private. */
export const OPEN_GATE: Gate = {
  isPrivate: () => false,
  pass: (_about, _link, answer) => answer(),
  key: () => undefined,
};

/** The link is good: its letters need no escape. */
function linked({ type, body }: Answer, link: string, encrypted: boolean): Answer['body'] {
  if (type !== PLAYLIST && type !== VTT) return body;
  const text = Buffer.from(body).toString('utf8');
  return type === VTT
    ? picturesWithLink(text, link)
    : withLink(text, link, encrypted ? 'lists-and-keys' : 'all');
}
