'use strict';

// All that a page needs: what comes after `install` is hls.js as ever.
const player = document.getElementById('player');
const say = (text) => {
  document.getElementById('state').textContent = text;
};
window.sharing = window.MediaPeerPool.install(window.Hls, {
  onChange: (stats) => window.dispatchEvent(new CustomEvent('peerpool', { detail: stats })),
});
const hls = (window.hls = new window.Hls({ abrEwmaDefaultEstimate: 2_000_000 }));
hls.on(window.Hls.Events.MANIFEST_PARSED, () => {
  player.play().then(
    () => say('Playing.'),
    () => say('Press play to begin.'),
  );
});
hls.on(window.Hls.Events.ERROR, (_event, data) => {
  if (!data.fatal) return;
  say('The network did not answer; trying again.');
  if (data.type === window.Hls.ErrorTypes.MEDIA_ERROR) hls.recoverMediaError();
  else setTimeout(() => hls.loadSource('/live/master.m3u8'), 1_000);
});
hls.loadSource('/live/master.m3u8');
hls.attachMedia(player);
