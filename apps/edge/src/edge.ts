import type { EdgeConfig } from './config.ts';
import type { Edge, EdgeOverrides, EdgeSecrets } from './edge-api.ts';

/** Being wired: the parts land one by one. */
export function createEdge(_config: EdgeConfig, _secrets: EdgeSecrets, _overrides: EdgeOverrides = {}): Promise<Edge> {
  return Promise.reject(new Error('not wired yet'));
}
