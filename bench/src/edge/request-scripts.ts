import { writeFileSync } from 'node:fs';
import { join } from 'node:path';

/** Asks for the paths of a file, one a line, over and over. Arguments of the script: the file. */
const FROM_FILE = `local paths, made, at = {}, {}, 0
function init(args)
  for line in io.lines(args[1]) do paths[#paths + 1] = line end
end
function request()
  at = at % #paths + 1
  local path = paths[at]
  local text = made[path]
  if text == nil then
    text = wrk.format(nil, path)
    made[path] = text
  end
  return text
end
`;

/** Never asks for the same twice. Arguments of the script: what paths begin with. */
const EACH_ONCE = `local start, at = "", 0
function init(args) start = args[1] end
function request()
  at = at + 1
  return wrk.format(nil, start .. at)
end
`;

/** Writes a script for wrk into a folder, and the paths that it asks for; what `runWrk` takes. */
export function pathsScript(dir: string, paths: readonly string[]): [string, string] {
  const [script, list] = [join(dir, 'paths.lua'), join(dir, 'paths.txt')];
  writeFileSync(script, FROM_FILE);
  writeFileSync(list, `${paths.join('\n')}\n`);
  return [script, list];
}

/** The same for paths that were never asked for, all beginning with `start`. */
export function freshScript(dir: string, start: string): [string, string] {
  const script = join(dir, 'fresh.lua');
  writeFileSync(script, EACH_ONCE);
  return [script, start];
}
