const list = document.querySelector('#channels');
const note = document.querySelector('#note');
const kept = document.querySelector('#recordings');
const WORDS = { live: 'Live', waiting: 'Waiting for the encoder', ended: 'Ended', off: 'Off air' };

async function showChannels() {
  try {
    const answer = await fetch('api/channels');
    const { channels } = await answer.json();
    list.replaceChildren(...channels.map((channel) => card(channel)));
    const { recordings } = await (await fetch('api/recordings')).json();
    kept.replaceChildren(...recordings.toReversed().map((recording) => recordedCard(recording)));
    kept.parentElement.hidden = recordings.length === 0;
    note.textContent = channels.some(({ state }) => state === 'live')
      ? ''
      : 'Nobody is on air at the moment.';
  } catch {
    note.textContent = 'The server cannot be reached. Trying again …';
  }
}

function card({ name, state, video, bitsPerSecond }) {
  const link = document.createElement('a');
  link.href = `watch/${name}`;
  link.className = 'card';
  const badge = document.createElement('span');
  badge.className = state === 'live' ? 'badge live' : 'badge';
  badge.textContent = WORDS[state] ?? state;
  const picture = document.createElement('div');
  picture.className = 'picture';
  if (state === 'live') picture.append(still(name));
  const title = document.createElement('strong');
  title.textContent = name;
  const about = document.createElement('div');
  about.className = 'soft';
  about.textContent =
    video && state === 'live'
      ? `${video.width} × ${video.height}, ${(bitsPerSecond / 1e6).toFixed(1)} Mbit/s`
      : ' ';
  link.append(picture, title, ' ', badge, about);
  const item = document.createElement('li');
  item.append(link);
  return item;
}

/** What is on air, where the server makes stills of it. Another address every ten seconds, so that it is asked for anew. */
function still(name) {
  const image = document.createElement('img');
  image.alt = '';
  image.src = `live/${name}/preview.jpg?${Math.floor(Date.now() / 10_000)}`;
  image.addEventListener('error', () => image.remove());
  return image;
}

function recordedCard({ channel, id, bytes, finished }) {
  const link = document.createElement('a');
  link.href = `watch/${channel}?recording=${id}`;
  link.className = 'card';
  const [, year, month, day, hour, minute] = /^(\d{4})(\d\d)(\d\d)t(\d\d)(\d\d)/.exec(id) ?? [];
  const title = document.createElement('strong');
  title.textContent = channel;
  const about = document.createElement('div');
  about.className = 'soft';
  about.textContent = `${year}-${month}-${day} ${hour}:${minute} UTC, ${(bytes / 1e6).toFixed(1)} MB${finished ? '' : ', under way'}`;
  link.append(title, about);
  const item = document.createElement('li');
  item.append(link);
  return item;
}

await showChannels();
setInterval(() => void showChannels(), 5_000);
