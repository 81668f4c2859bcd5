/** What one look found. */
export interface Finding {
  /** `machine`, `ports`, `chain`, … */
  readonly about: string;
  readonly state: 'good' | 'warning' | 'bad';
  readonly text: string;
  /** What to do; empty where there is nothing. */
  readonly hint: string;
}

export const good = (about: string, text: string): Finding => ({ about, state: 'good', text, hint: '' });
export const warning = (about: string, text: string, hint: string): Finding => ({
  about,
  state: 'warning',
  text,
  hint,
});
export const bad = (about: string, text: string, hint: string): Finding => ({
  about,
  state: 'bad',
  text,
  hint,
});
