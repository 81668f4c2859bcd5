import { mkdtempSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { z } from 'zod';
import { configOptions, parseConfig } from './config.ts';
import { flagOption, portOption, sizeOption, textOption } from './option-kinds.ts';

const SHAPE = {
  dir: textOption.default('here').describe('A folder.'),
  port: portOption.default(80),
  cacheBytes: sizeOption.default(1024),
  probe: flagOption.default(true),
  owner: textOption.optional(),
};
const options = configOptions('demo', SHAPE);
const parse = (sources: Parameters<typeof parseConfig>[3]): unknown =>
  parseConfig('demo', z.strictObject(SHAPE), options, sources);

describe('options of a schema', () => {
  it('have flag, variable, default, help, and know which stand alone', () => {
    expect(options).toContainEqual({
      name: 'dir',
      flag: 'dir',
      env: 'MEDIA_DEMO_DIR',
      default: 'here',
      help: 'A folder.',
      boolean: false,
    });
    expect(options.find((option) => option.name === 'cacheBytes')).toMatchObject({
      flag: 'cache-bytes',
      env: 'MEDIA_DEMO_CACHE_BYTES',
    });
    expect(options.filter((option) => option.boolean).map((option) => option.name)).toEqual(['probe']);
  });
});

describe('a configuration', () => {
  it('takes flags before the environment before the file before defaults', () => {
    const file = join(mkdtempSync(join(tmpdir(), 'config-')), 'demo.json');
    writeFileSync(file, JSON.stringify({ dir: 'file', port: 1, cacheBytes: '2M' }));
    const env = { MEDIA_DEMO_DIR: 'env', MEDIA_DEMO_PORT: '2', MEDIA_DEMO_PROBE: '0' };
    expect(parse({ file, env, flags: { dir: 'flag' } })).toEqual({
      dir: 'flag',
      port: 2,
      cacheBytes: 2 * 2 ** 20,
      probe: false,
    });
  });

  it('names every wrong option by flag and variable', () => {
    expect(() => parse({ flags: { port: 70_000, cacheBytes: 'many' } })).toThrow(
      /--port \(MEDIA_DEMO_PORT\): .*--cache-bytes \(MEDIA_DEMO_CACHE_BYTES\): must be a size/,
    );
  });

  it.each([
    ['abc', 'must be a whole number from 0 to 65535, not "abc".'],
    ['1.5', 'must be a whole number from 0 to 65535, not "1.5".'],
    [70_000, 'must be a whole number from 0 to 65535, not "70000".'],
    [-1, 'must be a whole number from 0 to 65535, not "-1".'],
    ['22', 'must be a port that browsers and other nodes connect to, not "22".'],
    [6000, 'must be a port that browsers and other nodes connect to, not "6000".'],
  ])('says what a port must be, not %j', (port, says) => {
    expect(() => parse({ flags: { port } })).toThrow(
      `The demo's configuration is not right. --port (MEDIA_DEMO_PORT): ${says}`,
    );
  });

  it('says which file it cannot read', () => {
    expect(() => parse({ file: '/nowhere/demo.json' })).toThrow(/configuration file \/nowhere\/demo\.json/);
  });
});
