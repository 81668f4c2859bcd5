import type { ViewerResponse } from './exchange.ts';

/** What an answer that is no success says: its code and a line of words, for messages. */
export function edgeAnswer(response: ViewerResponse): {
  readonly code: string | undefined;
  readonly words: string;
} {
  const text = Buffer.from(response.body).toString('utf8').slice(0, 500);
  const said = fieldsOf(text);
  const code = response.header('media-error') ?? said.code;
  const words = [
    `HTTP ${response.status}`,
    code,
    said.message ?? (said.code === undefined ? text : undefined),
  ];
  return { code, words: words.filter((part) => part !== undefined && part !== '').join(', ') };
}

function fieldsOf(text: string): { readonly code?: string; readonly message?: string } {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    return {};
  }
  if (typeof value !== 'object' || value === null) return {};
  const field = (name: string): string | undefined => {
    const found: unknown = Object.entries(value).find(([key]) => key === name)?.[1];
    return typeof found === 'string' ? found : undefined;
  };
  const [code, message] = [field('code'), field('message')];
  return { ...(code === undefined ? {} : { code }), ...(message === undefined ? {} : { message }) };
}
