import { superviseFfmpeg } from './supervised.ts';
import type { Supervised } from './supervised.ts';

/** Frames a second, and a key frame every second. */
const RATE = 25;

/**
 * A test picture with a clock, the number of each frame and a tone, sent to an RTMP URL as an encoder would, until it is closed.
 * Throws `server/no-ffmpeg`.
 */
export function sendTestPicture(
  rtmpUrl: string,
  deps: Parameters<typeof superviseFfmpeg>[1],
): Promise<Supervised> {
  const coding = `-g ${RATE} -keyint_min ${RATE} -b:v 800k -maxrate 1000k -bufsize 1000k -c:a aac -b:a 64k`;
  return superviseFfmpeg(
    [
      ...`-re -f lavfi -i testsrc2=size=640x360:rate=${RATE}`.split(' '),
      ...'-re -f lavfi -i sine=frequency=220:sample_rate=48000'.split(' '),
      ...'-c:v libx264 -preset ultrafast -tune zerolatency -pix_fmt yuv420p'.split(' '),
      ...coding.split(' '),
      '-f',
      'flv',
      rtmpUrl,
    ],
    deps,
  );
}
