import type { PeerPool } from '@media-network/peerpool';
import type { FragmentLoaderContext, HlsConfig, LoaderCallbacks, LoaderConfiguration } from 'hls.js';
import { expect, it } from 'vitest';
import { FragmentLoader } from './fragment-loader.ts';

/** Whether a pool was asked for a fragment, and the edge. */
function load(frag: { readonly sn: number | 'initSegment'; readonly encrypted: boolean }) {
  const asked: string[] = [];
  class Inner {
    stats = { loading: { start: 0 } };
    load(): void {
      asked.push('edge');
    }
    destroy(): void {
      asked.push('closed');
    }
  }
  const pool = {
    load: () => {
      asked.push('pool');
      return new Promise(() => undefined);
    },
  };
  const loader = new FragmentLoader({ loader: Inner } as unknown as HlsConfig, {
    pool: pool as unknown as PeerPool,
    media: () => null,
    isLive: () => true,
  });
  const context = { url: 'https://example.com/a.m4s', frag, part: null };
  loader.load(
    context as unknown as FragmentLoaderContext,
    {} as LoaderConfiguration,
    {} as LoaderCallbacks<FragmentLoaderContext>,
  );
  return asked;
}

it('shares segments, and leaves alone what is encrypted', () => {
  expect(load({ sn: 1, encrypted: false })).toEqual(['pool']);
  expect(load({ sn: 1, encrypted: true })).toEqual(['edge']);
  expect(load({ sn: 'initSegment', encrypted: false })).toEqual(['edge']);
});
