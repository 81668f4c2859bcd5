import { button, field, fill, h, notice, table } from '@media-network/ui';
import { ask, wordsOf } from './api.ts';
import { text } from './site.ts';

interface Told {
  readonly sanctions: readonly { readonly address: string; readonly untilMs: number | null }[];
  readonly words: readonly string[];
  readonly moderators: readonly string[];
  readonly reports: readonly {
    readonly id: string;
    readonly messageId: number | null;
    readonly reporter: string;
    readonly reason: string;
    readonly atMs: number;
    readonly settled: string | null;
  }[];
  readonly acts: readonly {
    readonly by: string;
    readonly kind: string;
    readonly subject: string;
    readonly atMs: number;
  }[];
}

const short = (address: string): string =>
  address.length > 20 ? `${address.slice(0, 4)}…${address.slice(-4)}` : address;

/** What moderators look at, opened when it is asked for. */
export function moderationPanel(channel: string): HTMLElement {
  const path = `/channels/${channel}`;
  const inside = h('div', { class: 'stack' });
  const said = h('div', {});

  async function act(work: () => Promise<unknown>): Promise<void> {
    try {
      await work();
      await look();
    } catch (error) {
      fill(said, notice(text('failed', { why: wordsOf(error) }), 'bad'));
    }
  }

  function show({ sanctions, words, moderators, reports, acts }: Told): void {
    const wordList = field(text('words'), h('textarea', {}, words.join('\n')));
    const moderator = field(text('moderatorAddress'), h('input', { maxlength: 44, autocomplete: 'off' }));
    const open = reports.filter(({ settled }) => settled === null);
    fill(
      inside,
      h('h4', {}, text('reports')),
      open.length === 0
        ? h('p', { class: 'soft' }, text('noReports'))
        : table(
            text('reports'),
            [text('when'), text('who'), text('what'), ''],
            open.map(({ id, reporter, reason, atMs }) => [
              text.date(atMs),
              short(reporter),
              reason,
              button(text('settle'), {
                small: true,
                press: () => act(() => ask('PUT', `${path}/reports/${id}`, { settled: 'done' })),
              }),
            ]),
          ),
      h('h4', {}, text('sanctions')),
      sanctions.length === 0
        ? h('p', { class: 'soft' }, text('noSanctions'))
        : table(
            text('sanctions'),
            [text('who'), text('until'), ''],
            sanctions.map(({ address, untilMs }) => [
              short(address),
              untilMs === null ? text('forGood') : text.date(untilMs),
              button(text('pardon'), {
                small: true,
                press: () => act(() => ask('DELETE', `${path}/sanctions/${address}`)),
              }),
            ]),
          ),
      wordList.element,
      h(
        'div',
        { class: 'row' },
        button(text('save'), {
          press: () =>
            act(() =>
              ask('PUT', `${path}/words`, {
                words: wordList.control.value
                  .split('\n')
                  .map((word) => word.trim())
                  .filter(Boolean),
              }),
            ),
        }),
      ),
      h('h4', {}, text('moderators')),
      moderators.length === 0
        ? null
        : table(
            text('moderators'),
            [text('who'), ''],
            moderators.map((address) => [
              short(address),
              button(text('remove'), {
                small: true,
                press: () => act(() => ask('PUT', `${path}/moderators`, { address, moderates: false })),
              }),
            ]),
          ),
      moderator.element,
      h(
        'div',
        { class: 'row' },
        button(text('add'), {
          press: () =>
            act(() =>
              ask('PUT', `${path}/moderators`, { address: moderator.control.value, moderates: true }),
            ),
        }),
      ),
      acts.length === 0
        ? null
        : h(
            'div',
            { class: 'stack close' },
            h('h4', {}, text('acts')),
            table(
              text('acts'),
              [text('when'), text('who'), text('what'), text('whom')],
              acts
                .slice(0, 20)
                .map(({ by, kind, subject, atMs }) => [text.date(atMs), short(by), kind, short(subject)]),
            ),
          ),
    );
  }

  const look = async (): Promise<void> => {
    fill(said);
    show(await ask<Told>('GET', `${path}/moderation`));
  };
  const details = h('details', {}, h('summary', {}, h('h3', {}, text('moderation'))), said, inside);
  details.addEventListener('toggle', () => {
    if (details.open) void act(async () => undefined);
  });
  return details;
}
