/** The time bar: what can be gone back to, with a small picture of the place that is pointed at. */

const SHOWN_FROM_SECONDS = 30;
const LIST_MS = 10_000;

const seconds = (clock) => clock.split(':').reduce((sum, part) => sum * 60 + Number(part), 0);
const two = (value) => String(value).padStart(2, '0');

/** Cues of a list (WebVTT) with pictures on sheets; `base` is its address. */
function readThumbnails(text, base) {
  const zero = Date.parse(/^WEBVTT from (\S+)/.exec(text)?.[1] ?? '');
  const cues = [...text.matchAll(/^(\S+) --> (\S+)\n([^\s#]+)#xywh=(\d+),(\d+),(\d+),(\d+)$/gm)].map(
    ([, from, to, file, x, y, width, height]) => ({
      from: seconds(from),
      to: seconds(to),
      url: new URL(file, base).href,
      x: Number(x),
      y: Number(y),
      width: Number(width),
      height: Number(height),
    }),
  );
  return { zero, cues };
}

function clockText(seconds) {
  const whole = Math.max(0, Math.round(seconds));
  const [h, m, s] = [Math.floor(whole / 3_600), Math.floor(whole / 60) % 60, whole % 60];
  return h > 0 ? `${h}:${two(m)}:${two(s)}` : `${m}:${two(s)}`;
}

/**
 * `listUrl` is where the list of pictures is; `dateAt` says for a time of a live stream when that was, in Unix milliseconds, and
 * undefined for a recording, whose times are those of the list.
 */
export function createTimeline({ root, video, listUrl, dateAt }) {
  const [bar, popup, picture, label] = ['input', '.popup', '.thumb', '.time'].map((of) =>
    root.querySelector(of),
  );
  let thumbnails = { zero: Number.NaN, cues: [] };
  let asked = Number.NEGATIVE_INFINITY;
  let isHeld = false;

  /** Where playing can go: seconds of the player. */
  function range() {
    const { seekable, duration } = video;
    if (seekable.length > 0) return { from: seekable.start(0), to: seekable.end(seekable.length - 1) };
    return Number.isFinite(duration) ? { from: 0, to: duration } : { from: 0, to: 0 };
  }
  const isLive = () => !Number.isFinite(video.duration) || dateAt(video.currentTime) !== undefined;

  async function load() {
    if (Date.now() - asked < LIST_MS) return;
    asked = Date.now();
    const answer = await fetch(listUrl).catch(() => undefined);
    if (answer?.ok) thumbnails = readThumbnails(await answer.text(), listUrl);
  }

  function cueAt(time) {
    const date = dateAt(time);
    const at = date === undefined ? time : (date - thumbnails.zero) / 1_000;
    return thumbnails.cues.findLast(({ from }) => from <= at + 0.5);
  }

  /** Shows what is at a share of the bar. */
  function point(share) {
    const { from, to } = range();
    const time = from + (to - from) * share;
    const cue = cueAt(time);
    picture.hidden = cue === undefined;
    if (cue !== undefined) {
      picture.style.backgroundImage = `url("${cue.url}")`;
      picture.style.backgroundPosition = `-${cue.x}px -${cue.y}px`;
      picture.style.width = `${cue.width}px`;
      picture.style.height = `${cue.height}px`;
    }
    label.textContent = isLive() ? `−${clockText(to - time)}` : clockText(time - from);
    popup.hidden = false;
    const width = bar.clientWidth;
    const half = popup.clientWidth / 2;
    popup.style.left = `${Math.min(Math.max(share * width, half), Math.max(half, width - half))}px`;
    void load();
  }
  const shareOf = () => Number(bar.value) / Number(bar.max);

  bar.addEventListener('pointermove', (event) => {
    const { left, width } = bar.getBoundingClientRect();
    point(Math.min(1, Math.max(0, (event.clientX - left) / width)));
  });
  bar.addEventListener('pointerleave', () => {
    if (!isHeld) popup.hidden = true;
  });
  bar.addEventListener('blur', () => {
    popup.hidden = true;
  });
  bar.addEventListener('input', () => {
    isHeld = true;
    point(shareOf());
  });
  bar.addEventListener('change', () => {
    const { from, to } = range();
    video.currentTime = from + (to - from) * shareOf();
    isHeld = false;
    popup.hidden = true;
  });

  return {
    /** As the player is now. */
    show() {
      const { from, to } = range();
      root.hidden = to - from < SHOWN_FROM_SECONDS && isLive();
      if (root.hidden || to <= from) return;
      void load();
      if (!isHeld)
        bar.value = String(Math.round(((video.currentTime - from) / (to - from)) * Number(bar.max)));
      const place = isLive() ? to - video.currentTime : video.currentTime - from;
      bar.setAttribute(
        'aria-valuetext',
        isLive() ? `${clockText(place)} behind the newest` : clockText(place),
      );
    },
  };
}
