import { BITS, CELL } from './numbered-picture.ts';

/** What a page saw: the number of a frame, and when it was on the screen, Unix milliseconds. */
export type Sighting = readonly [frame: number, shownMs: number];

/** What a page says of its player. */
export interface LiveView {
  readonly sightings: readonly Sighting[];
  /** Times that playback stood still after it had begun. */
  readonly stalls: number;
  /** Lines of the pictures that were played, in their order. */
  readonly lines: readonly number[];
  readonly peerBytes: number;
  readonly fatal: string | null;
}

/** Plays a stream as the server's own page does, and reads the number in every picture that it shows. */
export const LIVE_SCRIPT: string = `
window.watch = (source, lowLatency) => {
  document.body.innerHTML = '<video muted playsinline width="640"></video>';
  const video = document.querySelector('video');
  const view = { sightings: [], stalls: 0, lines: [], fatal: null, begun: false };
  window.view = view;
  const sharing = window.MediaPeerPool?.install(Hls);
  const hls = new Hls({ lowLatencyMode: lowLatency, backBufferLength: 30 });
  window.hls = hls;
  const canvas = new OffscreenCanvas(${CELL * (BITS + 2)}, ${CELL});
  const context = canvas.getContext('2d', { willReadFrequently: true });
  const read = () => {
    const scale = video.videoWidth / 640;
    context.drawImage(video, 0, 0, canvas.width * scale, ${CELL} * scale, 0, 0, canvas.width, ${CELL});
    const { data } = context.getImageData(0, ${CELL / 2}, canvas.width, 1);
    const bit = (i) => (data[4 * (i * ${CELL} + ${CELL / 2})] > 125 ? 1 : 0);
    let [number, parity] = [0, 0];
    for (let i = 0; i < ${BITS}; i += 1) { number += bit(i + 1) * 2 ** i; parity ^= bit(i + 1); }
    return bit(0) === 1 && bit(${BITS + 1}) === parity ? number : undefined;
  };
  const onFrame = (now, { expectedDisplayTime }) => {
    view.begun = true;
    const number = read();
    if (number !== undefined) view.sightings.push([number, performance.timeOrigin + Math.max(performance.now(), expectedDisplayTime)]);
    if (view.lines.at(-1) !== video.videoHeight) view.lines.push(video.videoHeight);
    video.requestVideoFrameCallback(onFrame);
  };
  video.requestVideoFrameCallback(onFrame);
  video.addEventListener('waiting', () => { if (view.begun) view.stalls += 1; });
  hls.on(Hls.Events.ERROR, (_, { fatal, type, details }) => {
    if (!fatal) return;
    if (type === Hls.ErrorTypes.MEDIA_ERROR) { hls.recoverMediaError(); return; }
    view.fatal = details;
  });
  window.read = () => ({ ...view, peerBytes: sharing?.pools[0]?.stats.peerBytes ?? 0 });
  hls.loadSource(source);
  hls.attachMedia(video);
  void video.play();
};
`;

/** Seconds from a picture's making to the screen: of all sightings the median, and what 95 of 100 do not exceed. */
export function delaysOf(
  sightings: readonly Sighting[],
  madeMs: readonly number[],
): { readonly median: number; readonly p95: number } | undefined {
  const delays = sightings
    .flatMap(([frame, shownMs]) => {
      const made = madeMs[frame];
      return made === undefined ? [] : [(shownMs - made) / 1_000];
    })
    .sort((a, b) => a - b);
  const at = (share: number): number | undefined =>
    delays[Math.min(delays.length - 1, Math.floor(delays.length * share))];
  const [median, p95] = [at(0.5), at(0.95)];
  return median === undefined || p95 === undefined ? undefined : { median, p95 };
}
