import type { Answer } from '@media-network/server/parts';

/** Texts for programs; undefined where the path is none of theirs. */
export function textRoutes(openApi: object): (target: URL) => Promise<Answer> | undefined {
  const document: Answer = {
    status: 200,
    type: 'application/json',
    body: `${JSON.stringify(openApi, undefined, 2)}\n`,
    maxAge: 60,
  };
  return (target) => (target.pathname === '/api/openapi.json' ? Promise.resolve(document) : undefined);
}
