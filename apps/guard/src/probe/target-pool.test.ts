import { utf8 } from '@media-network/protocol';
import { describe, expect, it } from 'vitest';
import { createTargetPool, hashOfTarget, namedBy } from './target-pool.ts';

describe('what a resource names', () => {
  it('is found in pages, style sheets and playlists, on its own host alone', () => {
    const page = utf8(
      '<link href="/style.css"><img src="pictures/a.png"><a href="https://elsewhere.example/x">' +
        '<script src=\'//cdn.example/y.js\'></script><video poster="../p.jpg?w=1#top"></video>',
    );
    expect(namedBy('/site/index.html', 'text/html; charset=utf-8', page)).toEqual([
      '/style.css',
      '/site/pictures/a.png',
      '/p.jpg?w=1',
    ]);
    expect(
      namedBy('/s/a.css', 'text/css', utf8('a{background:url("b.png")}b{background:url( c.svg )}')),
    ).toEqual(['/s/b.png', '/s/c.svg']);
    const playlist = utf8(
      '#EXTM3U\n#EXT-X-MAP:URI="init.mp4"\n#EXTINF:4,\n000.m4s\r\n#EXTINF:4,\n/abs/001.m4s\n',
    );
    expect(namedBy('/hls/v/index.m3u8', 'application/vnd.apple.mpegurl', playlist)).toEqual([
      '/hls/v/000.m4s',
      '/abs/001.m4s',
      '/hls/v/init.mp4',
    ]);
    expect(namedBy('/a.bin', 'application/octet-stream', page)).toEqual([]);
  });
});

describe('targets', () => {
  it('are those that viewers fetch, and now and then another', () => {
    const pool = createTargetPool();
    pool.seed('r', ['/a', '/b', 'not a target']);
    pool.served('r', [{ targetHash: hashOfTarget('/b'), size: 77 }]);
    expect(pool.draw('r', () => 0.5)).toEqual({ target: '/b', size: 77 });
    const drawn = [0.9, 0];
    expect(pool.draw('r', () => drawn.shift() ?? 0)).toEqual({ target: '/a', size: undefined });
    expect(pool.draw('unknown', () => 0)).toBeUndefined();
    expect(pool.named('r', hashOfTarget('/a'))).toBe('/a');
    expect(pool.named('r', hashOfTarget('/c'))).toBeUndefined();
  });

  it('are bounded, however many an origin names or an edge lists', () => {
    const pool = createTargetPool();
    const page = utf8(Array.from({ length: 5_000 }, (_, i) => `<img src="/${i}">`).join(''));
    pool.read('r', '/', 'text/html', page);
    pool.served(
      'r',
      Array.from({ length: 10_000 }, (_, i) => ({ targetHash: String(i), size: i })),
    );
    const found = new Set<string>();
    for (let i = 0; i < 2_000; i += 1) found.add(pool.draw('r', () => i / 2_000)?.target ?? '');
    expect(found.size).toBeLessThanOrEqual(512);
  });
});
