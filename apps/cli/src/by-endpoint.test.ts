import { expect, test } from 'vitest';
import { byEndpoint } from './by-endpoint.ts';

test('ports are numbers', () => {
  const endpoints = [
    'http://127.0.0.1:10080',
    'http://127.0.0.1:8082',
    'https://b.example',
    'http://127.0.0.1:8080',
  ];
  expect(endpoints.map((endpoint) => ({ endpoint })).sort(byEndpoint)).toEqual(
    ['http://127.0.0.1:8080', 'http://127.0.0.1:8082', 'http://127.0.0.1:10080', 'https://b.example'].map(
      (endpoint) => ({ endpoint }),
    ),
  );
});
