'use strict';

const SECONDS = 60;
const at = (id) => document.getElementById(id);
// A canvas knows no light-dark(): what a style comes to is asked of an element.
const probe = document.body.appendChild(document.createElement('span'));
const colour = (name) => {
  probe.style.color = `var(${name})`;
  return getComputedStyle(probe).color;
};
const bytes = (count) => (count < 1e6 ? `${Math.round(count / 1e3)} KB` : `${(count / 1e6).toFixed(1)} MB`);
const OFF = {
  unsupported: 'this browser cannot share',
  'no-consent': 'you did not agree',
  'save-data': 'you save data',
  metered: 'your line is metered',
  stopped: 'you stopped it',
};

const history = [];
let last = { edgeBytes: 0, peerBytes: 0, uploadBytes: 0 };

function stats() {
  return window.sharing.pools[0]?.stats;
}

function context(canvas) {
  const scale = window.devicePixelRatio;
  const { clientWidth: width, clientHeight: height } = canvas;
  if (canvas.width !== Math.round(width * scale)) {
    canvas.width = Math.round(width * scale);
    canvas.height = Math.round(height * scale);
  }
  const draw = canvas.getContext('2d');
  draw.setTransform(scale, 0, 0, scale, 0, 0);
  draw.clearRect(0, 0, width, height);
  return { draw, width, height };
}

function drawChart() {
  const { draw, width, height } = context(at('chart'));
  const most = Math.max(50_000, ...history.map((each) => Math.max(each.edge + each.peers, each.upload)));
  const step = width / SECONDS;
  const y = (value) => height - 1 - (value / most) * (height - 18);
  history.forEach((each, i) => {
    const x = width - (history.length - i) * step;
    draw.fillStyle = colour('--edge');
    draw.fillRect(x, y(each.edge), step - 1, y(0) - y(each.edge));
    draw.fillStyle = colour('--peers');
    draw.fillRect(x, y(each.edge + each.peers), step - 1, y(each.edge) - y(each.edge + each.peers));
  });
  draw.strokeStyle = colour('--upload');
  draw.lineWidth = 2;
  draw.beginPath();
  history.forEach((each, i) => draw.lineTo(width - (history.length - i - 0.5) * step, y(each.upload)));
  draw.stroke();
  draw.fillStyle = colour('--soft');
  draw.font = '12px system-ui, sans-serif';
  draw.fillText(`${Math.round(most / 1_000)} KB/s`, 4, 13);
}

function drawGraph(now) {
  const { draw, width, height } = context(at('graph'));
  const [x, y] = [width / 2, height / 2];
  const reach = Math.min(width, height * 2) / 2 - 30;
  now.peers.forEach((peer, i) => {
    const angle = (2 * Math.PI * i) / now.peers.length - Math.PI / 2;
    const px = x + reach * Math.cos(angle);
    const py = y + (height / 2 - 22) * Math.sin(angle);
    draw.strokeStyle = peer.downBytes >= peer.upBytes ? colour('--peers') : colour('--upload');
    draw.lineWidth = 1 + Math.min(5, Math.log10(1 + (peer.downBytes + peer.upBytes) / 50_000) * 3);
    draw.beginPath();
    draw.moveTo(x, y);
    draw.lineTo(px, py);
    draw.stroke();
    node(draw, px, py, 12, colour('--peers'), peer.id.slice(0, 3));
  });
  node(draw, x, y, 18, colour('--accent'), 'you');
  const [down, up] = [bytes(now.peerBytes), bytes(now.uploadBytes)];
  at('graph-text').textContent =
    now.peers.length === 0
      ? 'No peers yet: open this page in another tab.'
      : `${now.peers.length} of ${Math.max(now.peers.length, now.swarmSize - 1)} other viewers: ${down} from them, ${up} to them.`;
}

function node(draw, x, y, radius, fill, text) {
  draw.fillStyle = fill;
  draw.beginPath();
  draw.arc(x, y, radius, 0, 2 * Math.PI);
  draw.fill();
  draw.fillStyle = colour('--on-accent');
  draw.font = '600 11px system-ui, sans-serif';
  draw.textAlign = 'center';
  draw.fillText(text, x, y + 4);
  draw.textAlign = 'start';
}

function show() {
  const now = stats();
  if (now === undefined) return;
  history.push({
    edge: Math.max(0, now.edgeBytes - last.edgeBytes),
    peers: Math.max(0, now.peerBytes - last.peerBytes),
    upload: Math.max(0, now.uploadBytes - last.uploadBytes),
  });
  if (history.length > SECONDS) history.shift();
  last = now;
  at('edge').textContent = bytes(now.edgeBytes);
  at('peers').textContent = bytes(now.peerBytes);
  at('upload').textContent = bytes(now.uploadBytes);
  const rate = (window.hls.levels[window.hls.currentLevel]?.averageBitrate ?? 0) / 1e6;
  const figures = window.MediaPeerPool.efficiency(now.edgeBytes, now.peerBytes, rate);
  at('off-load').textContent = `${Math.round(100 * figures.peerEfficiency)} %`;
  at('p2p-rate').textContent = `${figures.p2pBitrate.toFixed(2)} Mb/s`;
  at('network-rate').textContent = `${figures.networkBitrate.toFixed(2)} Mb/s`;
  at('scale').textContent = Number.isFinite(figures.scalability) ? `${figures.scalability.toFixed(1)}X` : '∞';
  const cut = now.cut === 0 ? '' : ` ${now.cut} peers were cut for wrong bytes.`;
  const words = {
    off: () => `Not sharing: ${OFF[now.state.why]}.`,
    waiting: () => 'Playing; no other viewer yet.',
    sharing: () => `Sharing with ${now.peers.length} of ${now.swarmSize} viewers.`,
  };
  if (!document.getElementById('player').paused) at('state').textContent = words[now.state.kind]() + cut;
  drawChart();
  drawGraph(now);
}

at('sharing').addEventListener('click', () => {
  window.sharing.pools[0]?.stop();
  at('sharing').disabled = true;
  show();
});
setInterval(show, 1_000);
