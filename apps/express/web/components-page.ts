import { badge, button, card, check, field, h, notice, numbers, select, table } from '@media-network/ui';
import { showPage } from './frame.ts';
import { text } from './site.ts';

/** Every component in every state. */
export function showComponents(): void {
  const wrong = field('Wrong', h('input', { value: 'a b' }));
  wrong.wrong('No spaces, please.');
  const busy = button('Busy');
  busy.setAttribute('aria-busy', 'true');
  showPage(
    text('components'),
    h(
      'div',
      { class: 'stack' },
      h('h1', {}, text('components')),
      card(
        h('h2', {}, 'Buttons'),
        h(
          'div',
          { class: 'row' },
          button('Plain'),
          button('Primary', { kind: 'primary' }),
          button('Quiet', { kind: 'quiet' }),
          button('Danger', { kind: 'danger' }),
          button('Small', { small: true }),
          button('Disabled', { disabled: true }),
          busy,
        ),
      ),
      card(
        h('h2', {}, 'Fields'),
        field('Text', h('input', { value: 'Words' }), 'A hint').element,
        wrong.element,
        field('Disabled', h('input', { value: 'Fixed', disabled: true })).element,
        field(
          'Choice',
          select(
            [
              ['a', 'First'],
              ['b', 'Second'],
            ],
            'b',
          ),
        ).element,
        field('Long text', h('textarea', {}, 'Several\nlines')).element,
        h(
          'div',
          { class: 'row' },
          check('Off', false, () => undefined),
          check('On', true, () => undefined),
        ),
      ),
      card(
        h('h2', {}, 'Badges and notices'),
        h('div', { class: 'row' }, badge('Plain'), badge('Live', 'live')),
        notice('This is so.'),
        notice('This went well.', 'good'),
        notice('This went wrong.', 'bad'),
      ),
      card(
        h('h2', {}, 'Figures and tables'),
        numbers([
          ['Watching', '1,234'],
          ['Bits a second', '5.2 M'],
        ]),
        table(
          'Of three rows',
          ['Name', 'Number'],
          [
            ['One', '1'],
            ['Two', '2'],
            ['Three', '3'],
          ],
        ),
        h('div', { class: 'wait' }),
        h('p', { class: 'figures' }, '0123456789abcdef'),
        h('p', { class: 'soft' }, 'Soft words, and ', h('a', { href: '/' }, 'a link'), '.'),
      ),
    ),
  );
}
