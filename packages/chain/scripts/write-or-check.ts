import { readFile, writeFile } from 'node:fs/promises';
import { relative } from 'node:path';

/** Writes a generated file, or with `--check` fails (exit code 1) when the one there differs. */
export async function writeOrCheck(path: string, content: string, command: string): Promise<void> {
  const name = relative(process.cwd(), path);
  if (!process.argv.includes('--check')) {
    await writeFile(path, content);
    console.log(`wrote ${name}`);
    return;
  }
  const there = await readFile(path, 'utf8').catch(() => '');
  if (meaning(path, there) === meaning(path, content)) {
    console.log(`${name} is up to date`);
    return;
  }
  console.error(`${name} is out of date: run \`${command}\`.`);
  process.exitCode = 1;
}

/** The formatter may lay out JSON as it likes. */
function meaning(path: string, content: string): string {
  return path.endsWith('.json') && content !== '' ? JSON.stringify(JSON.parse(content)) : content;
}
