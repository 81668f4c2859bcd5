/* global Hls */
import { createTimeline } from './timeline.js';

/** Of the channel, as the path ends. */
const channel = location.pathname.split('/').at(-1) ?? '';
/** One that was kept, where the address names it. */
const recording = new URLSearchParams(location.search).get('recording');
/** What lets its viewer in where the channel is private. */
const link = new URLSearchParams(location.search).get('link');
/** A file of the channel or the recording, asked for with the link. */
function fileUrl(name) {
  const folder = recording === null ? `../live/${channel}` : `../recordings/${channel}/${recording}`;
  const url = new URL(`${folder}/${name}`, location.href);
  if (link !== null) url.searchParams.set('link', link);
  return url.href;
}
const source = fileUrl('index.m3u8');
const find = (id) => document.querySelector(`#${id}`);
const [video, note, badge, behind, low, shares, share, now, facts, statistics, qualities, quality] = [
  'video',
  'note',
  'badge',
  'behind',
  'low',
  'shares',
  'share',
  'now',
  'facts',
  'statistics',
  'qualities',
  'quality',
].map((id) => find(id));
const RETRY_MS = 2_000;
let player;
const timeline = createTimeline({
  root: find('timeline'),
  video,
  listUrl: fileUrl('thumbnails.vtt'),
  // Of a live stream, by what its list says of each segment.
  dateAt(time) {
    const date = recording === null ? player?.playingDate : undefined;
    return date ? date.getTime() + (time - video.currentTime) * 1_000 : undefined;
  },
});

find('title').textContent = channel;
document.title = `${channel}, live`;

let retry;
/** What this viewer has had from others, and given to them; undefined while nothing is shared. */
let shared;
let sharing;
/** Address of the key that signs segments. */
let publisher;

/** Viewers carry whole segments to each other where the network's edges offer it; the server alone does not. */
async function offerSharing() {
  // Nobody is told who watches what is private.
  if (link !== null) return;
  const script = document.createElement('script');
  script.src = '/.well-known/media-network/peerpool.js';
  const loaded = new Promise((resolve) => {
    script.addEventListener('load', () => resolve(true));
    script.addEventListener('error', () => resolve(false));
  });
  document.head.append(script);
  // Whoever carries a segment, it is checked against what the publisher signed of it.
  const told = await fetch('../api/channels').then(
    (answer) => answer.json(),
    () => undefined,
  );
  publisher = told?.publisher;
  shares.hidden = !(await loaded) || globalThis.MediaPeerPool === undefined;
}

/** As the switch says, for players from now on. */
function setSharing() {
  sharing?.uninstall();
  [sharing, shared] = [undefined, undefined];
  if (shares.hidden || !share.checked) return;
  sharing = globalThis.MediaPeerPool.install(Hls, {
    ...(publisher === undefined || recording !== null ? {} : { publisher }),
    onChange: (stats) => {
      shared = stats;
    },
  });
}

function say(text) {
  note.textContent = text;
  note.hidden = text === '';
}

/** Plays from the live end; a stream that is not there yet is asked for again. */
function start() {
  clearTimeout(retry);
  player?.destroy();
  setSharing();
  if (!Hls.isSupported()) {
    video.src = source;
    say('');
    return;
  }
  player = new Hls({ lowLatencyMode: low.checked, backBufferLength: 30 });
  player.on(Hls.Events.FRAG_BUFFERED, () => say(''));
  player.on(Hls.Events.ERROR, (_, { fatal, type }) => {
    if (!fatal) return;
    if (type === Hls.ErrorTypes.MEDIA_ERROR) {
      player.recoverMediaError();
      return;
    }
    void fail();
  });
  player.on(Hls.Events.MANIFEST_PARSED, offerQualities);
  player.loadSource(source);
  player.attachMedia(video);
}

/** Waits for a stream; says why where there is none for this viewer. */
async function fail() {
  const answer = await fetch(source).catch(() => undefined);
  if (answer?.status === 403) {
    const { error } = await answer.json();
    player.destroy();
    video.removeAttribute('src');
    say(error.message);
    return;
  }
  say('Nobody is on air. Waiting …');
  retry = setTimeout(start, RETRY_MS);
}

/** What there is to choose from, where there is a choice. */
function offerQualities() {
  const levels = player.levels
    .map(({ width, height }, index) => ({ index, lines: Math.min(width, height) }))
    .toSorted((a, b) => b.lines - a.lines);
  quality.replaceChildren(
    new Option('Automatic', '-1'),
    ...levels.map(({ index, lines }) => new Option(`${lines}p`, String(index))),
  );
  qualities.hidden = levels.length < 2;
}

function seconds(value) {
  return Number.isFinite(value) ? `${value.toFixed(1)} s` : 'not known';
}

function showState() {
  timeline.show();
  const latency = player?.latency;
  const playing = note.hidden && !video.ended;
  const live = playing && recording === null;
  badge.textContent = live ? 'Live' : playing ? 'Recording' : 'Off air';
  badge.classList.toggle('live', live);
  behind.textContent = live && latency > 0 ? `${seconds(latency)} behind` : '';
  if (statistics.hidden) return;
  const quality = video.getVideoPlaybackQuality();
  const buffered =
    video.buffered.length > 0 ? video.buffered.end(video.buffered.length - 1) - video.currentTime : 0;
  const rows = {
    Picture: video.videoWidth > 0 ? `${video.videoWidth} × ${video.videoHeight}` : 'none yet',
    'Behind live': seconds(latency),
    Buffered: seconds(buffered),
    'Frames dropped': `${quality.droppedVideoFrames} of ${quality.totalVideoFrames}`,
    Bandwidth:
      player?.bandwidthEstimate > 0 ? `${(player.bandwidthEstimate / 1e6).toFixed(1)} Mbit/s` : 'not known',
    ...(shared === undefined
      ? {}
      : {
          'From viewers': `${(shared.peerBytes / 1e6).toFixed(1)} MB`,
          'From the edge': `${(shared.edgeBytes / 1e6).toFixed(1)} MB`,
          'Given to viewers': `${(shared.uploadBytes / 1e6).toFixed(1)} MB`,
          Viewers: String(shared.swarmSize),
        }),
    Codecs: player?.levels?.[Math.max(0, player.currentLevel)]?.attrs?.CODECS ?? 'not known',
  };
  statistics.replaceChildren(
    ...Object.entries(rows).map(([term, value]) => {
      const row = document.createElement('div');
      const [dt, dd] = [document.createElement('dt'), document.createElement('dd')];
      dt.textContent = term;
      dd.textContent = value;
      row.append(dt, dd);
      return row;
    }),
  );
}

quality.addEventListener('change', () => {
  player.nextLevel = Number(quality.value);
});
low.addEventListener('change', start);
share.addEventListener('change', start);
now.addEventListener('click', () => {
  if (player?.liveSyncPosition) video.currentTime = player.liveSyncPosition;
  void video.play();
});
facts.addEventListener('click', () => {
  statistics.hidden = !statistics.hidden;
  facts.setAttribute('aria-expanded', String(!statistics.hidden));
  showState();
});
document.addEventListener('keydown', (event) => {
  if (event.target !== document.body || event.ctrlKey || event.metaKey || event.altKey) return;
  if (event.key === 'l') now.click();
  else if (event.key === 'm') video.muted = !video.muted;
  else if (event.key === 'f') void video.requestFullscreen();
  else if (event.key === 'k' || event.key === ' ') {
    event.preventDefault();
    if (video.paused) void video.play();
    else video.pause();
  }
});

await offerSharing();
start();
setInterval(showState, 1_000);
