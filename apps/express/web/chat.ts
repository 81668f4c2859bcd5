import { ask as askFirst, button, fill, h } from '@media-network/ui';
import { ask, wordsOf } from './api.ts';
import { withEmotes } from './emotes.ts';
import { openSignIn } from './sign-in.ts';
import { text } from './site.ts';

interface Message {
  readonly kind: 'message';
  readonly id: number;
  readonly author: string;
  readonly name: string;
  readonly text: string;
  readonly atMs: number;
  readonly moderator: boolean;
}
type Told =
  | Message
  | { readonly kind: 'deleted'; readonly id: number }
  | { readonly kind: 'silenced'; readonly address: string; readonly untilMs?: number }
  | { readonly kind: 'settings'; readonly slowSeconds: number; readonly followersOnly: boolean }
  | { readonly kind: 'accepted'; readonly ref: number; readonly id: number }
  | { readonly kind: 'refused'; readonly ref: number; readonly code: string; readonly message: string };

export interface ChatOptions {
  readonly channel: string;
  /** Address of whoever is signed in. */
  readonly me: string | undefined;
  readonly moderates: boolean;
}

/** Lines that are kept on the page. */
const MOST_LINES = 200;
const TIME_OUT_SECONDS = 600;
const RETRY_MS = 1_500;

export function createChat({ channel, me, moderates }: ChatOptions): HTMLElement {
  const lines = h('div', {
    class: 'lines',
    tabindex: '0',
    role: 'log',
    'aria-label': text('chat'),
  });
  const rules = h('p', { class: 'soft small' });
  const said = h('p', { class: 'soft small', role: 'status' });
  const input = h('input', {
    class: 'input',
    'aria-label': text('message'),
    maxlength: 500,
    autocomplete: 'off',
  });
  const names = new Map<string, string>();
  const shown = new Map<number, HTMLElement>();
  let socket: WebSocket | undefined;
  let ref = 0;

  const path = `/channels/${channel}`;
  const say = (words: string): void => fill(said, words);
  async function act(work: () => Promise<unknown>, done = ''): Promise<void> {
    try {
      await work();
      say(done);
    } catch (error) {
      say(text('failed', { why: wordsOf(error) }));
    }
  }

  function tools({ id, author, name }: Message): HTMLElement {
    const own = h('span', { class: 'tools' });
    if (moderates) {
      own.append(
        button(text('deleteMessage'), {
          kind: 'quiet',
          small: true,
          label: text('deleteThis', { name }),
          press: () => act(() => ask('DELETE', `${path}/messages/${id}`)),
        }),
      );
      if (author !== me)
        own.append(
          button(text('timeOut'), {
            kind: 'quiet',
            small: true,
            label: text('timeOutThis', { name }),
            press: () =>
              act(() => ask('PUT', `${path}/sanctions`, { address: author, seconds: TIME_OUT_SECONDS })),
          }),
          button(text('ban'), {
            kind: 'quiet',
            small: true,
            label: text('banThis', { name }),
            async press() {
              const yes = await askFirst(text('banQuestion', { name }), {
                yes: text('yes'),
                no: text('no'),
                danger: true,
              });
              if (yes) await act(() => ask('PUT', `${path}/sanctions`, { address: author, seconds: null }));
            },
          }),
        );
    } else if (me !== undefined && author !== me)
      own.append(
        button(text('report'), {
          kind: 'quiet',
          small: true,
          label: text('reportThis', { name }),
          async press() {
            const yes = await askFirst(text('reportQuestion'), { yes: text('yes'), no: text('no') });
            if (yes)
              await act(
                () => ask('POST', `${path}/reports`, { messageId: id, reason: 'chat' }),
                text('reported'),
              );
          },
        }),
      );
    return own;
  }

  function line(message: Message): HTMLElement {
    return h(
      'div',
      { class: 'line' },
      h('strong', { title: message.author }, message.name),
      message.moderator ? h('span', { class: 'soft small' }, ` ${text('moderator')}`) : null,
      ' ',
      h('span', { class: 'said', dir: 'auto' }, withEmotes(message.text)),
      tools(message),
    );
  }

  function add(element: HTMLElement): void {
    const atEnd = lines.scrollHeight - lines.scrollTop - lines.clientHeight < 80;
    lines.append(element);
    while (lines.childElementCount > MOST_LINES) lines.firstElementChild?.remove();
    // Whoever reads further up is left there.
    if (atEnd) lines.scrollTop = lines.scrollHeight;
  }

  function hear(told: Told): void {
    switch (told.kind) {
      case 'message': {
        names.set(told.author, told.name);
        if (shown.has(told.id)) return;
        const element = line(told);
        shown.set(told.id, element);
        for (const first of shown.keys()) {
          if (shown.size <= MOST_LINES) break;
          shown.delete(first);
        }
        return add(element);
      }
      case 'deleted': {
        const element = shown.get(told.id);
        if (element !== undefined) fill(element, h('em', { class: 'soft' }, text('gone')));
        return;
      }
      case 'silenced': {
        const name = names.get(told.address) ?? told.address;
        return add(
          h(
            'div',
            { class: 'line soft' },
            text(told.untilMs === undefined ? 'silenced' : 'silencedUntil', { name }),
          ),
        );
      }
      case 'settings':
        return fill(
          rules,
          [
            told.slowSeconds > 0 ? text('slowMode', { seconds: told.slowSeconds }) : '',
            told.followersOnly ? text('followersOnly') : '',
          ].join(' '),
        );
      case 'accepted':
        return say('');
      case 'refused':
        return say(told.message);
    }
  }

  function connect(): void {
    const url = new URL(`/api/channels/${channel}/chat`, location.href);
    url.protocol = url.protocol === 'https:' ? 'wss:' : 'ws:';
    socket = new WebSocket(url);
    socket.addEventListener('message', (event) => {
      for (const told of JSON.parse(String(event.data)) as readonly Told[]) hear(told);
    });
    socket.addEventListener('open', () => say(''));
    socket.addEventListener('close', () => {
      say(text('chatAway'));
      setTimeout(connect, RETRY_MS);
    });
  }
  connect();

  const form = h(
    'form',
    { class: 'row' },
    h('div', { class: 'grow' }, input),
    button(text('send'), { type: 'submit', kind: 'primary' }),
  );
  form.addEventListener('submit', (event) => {
    event.preventDefault();
    if (input.value.trim() === '' || socket?.readyState !== WebSocket.OPEN) return;
    ref += 1;
    socket.send(JSON.stringify({ say: input.value, ref }));
    input.value = '';
  });
  return h(
    'section',
    { class: 'card chat' },
    h('h2', {}, text('chat')),
    lines,
    rules,
    me === undefined ? button(text('signInToWrite'), { press: openSignIn }) : form,
    said,
  );
}
