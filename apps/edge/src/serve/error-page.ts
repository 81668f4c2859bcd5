/** What a page of the edge says. None of it comes from the request. */
export interface ErrorPage {
  readonly status: number;
  readonly title: string;
  readonly words: string;
  readonly code: string;
  readonly requestId: string;
}

const STYLE = [
  ':root{color-scheme:light dark;--ink:#1c2126;--soft:#5d6873;--paper:#fbfbf9;--line:#dcdfe2;--mark:#b4461f}',
  '@media(prefers-color-scheme:dark){:root{--ink:#e8eaec;--soft:#98a2ab;--paper:#14171a;--line:#2d3338;--mark:#f08a5d}}',
  '*{box-sizing:border-box}',
  'body{margin:0;min-height:100vh;display:grid;place-items:center;padding:2rem;background:var(--paper);color:var(--ink);font:1rem/1.6 system-ui,sans-serif}',
  'main{max-width:34rem;width:100%}',
  'b{font-size:.9rem;letter-spacing:.08em;color:var(--mark)}',
  'h1{font-size:1.75rem;line-height:1.25;margin:.25rem 0 .75rem}',
  'p{margin:0 0 1.5rem}',
  'footer{border-top:1px solid var(--line);padding-top:.75rem;font-size:.8rem;color:var(--soft);display:flex;gap:.25rem 1.5rem;flex-wrap:wrap}',
  'code{font-family:ui-monospace,monospace;overflow-wrap:anywhere}',
].join('');

/** Loads nothing and runs nothing, whatever a resource allows on its host. */
export const PAGE_POLICY = "default-src 'none'; style-src 'unsafe-inline'; frame-ancestors *";

/** A page for people: what happened, and by what names to ask about it. */
export function errorPage({ status, title, words, code, requestId }: ErrorPage): string {
  return (
    '<!doctype html><html lang="en"><head><meta charset="utf-8">' +
    '<meta name="viewport" content="width=device-width,initial-scale=1"><meta name="robots" content="noindex">' +
    `<title>${status} ${escaped(title)}</title><style>${STYLE}</style></head><body><main>` +
    `<b>${status}</b><h1>${escaped(title)}</h1><p>${escaped(words)}</p>` +
    `<footer><span><code>${escaped(code)}</code></span><span>request <code>${escaped(requestId)}</code></span>` +
    '<span>Media Network</span></footer></main></body></html>\n'
  );
}

function escaped(text: string): string {
  return text
    .replaceAll('&', '&amp;')
    .replaceAll('<', '&lt;')
    .replaceAll('>', '&gt;')
    .replaceAll('"', '&quot;');
}
