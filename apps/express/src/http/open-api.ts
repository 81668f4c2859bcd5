import { z } from 'zod';
import type { Endpoint } from './endpoint.ts';

const WHO: Readonly<Record<Endpoint['who'], string>> = {
  anyone: 'Anybody may ask.',
  account: 'Whoever is signed in may ask.',
  moderator: 'Moderators of the channel and its owner may ask.',
  owner: 'The owner of the channel may ask.',
  admin: 'Administrators of the site may ask.',
};

const schemaOf = (schema: z.ZodType, io: 'input' | 'output'): object => {
  const { $schema: _, ...rest } = z.toJSONSchema(schema, { io });
  return rest;
};

/** The API as an OpenAPI 3.1 document, made of the table that answers it. */
export function openApi(endpoints: readonly Endpoint[], title: string): object {
  const paths: Record<string, Record<string, object>> = {};
  for (const { method, path, doc, who, query, body, answer } of endpoints) {
    const names = [...path.matchAll(/\{(\w+)\}/g)].map(([, name = '']) => name);
    const parameters = [
      ...names.map((name) => ({ name, in: 'path', required: true, schema: { type: 'string' } })),
      ...Object.entries(query ?? {}).map(([name, description]) => ({
        name,
        in: 'query',
        required: false,
        description,
        schema: { type: 'string' },
      })),
    ];
    const forPath = (paths[path] ??= {});
    forPath[method.toLowerCase()] = {
      summary: doc,
      description: WHO[who],
      ...(who === 'anyone' ? {} : { security: [{ session: [] }] }),
      ...(parameters.length === 0 ? {} : { parameters }),
      ...(body === undefined
        ? {}
        : {
            requestBody: {
              required: true,
              content: { 'application/json': { schema: schemaOf(body, 'input') } },
            },
          }),
      responses: {
        200: {
          description: 'Done.',
          content: { 'application/json': { schema: schemaOf(answer, 'output') } },
        },
        default: { $ref: '#/components/responses/Refused' },
      },
    };
  }
  return {
    openapi: '3.1.0',
    info: { title, version: '1' },
    paths,
    components: {
      securitySchemes: { session: { type: 'apiKey', in: 'cookie', name: 'media-session' } },
      responses: {
        Refused: {
          description: 'Not done, and why.',
          content: {
            'application/json': {
              schema: {
                type: 'object',
                required: ['error'],
                properties: {
                  error: {
                    type: 'object',
                    required: ['code', 'message'],
                    properties: { code: { type: 'string' }, message: { type: 'string' } },
                  },
                },
              },
            },
          },
        },
      },
    },
  };
}
