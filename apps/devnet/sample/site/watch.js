'use strict';

const player = document.getElementById('player');
const state = document.getElementById('state');
const source = '/hls/master.m3u8';
const say = (text) => {
  state.textContent = text;
};

const play = () => {
  player.play().then(
    () => say('Playing.'),
    () => say('Press play to begin.'),
  );
};

if (window.Hls !== undefined && window.Hls.isSupported()) {
  const hls = new window.Hls({ capLevelToPlayerSize: true, abrEwmaDefaultEstimate: 2_000_000 });
  hls.on(window.Hls.Events.MANIFEST_PARSED, play);
  hls.on(window.Hls.Events.LEVEL_SWITCHED, (_event, data) => {
    const level = hls.levels[data.level];
    if (level !== undefined) say(`Playing at ${level.height} lines.`);
  });
  hls.on(window.Hls.Events.ERROR, (_event, data) => {
    if (!data.fatal) return;
    if (data.type === window.Hls.ErrorTypes.NETWORK_ERROR) {
      say('The network did not answer; trying again.');
      hls.startLoad();
    } else if (data.type === window.Hls.ErrorTypes.MEDIA_ERROR) {
      say('The stream hiccupped; trying again.');
      hls.recoverMediaError();
    } else {
      say(`The stream cannot be played: ${data.details}.`);
      hls.destroy();
    }
  });
  hls.loadSource(source);
  hls.attachMedia(player);
} else if (player.canPlayType('application/vnd.apple.mpegurl') !== '') {
  player.src = source;
  player.addEventListener('loadedmetadata', play, { once: true });
} else {
  say('This browser cannot play HLS.');
}
