import { fill, h } from './element.ts';
import type { Child } from './element.ts';

export type ButtonKind = 'plain' | 'primary' | 'quiet' | 'danger';

export interface ButtonOptions {
  readonly kind?: ButtonKind;
  readonly small?: boolean;
  readonly disabled?: boolean;
  /** What it does; while that takes, it says so and does it no second time. */
  readonly press?: () => void | Promise<void>;
  readonly type?: 'button' | 'submit';
  /** Where the words alone do not say what of. */
  readonly label?: string;
}

export function button(words: Child, options: ButtonOptions = {}): HTMLButtonElement {
  const { kind = 'plain', small = false, disabled = false, press, type = 'button', label } = options;
  const made = h(
    'button',
    {
      class: ['button', kind === 'plain' ? '' : kind, small ? 'small' : ''].filter(Boolean).join(' '),
      type,
      disabled,
      'aria-label': label,
    },
    words,
  );
  if (press !== undefined)
    made.addEventListener('click', () => {
      if (made.getAttribute('aria-busy') === 'true') return;
      const under = press();
      if (under === undefined) return;
      made.setAttribute('aria-busy', 'true');
      void under.finally(() => made.removeAttribute('aria-busy'));
    });
  return made;
}

let fields = 0;

export interface Field<Control extends HTMLElement> {
  readonly element: HTMLElement;
  readonly control: Control;
  /** What is wrong with it, beside it and for screen readers; nothing with ''. */
  wrong(words: string): void;
}

/** A control with its label, and what is wrong with it. */
export function field<Control extends HTMLElement>(
  label: string,
  control: Control,
  hint?: string,
): Field<Control> {
  fields += 1;
  const id = `field-${fields}`;
  control.id = id;
  control.classList.add('input');
  const told = h('span', { class: 'wrong', id: `${id}-wrong`, role: 'alert' });
  const hinted = hint === undefined ? undefined : h('span', { class: 'soft small', id: `${id}-hint` }, hint);
  control.setAttribute('aria-describedby', `${id}-wrong${hinted === undefined ? '' : ` ${id}-hint`}`);
  return {
    element: h('div', { class: 'field' }, h('label', { for: id }, label), control, hinted, told),
    control,
    wrong(words) {
      fill(told, words);
      if (words === '') control.removeAttribute('aria-invalid');
      else control.setAttribute('aria-invalid', 'true');
    },
  };
}

/** Choices by value, in words. */
export const select = (
  choices: readonly (readonly [value: string, words: string])[],
  chosen: string,
): HTMLSelectElement => {
  const made = h(
    'select',
    {},
    choices.map(([value, words]) => h('option', { value, selected: value === chosen }, words)),
  );
  return made;
};

export function check(words: string, checked: boolean, change: (checked: boolean) => void): HTMLLabelElement {
  const box = h('input', { type: 'checkbox', checked });
  box.addEventListener('change', () => change(box.checked));
  return h('label', { class: 'check' }, box, words);
}

export const badge = (words: string, kind: 'plain' | 'live' = 'plain'): HTMLElement =>
  h('span', { class: kind === 'live' ? 'badge live' : 'badge' }, words);

/** What happened, for eyes and for screen readers. */
export const notice = (words: Child, kind: 'plain' | 'good' | 'bad' = 'plain'): HTMLElement =>
  h(
    'p',
    {
      class: kind === 'plain' ? 'notice' : `notice ${kind}`,
      role: kind === 'bad' ? 'alert' : 'status',
    },
    words,
  );

export const card = (...children: readonly Child[]): HTMLElement =>
  h('section', { class: 'card stack' }, children);

/** Numbers with what they are of. */
export const numbers = (rows: readonly (readonly [term: string, value: string | number])[]): HTMLElement =>
  h(
    'dl',
    { class: 'numbers' },
    rows.map(([term, value]) => h('div', {}, h('dt', {}, term), h('dd', {}, value))),
  );

export const table = (
  caption: string,
  heads: readonly string[],
  rows: readonly (readonly Child[])[],
): HTMLElement =>
  h(
    'div',
    { class: 'scroll', tabindex: '0', role: 'region', 'aria-label': caption },
    h(
      'table',
      { class: 'table' },
      h('caption', { class: 'unseen' }, caption),
      h(
        'thead',
        {},
        h(
          'tr',
          {},
          heads.map((head) => h('th', { scope: 'col' }, head)),
        ),
      ),
      h(
        'tbody',
        {},
        rows.map((row) =>
          h(
            'tr',
            {},
            row.map((cell) => h('td', {}, cell)),
          ),
        ),
      ),
    ),
  );

/** Asks before something that cannot be taken back; true for yes. Escape is no. */
export function ask(
  question: string,
  { yes, no, danger = false }: { readonly yes: string; readonly no: string; readonly danger?: boolean },
): Promise<boolean> {
  return new Promise((resolve) => {
    const title = h('h2', { id: 'question' }, question);
    const dialog = h('dialog', { 'aria-labelledby': 'question' });
    const refuse = button(no, { press: () => dialog.close('no') });
    fill(
      dialog,
      h(
        'div',
        { class: 'stack' },
        title,
        h(
          'div',
          { class: 'row' },
          button(yes, { kind: danger ? 'danger' : 'primary', press: () => dialog.close('yes') }),
          refuse,
        ),
      ),
    );
    dialog.addEventListener('close', () => {
      dialog.remove();
      resolve(dialog.returnValue === 'yes');
    });
    document.body.append(dialog);
    dialog.showModal();
    refuse.focus();
  });
}
