import { ask as askFirst, button, card, check, field, fill, h, notice, select } from '@media-network/ui';
import { ask, wordsOf } from './api.ts';
import type { Channel, Me } from './api.ts';
import { categoryWords } from './directory.ts';
import { showPage } from './frame.ts';
import { moderationPanel } from './moderation.ts';
import { openSignIn } from './sign-in.ts';
import { text } from './site.ts';

interface Key {
  readonly key: string;
  readonly rtmpUrl: string;
  readonly rtmpsUrl: string | null;
}

const CATEGORIES = ['talk', 'music', 'games', 'art', 'science', 'sport', 'news', 'outdoors', 'other'];

const categories = (chosen: string): HTMLSelectElement =>
  select(
    CATEGORIES.map((each) => [each, categoryWords(each)] as const),
    chosen,
  );

/** A text to be copied. */
function copyable(label: string, value: string): HTMLElement {
  const control = h('input', { readonly: true, value, class: 'figures' });
  const { element } = field(label, control);
  const copy = button(text('copy'), {
    small: true,
    label: `${text('copy')}: ${label}`,
    async press() {
      control.select();
      await navigator.clipboard.writeText(value);
      fill(copy, text('copied'));
    },
  });
  return h('div', { class: 'stack close' }, element, copy);
}

/** Runs what a person asked for, and says how it went. */
const acting =
  (said: HTMLElement) =>
  async (work: () => Promise<string | undefined>): Promise<void> => {
    try {
      const words = await work();
      fill(said, words === undefined ? null : notice(words, 'good'));
    } catch (error) {
      fill(said, notice(text('failed', { why: wordsOf(error) }), 'bad'));
    }
  };

function keyPanel(channel: Channel): HTMLElement {
  const shown = h('div', { class: 'stack' });
  const said = h('div', {});
  const act = acting(said);
  const path = `/channels/${channel.name}/key`;
  const buttons = h('div', { class: 'row' });

  async function make(hasKey: boolean): Promise<void> {
    const isSure =
      !hasKey || (await askFirst(text('keyRotateQuestion'), { yes: text('yes'), no: text('no') }));
    if (!isSure) return;
    await act(async () => {
      const { key, rtmpUrl, rtmpsUrl } = await ask<Key>('POST', path);
      fill(
        shown,
        notice(text('keyAbout')),
        copyable(text('server'), rtmpsUrl ?? rtmpUrl),
        copyable(text('streamKey'), key),
        copyable(text('ffmpegLine'), `ffmpeg -re -i film.mp4 -c copy -f flv ${rtmpUrl}/${key}`),
      );
      showButtons(true);
      return undefined;
    });
  }

  async function revoke(): Promise<void> {
    const isSure = await askFirst(text('keyRevokeQuestion'), {
      yes: text('yes'),
      no: text('no'),
      danger: true,
    });
    if (!isSure) return;
    await act(async () => {
      await ask('DELETE', path);
      fill(shown);
      showButtons(false);
      return text('keyRevoked');
    });
  }

  function showButtons(hasKey: boolean): void {
    fill(
      buttons,
      button(text(hasKey ? 'keyRotate' : 'keyGet'), {
        kind: hasKey ? 'plain' : 'primary',
        press: () => make(hasKey),
      }),
      hasKey ? button(text('keyRevoke'), { kind: 'danger', press: revoke }) : null,
    );
  }
  showButtons(channel.hasKey);
  return h('div', { class: 'stack' }, h('h3', {}, text('streamKey')), buttons, said, shown);
}

function settingsPanel(channel: Channel): HTMLElement {
  const title = field(text('title'), h('input', { value: channel.title, maxlength: 100 }));
  const category = field(text('category'), categories(channel.category));
  const slow = field(
    text('slowSeconds'),
    h('input', { type: 'number', min: 0, max: 600, value: channel.slowSeconds }),
  );
  const wishes = { followersOnly: channel.followersOnly };
  const said = h('div', {});
  const act = acting(said);
  return h(
    'div',
    { class: 'stack' },
    h('h3', {}, text('settings')),
    title.element,
    category.element,
    slow.element,
    check(text('onlyFollowers'), channel.followersOnly, (checked) => {
      wishes.followersOnly = checked;
    }),
    h(
      'div',
      { class: 'row' },
      button(text('save'), {
        press: () =>
          act(async () => {
            await ask('PUT', `/channels/${channel.name}`, {
              title: title.control.value,
              category: category.control.value,
              slowSeconds: Number(slow.control.value),
              ...wishes,
            });
            return text('saved');
          }),
      }),
    ),
    said,
  );
}

const channelPanel = (channel: Channel): HTMLElement =>
  card(
    h(
      'div',
      { class: 'row' },
      h('h2', { class: 'grow' }, channel.title),
      h('a', { href: `/watch/${channel.name}` }, `${text('watchPage')}: ${channel.name}`),
    ),
    keyPanel(channel),
    settingsPanel(channel),
    moderationPanel(channel.name),
  );

function newChannel(): HTMLElement {
  const name = field(
    text('channelName'),
    h('input', { maxlength: 32, autocapitalize: 'none', spellcheck: 'false', autocomplete: 'off' }),
    text('channelNameHint'),
  );
  const title = field(text('title'), h('input', { maxlength: 100, autocomplete: 'off' }));
  const category = field(text('category'), categories('talk'));
  const form = h(
    'form',
    { class: 'stack' },
    name.element,
    title.element,
    category.element,
    h('div', { class: 'row' }, button(text('create'), { type: 'submit', kind: 'primary' })),
  );
  form.addEventListener('submit', (event) => {
    event.preventDefault();
    name.wrong('');
    void ask('POST', '/channels', {
      name: name.control.value,
      title: title.control.value,
      category: category.control.value,
    }).then(
      () => location.reload(),
      (error: unknown) => name.wrong(wordsOf(error)),
    );
  });
  return card(h('h2', {}, text('newChannel')), form);
}

function namePanel(current: string): HTMLElement {
  const name = field(text('yourName'), h('input', { value: current, maxlength: 32 }));
  const said = h('div', {});
  const act = acting(said);
  return card(
    name.element,
    h(
      'div',
      { class: 'row' },
      button(text('save'), {
        press: () =>
          act(async () => {
            await ask('PUT', '/me', { name: name.control.value });
            return text('saved');
          }),
      }),
    ),
    said,
  );
}

/** Where streamers make channels, get keys and look after their chats. */
export function showStudio({ account, channels }: Me): void {
  if (account === null) {
    showPage(
      text('studio'),
      h(
        'div',
        { class: 'stack' },
        h('h1', {}, text('studio')),
        h('p', {}, text('signInAbout')),
        h('div', {}, button(text('signIn'), { kind: 'primary', press: openSignIn })),
      ),
    );
    return;
  }
  showPage(
    text('studio'),
    h(
      'div',
      { class: 'stack' },
      h('h1', {}, text('studio')),
      channels.map((channel) => channelPanel(channel)),
      newChannel(),
      namePanel(account.name),
    ),
  );
}
