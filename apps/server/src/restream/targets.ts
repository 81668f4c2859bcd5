import { MediaError } from '@media-network/runtime';

/** Where else a channel goes. */
export interface PushTarget {
  readonly channel: string;
  /** With its key: never in a log. */
  readonly url: string;
}

/** Protects the machine: each is a process. */
const MOST_TARGETS = 20;

/** `live=rtmp://host/app/key, ...`. Throws `server/bad-push`, which says nothing of the key. */
export function pushTargets(list: string | undefined, channels: readonly string[]): readonly PushTarget[] {
  const targets = (list ?? '')
    .split(',')
    .map((each) => each.trim())
    .filter((each) => each !== '')
    .map((each, i) => {
      const at = each.indexOf('=');
      const [channel, url] = [each.slice(0, at), each.slice(at + 1)];
      const protocol = URL.parse(url)?.protocol;
      if (at < 1 || (protocol !== 'rtmp:' && protocol !== 'rtmps:'))
        throw bad(`The ${i + 1}. target is none: write channel=rtmp://host/application/key.`);
      if (!channels.includes(channel)) throw bad(`There is no channel "${channel}".`);
      return { channel, url };
    });
  if (targets.length > MOST_TARGETS) throw bad(`More than ${MOST_TARGETS} targets.`);
  return targets;
}

/** ffmpeg reads what is encrypted as whole segments, and no samples. Throws `server/bad-push`. */
export function requireReadable(
  targets: readonly PushTarget[],
  encrypted: { has(channel: string): boolean },
): void {
  const closed = targets.find(({ channel }) => encrypted.has(channel));
  if (closed !== undefined)
    throw bad(
      `${closed.channel} is private by sample-aes, and cannot be sent on.`,
      'Encrypt it by --encryption aes-128, or leave it out of --push.',
    );
}

const bad = (message: string, hint = 'Check --push.'): MediaError =>
  new MediaError({ code: 'server/bad-push', message, hint, source: 'client' });
