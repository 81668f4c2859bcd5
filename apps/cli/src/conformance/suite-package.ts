import { createHash } from 'node:crypto';
import { mkdir, mkdtemp, readFile, rename, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { MediaError, errorMessage } from '@media-network/runtime';
import { runChild } from '../child.ts';
import { PROJECT_ROOT } from '../root.ts';

const NAME = 'http-cache-tests';
const VERSION = '0.4.5';
/** Of the archive; another one is another suite. */
const SHA512 = 'DjuwN9nUZXLTW+wav1LRESCZNVxl8SshwOy4z1pxuWbWt5/ay6sM9QQ1lebBaDO6P1IMBoK6mdf+PuVP/QNL8A==';

/**
 * The folder of the suite's package, fetched once through npm and checked against its hash. It is no
 * dependency: of what it drags along (npm itself) nothing is needed here, and nothing else of ours needs it.
 *
 * @throws `cli/suite-unavailable` when it is not there and cannot be fetched.
 */
export async function suiteFolder(env: Readonly<Record<string, string | undefined>>): Promise<string> {
  const cache = join(PROJECT_ROOT, 'node_modules', '.cache', 'media');
  const folder = join(cache, `${NAME}-${VERSION}`);
  const whole = await readFile(join(folder, 'package.json'), 'utf8').catch(() => undefined);
  if (whole !== undefined) return folder;
  await mkdir(cache, { recursive: true });
  const temp = await mkdtemp(join(cache, 'fetch-'));
  try {
    const packed = await runChild('npm', ['pack', `${NAME}@${VERSION}`, '--silent', '--ignore-scripts'], {
      cwd: temp,
      env,
    });
    if (packed.code !== 0) throw unavailable(packed.stderr.trim().split('\n').at(-1) ?? '');
    const archive = join(temp, `${NAME}-${VERSION}.tgz`);
    const hash = createHash('sha512')
      .update(await readFile(archive))
      .digest('base64');
    if (hash !== SHA512) throw unavailable('what npm gave is not what it was when this was written');
    const unpacked = await runChild('tar', ['-xzf', archive], { cwd: temp, env });
    if (unpacked.code !== 0) throw unavailable(unpacked.stderr.trim());
    await rename(join(temp, 'package'), folder);
    return folder;
  } catch (error) {
    throw error instanceof MediaError ? error : unavailable(errorMessage(error));
  } finally {
    await rm(temp, { recursive: true, force: true });
  }
}

function unavailable(why: string): MediaError {
  return new MediaError({
    code: 'cli/suite-unavailable',
    message: `The conformance suite ${NAME} ${VERSION} could not be fetched through npm (${why}): check the connection to the npm registry and start again.`,
    source: 'client',
  });
}
