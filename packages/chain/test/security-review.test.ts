import { existsSync, readFileSync } from 'node:fs';
import { expect, test } from 'vitest';

const ROOT = new URL('../../../', import.meta.url);
const PAGE = readFileSync(new URL('docs/security-review.md', ROOT), 'utf8');

/** Where a cited file lies, as the page says. */
function placeOf(file: string): URL {
  if (/^(?:src|rules)\//.test(file)) return new URL(`programs/media/${file}`, ROOT);
  if (file.startsWith('scenarios/')) return new URL(`apps/lab/src/${file}`, ROOT);
  if (file.startsWith('attacks/')) return new URL(`apps/sim/src/${file}`, ROOT);
  return new URL(file.includes('/') ? file : `packages/chain/test/${file}`, ROOT);
}

/** Whether a file has a function, a test whose title begins so, or a scenario of that name. */
function has(text: string, file: string, name: string): boolean {
  if (file.endsWith('.rs')) return new RegExp(`\\bfn ${name}\\b`).test(text);
  if (!file.endsWith('.test.ts')) return text.includes(`name: '${name}'`);
  return ['it', 'test', 'describe'].some((word) =>
    text
      .split(new RegExp(`\\b${word}(?:\\.each\\([^)]*\\)(?:\\s*as const)?\\)?)?\\(\\s*['"\`]`))
      .slice(1)
      .some((title) => title.startsWith(name)),
  );
}

interface Citation {
  readonly file: string;
  readonly name: string | undefined;
}

function citationsIn(text: string): Citation[] {
  const spans = [...text.matchAll(/`([^`]+)`/g)].map(([, span]) => span ?? '');
  return spans.flatMap((span) => {
    const found = /^([\w./-]+\.(?:rs|ts)|apps\/[\w./-]+|tests\/[\w./-]+)(?:: (.+))?$/.exec(span);
    return found?.[1] === undefined ? [] : [{ file: found[1], name: found[2] }];
  });
}

const ROWS = PAGE.split('\n').filter(
  (line) => line.startsWith('| ') && !/^\| (?:class|attack|invariant) \|/.test(line),
);

test('every file, function and test that the security review names is there', () => {
  const missing: string[] = [];
  for (const { file, name } of citationsIn(PAGE)) {
    const place = placeOf(file);
    if (!existsSync(place)) missing.push(file);
    else if (name !== undefined && !has(readFileSync(place, 'utf8'), file, name))
      missing.push(`${file}: ${name}`);
  }
  expect(missing).toEqual([]);
  expect(citationsIn(PAGE).length).toBeGreaterThan(150);
});

test('every row names where its attack is stopped, and a test that shows it or why there is none', () => {
  expect(ROWS.length).toBeGreaterThan(60);
  const bare = ROWS.filter((row) => {
    const [, , stopped = '', shown = ''] = row.split('|');
    return !shown.includes('no test:') && [stopped, shown].some((cell) => citationsIn(cell).length === 0);
  });
  expect(bare).toEqual([]);
});

test('a citation of what is not there is noticed', () => {
  const text = readFileSync(new URL('packages/chain/test/upgrade.test.ts', ROOT), 'utf8');
  expect(has(text, 'upgrade.test.ts', 'a buffer that somebody can still change')).toBe(true);
  expect(has(text, 'upgrade.test.ts', 'a buffer that nobody has')).toBe(false);
  const rust = readFileSync(placeOf('src/instructions/upgrade.rs'), 'utf8');
  expect(has(rust, 'src/instructions/upgrade.rs', 'check_upgrade')).toBe(true);
  expect(has(rust, 'src/instructions/upgrade.rs', 'check_up')).toBe(false);
});
