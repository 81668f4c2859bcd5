import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { edgeOptions, parseEdgeConfig } from './config.ts';

describe('parseEdgeConfig', () => {
  it('takes flags before environment before file before defaults', () => {
    const dir = mkdtempSync(join(tmpdir(), 'media-config-'));
    const file = join(dir, 'edge.json');
    writeFileSync(file, JSON.stringify({ port: 1, controlPort: 1, zone: 'file.example', accessLog: true }));
    const config = parseEdgeConfig({
      flags: { port: 3 },
      env: { MEDIA_EDGE_PORT: '2', MEDIA_EDGE_CONTROL_PORT: '2' },
      file,
    });
    rmSync(dir, { recursive: true });
    expect(config).toMatchObject({
      port: 3,
      controlPort: 2,
      zone: 'file.example',
      accessLog: true,
      httpsPort: 8443,
    });
  });

  it('reads sizes in words', () => {
    const config = parseEdgeConfig({ flags: { ramBytes: '64M', diskBytes: '1.5GiB', maxObjectBytes: 1000 } });
    expect(config).toMatchObject({ ramBytes: 67_108_864, diskBytes: 1_610_612_736, maxObjectBytes: 1000 });
  });

  it.each([
    [{ port: 70_000 }, '--port (MEDIA_EDGE_PORT)'],
    [{ rpcUrl: 'ftp://x' }, '--rpc-url (MEDIA_EDGE_RPC_URL)'],
    [{ ramBytes: 'much' }, '--ram-bytes (MEDIA_EDGE_RAM_BYTES): must be a size such as 64M or 2G'],
    [{ tlsCert: 'a.pem' }, '--tls-cert (MEDIA_EDGE_TLS_CERT): needs --tls-key'],
    [{ zone: 'Not A Zone' }, '--zone (MEDIA_EDGE_ZONE)'],
  ])('names what is wrong: %j', (flags, words) => {
    expect(() => parseEdgeConfig({ flags })).toThrow(words);
  });

  it('refuses what is no option, and a file that cannot be read', () => {
    const dir = mkdtempSync(join(tmpdir(), 'media-config-'));
    const file = join(dir, 'edge.json');
    writeFileSync(file, '{"prot": 1}');
    expect(() => parseEdgeConfig({ file })).toThrow(expect.objectContaining({ code: 'config/invalid' }));
    writeFileSync(file, 'not json');
    expect(() => parseEdgeConfig({ file })).toThrow(expect.objectContaining({ code: 'config/unreadable' }));
    rmSync(dir, { recursive: true });
  });
});

it('every option has help, a flag and a variable of its own', () => {
  expect(new Set(edgeOptions.map(({ flag }) => flag)).size).toBe(edgeOptions.length);
  for (const option of edgeOptions) {
    expect(option.help).toMatch(/\.$/);
    expect(option.env).toMatch(/^MEDIA_EDGE_[A-Z_]+$/);
  }
  expect(edgeOptions.filter(({ boolean }) => boolean).map(({ name }) => name)).toEqual([
    'allowPrivateOrigins',
    'accessLog',
  ]);
});
