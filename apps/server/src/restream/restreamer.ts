import { errorCode, errorMessage } from '@media-network/runtime';
import type { Clock, Log } from '@media-network/runtime';
import type { ChannelListener } from '../channel-listener.ts';
import { superviseFfmpeg } from '../ffmpeg/supervised.ts';
import type { Supervised } from '../ffmpeg/supervised.ts';

export interface RestreamerDeps {
  readonly clock: Clock;
  readonly log: Log;
  /** For the streamer, in words. */
  readonly advise: (sentence: string) => void;
  /** The channel's own playlist, once it has one. */
  readonly source: () => string;
}

export interface Restreamer extends ChannelListener {
  close(): Promise<void>;
}

/**
 * Sends a channel on to other servers by RTMP, as it is, while it is on air: a process each, started again when it ends. They
 * read what viewers read, so they are behind by some segments, and a target that is slow or gone takes nothing from anybody.
 */
export function createRestreamer(
  channel: string,
  urls: readonly string[],
  { clock, log, advise, source }: RestreamerDeps,
): Restreamer {
  let running: Promise<Supervised | undefined>[] = [];

  async function start(url: string, index: number): Promise<Supervised | undefined> {
    const from = source();
    const args = ['-live_start_index', '-2', '-i', from, '-c', 'copy', '-f', 'flv', url];
    const name = `${channel} to target ${index + 1}`;
    try {
      return await superviseFfmpeg(args, { clock, log, name, secrets: [...secretsOf(url), ...linkOf(from)] });
    } catch (error) {
      log.warn({ name, code: errorCode(error), reason: errorMessage(error) }, 'a channel is not sent on');
      advise(`The stream is not sent on: ${errorMessage(error)}`);
      return undefined;
    }
  }

  async function stop(): Promise<void> {
    const ending = running;
    running = [];
    await Promise.all(ending.map(async (each) => (await each)?.close()));
  }

  return {
    begins: () => undefined,
    cut(_, { multivariant }) {
      if (running.length === 0 && multivariant !== undefined)
        running = urls.map((url, index) => start(url, index));
    },
    ends() {
      void stop();
    },
    close: stop,
  };
}

/** The whole, and the key alone: programs say URLs in pieces. */
const secretsOf = (url: string): readonly string[] =>
  [url, url.slice(url.lastIndexOf('/') + 1)].filter((each) => each.length > 3);

/** A private channel is read with a link of its own. */
const linkOf = (source: string): readonly string[] => {
  const link = new URL(source).searchParams.get('link');
  return link === null ? [] : [link];
};
