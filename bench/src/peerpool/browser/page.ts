/** A page with one player, whichever library is with it; what it did is in `window.view`. */
export const PAGE = `<!doctype html>
<html><head><meta charset="utf-8"><title>A viewer</title>
<script type="importmap">{"imports":{"p2p-media-loader-core":"/bench/rival-core.js","p2p-media-loader-hlsjs":"/bench/rival-hlsjs.js"}}</script>
<script src="/bench/hls.js"></script>
<script src="/bench/peerpool.js"></script>
<script src="/bench/view.js"></script>
</head><body><video muted playsinline width="256"></video></body></html>
`;

export const VIEW_SCRIPT = `'use strict';
window.view = { startMs: null, stalls: 0, stalledMs: 0, fatal: 0, fragBytes: 0, frags: 0, latencies: [] };
window.begin = async ({ side, content, setup }) => {
  const { view } = window;
  const video = document.querySelector('video');
  const config = { startLevel: 0, ...setup.player };
  let hls;
  if (side === 'rival') {
    const { HlsJsP2PEngine } = await import('p2p-media-loader-hlsjs');
    const WithPeers = HlsJsP2PEngine.injectMixin(Hls);
    const core = { announceTrackers: [setup.tracker], rtcConfig: { iceServers: [] }, swarmId: content, ...setup.core };
    hls = new WithPeers({ ...config, p2p: { core } });
  } else {
    if (side === 'peerpool') window.sharing = MediaPeerPool.install(Hls, await sharingOptions(content, setup));
    hls = new Hls(config);
  }
  window.hls = hls;
  hls.on(Hls.Events.FRAG_LOADED, (_event, { frag }) => {
    if (frag.sn === 'initSegment') return;
    view.frags += 1;
    view.fragBytes += frag.stats.loaded;
  });
  hls.on(Hls.Events.ERROR, (_event, { fatal, details }) => {
    if (!fatal) return;
    view.fatal += 1;
    view.error = details;
  });
  const begun = performance.now();
  let since;
  video.addEventListener('playing', () => {
    if (view.startMs === null) view.startMs = performance.now() - begun;
    if (since !== undefined) view.stalledMs += performance.now() - since;
    since = undefined;
  });
  video.addEventListener('waiting', () => {
    if (view.startMs === null || video.ended) return;
    view.stalls += 1;
    since = performance.now();
  });
  setInterval(() => {
    if (view.startMs !== null && Number.isFinite(hls.latency) && hls.latency > 0) view.latencies.push(hls.latency);
  }, 1_000);
  hls.loadSource(content);
  hls.attachMedia(video);
  await video.play();
};
async function sharingOptions(content, { trackers }) {
  if (trackers === undefined) return {};
  const hash = new Uint8Array(await crypto.subtle.digest('SHA-256', new TextEncoder().encode(content)));
  const swarm = [...hash].map((byte) => byte.toString(16).padStart(2, '0')).join('');
  return {
    iceServers: [],
    access: async () => ({ trackers, swarm }),
    digests: async (url) => {
      const answer = await fetch('/digests?target=' + encodeURIComponent(new URL(url).pathname));
      return (await answer.json()).digests[0] ?? undefined;
    },
  };
}
`;

/** What a page says of itself. */
export interface View {
  readonly startMs: number | null;
  readonly stalls: number;
  readonly stalledMs: number;
  readonly fatal: number;
  readonly error?: string;
  readonly fragBytes: number;
  readonly frags: number;
  readonly latencies: readonly number[];
  /** Seconds that were shown. */
  readonly played: number;
  /** Of PeerPool: peers that were cut, and bytes that came before. */
  readonly cut: number;
  readonly peers: number;
}

export const READ_VIEW = `(() => {
  const { played } = document.querySelector('video');
  let seconds = 0;
  for (let i = 0; i < played.length; i += 1) seconds += played.end(i) - played.start(i);
  const stats = window.sharing?.pools[0]?.stats;
  return { ...window.view, played: seconds, cut: stats?.cut ?? 0, peers: stats?.peers.length ?? 0, stats };
})()`;

/** What a viewer does to others, by patching what it sends (kinds of the wire's version 1). */
export const HOSTILE: Readonly<Record<string, string>> = {
  /** Every piece has a bit that is wrong. */
  corrupts: `(data, send) => {
    if (data[0] === 0x14) { data = data.slice(); data[data.length - 1] ^= 1; window.wrong += 1; }
    send(data);
  }`,
  /** Pieces come one a second. */
  drips: `(data, send) => {
    if (data[0] !== 0x14) return send(data);
    window.next = Math.max(window.next, performance.now()) + 1_000;
    setTimeout(() => { try { send(data); } catch {} }, window.next - performance.now());
  }`,
  /** It says what it has and answers nothing. */
  'is silent': `(data, send) => { if (data[0] !== 0x14 && data[0] !== 0x15) send(data); }`,
  /** It says that it has what it is only getting. */
  lies: `(data, send) => {
    if (data[0] === 0x12) { data = data.slice(); data[0] = 0x10; }
    send(data);
  }`,
};

export function hostileScript(what: string): string {
  return `(() => {
    const { send } = RTCDataChannel.prototype;
    window.wrong = 0; window.next = 0;
    const act = ${HOSTILE[what] ?? '(data, send) => send(data)'};
    RTCDataChannel.prototype.send = function (data) { return act(data, (out) => send.call(this, out)); };
  })()`;
}
