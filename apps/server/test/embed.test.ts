import { describe, expect, it } from 'vitest';
import { parseEmbed, parsePublicUrls } from '../src/http/embedding.ts';
import { ok, setup } from './harness.ts';

const PUBLIC = 'https://live.example';
const QUIET = { ladder: 'off', previewSeconds: '0' };

describe('a channel in pages of others', () => {
  it('is found by its page, and told of as oEmbed asks (1.0, 2.3.4.2 and 4)', async () => {
    const { server } = await setup({
      ...QUIET,
      channels: 'live,hidden',
      private: 'hidden',
      publicUrl: `${PUBLIC},http://other.example:8080`,
    });
    const page = await fetch(`${server.url}/watch/live`);
    expect(page.headers.get('content-security-policy')).toBe("frame-ancestors 'self'");
    const html = await page.text();
    expect(html).toContain('<title>live, live</title>');
    const href =
      /<link rel="alternate" type="application\/json\+oembed" href="([^"]+)"/.exec(html)?.[1] ?? '';
    expect(href.startsWith(`${PUBLIC}/oembed?url=`)).toBe(true);
    const { pathname, search } = new URL(href);
    const found = await fetch(`${server.url}${pathname}${search}&maxwidth=320&maxheight=9999&format=json`);
    expect(found.headers.get('content-type')).toBe('application/json');
    const told = (await found.json()) as Record<string, unknown>;
    expect(told).toMatchObject({ version: '1.0', type: 'video', title: 'live', width: 320, height: 180 });
    expect(told['html']).toContain(
      `<iframe src="${PUBLIC}/embed/live" title="live" width="320" height="180"`,
    );

    const ask = (query: string): Promise<Response> => fetch(`${server.url}/oembed?${query}`);
    const of = (url: string, more = ''): Promise<Response> => ask(`url=${encodeURIComponent(url)}${more}`);
    const other = (await (
      await of('http://other.example:8080/embed/live?recording=20261127t171900z')
    ).json()) as {
      html: string;
    };
    expect(other.html).toContain('src="http://other.example:8080/embed/live?recording=20261127t171900z"');
    expect((await of(`${PUBLIC}/watch/live`, '&maxheight=90')).status).toBe(200);
    // Nothing that is not ours, however it is written, and nothing of what was asked comes back.
    for (const url of [
      'https://evil.example/watch/live',
      `https://evil.example/${PUBLIC}/watch/live`,
      'https://live.example.evil.example/watch/live',
      'https://live.example@evil.example/watch/live',
      'https://user:word@live.example/watch/live',
      'https://live.example:8443/watch/live',
      'http://live.example/watch/live',
      '//live.example/watch/live',
      'javascript:alert(1)//live.example/watch/live',
      'data:text/html,<script>alert(1)</script>',
      `${PUBLIC}/watch/none`,
      `${PUBLIC}/watch/live/..%2f..%2fetc`,
      `${PUBLIC}/watch/live"><script>alert(1)</script>`,
      `${PUBLIC}/watch/live?recording="><script>`,
      `${PUBLIC}/watch/LIVE`,
      `${PUBLIC}/api/channels`,
      '',
    ]) {
      const refused = await of(url);
      expect(refused.status, url).toBe(404);
      const text = await refused.text();
      expect(text.includes('script') || text.includes('evil')).toBe(false);
    }
    expect((await of(`${PUBLIC}/watch/hidden`)).status).toBe(401);
    expect((await of(`${PUBLIC}/watch/live`, '&format=xml')).status).toBe(501);
    for (const query of [
      '',
      'maxwidth=5',
      `url=${PUBLIC}/watch/live&maxwidth=0`,
      `url=${PUBLIC}/watch/live&maxwidth=1e9`,
    ])
      expect((await ask(query)).status).toBe(400);
  });

  it('may be framed by whom the owner names, and by nobody where none is', async () => {
    const embedOf = async (flags: Readonly<Record<string, string>>): Promise<Response> => {
      const { server } = await setup({ ...QUIET, ...flags });
      return fetch(`${server.url}/embed/live`);
    };
    const all = await embedOf({});
    expect(all.headers.get('content-security-policy')).toBe('frame-ancestors *');
    expect(await all.text()).toContain('<body class="embed">');
    const some = await embedOf({ embed: 'https://blog.example, http://a.example:81' });
    expect(some.headers.get('content-security-policy')).toBe(
      'frame-ancestors https://blog.example http://a.example:81',
    );
    expect((await embedOf({ embed: 'off', publicUrl: PUBLIC })).status).toBe(404);
    const { server } = await setup({ ...QUIET, embed: 'off', publicUrl: PUBLIC });
    expect((await fetch(`${server.url}/oembed?url=${PUBLIC}/watch/live`)).status).toBe(404);
    expect(await ok(`${server.url}/watch/live`)).not.toContain('oembed');
    for (const path of [
      '/embed/none',
      '/embed/',
      '/embed/live/',
      '/embed/..%2flive',
      '/embed/live%00',
      '/embed/%3Cb%3E',
    ])
      expect((await fetch(`${server.url}${path}`)).status).toBe(404);
  });

  it('is told of only where the server knows its own address', async () => {
    const { server } = await setup(QUIET);
    expect(await ok(`${server.url}/watch/live`)).not.toContain('oembed');
    const refused = await fetch(`${server.url}/oembed?url=${server.url}/watch/live`);
    expect([refused.status, await refused.text()]).toEqual([
      404,
      expect.stringContaining('server/no-public-url'),
    ]);
  });

  it.each([
    'https://a.example; script-src *',
    'https://a.example/path',
    "'self'",
    'a.example',
    'https://a.example\nx: y',
    'ftp://a.example',
    'https://u@a.example',
    '',
  ])('takes no address like %j', (text) => {
    expect(parsePublicUrls(text)).toBe(undefined);
    expect(parseEmbed(text)).toBe(undefined);
  });
});
