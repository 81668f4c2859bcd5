// What a package is in the registry: Node runs no TypeScript below node_modules, so `npm pack` of a package that has
// these as its `prepack` and `postpack` holds JavaScript and declarations. Plain JavaScript, because npm runs it with
// whatever Node is on the path.
import { execFileSync } from 'node:child_process';
import {
  copyFileSync,
  existsSync,
  readFileSync,
  readdirSync,
  renameSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { builtinModules } from 'node:module';
import { dirname, join, relative } from 'node:path';
import { fileURLToPath } from 'node:url';

const ROOT = join(dirname(fileURLToPath(import.meta.url)), '..');
const OUT = 'dist';
/** The manifest as it is in the repository, kept while the other one stands in its place. */
const KEPT = 'package.json.kept';
const TSCONFIG = 'tsconfig.pack.json';
const BUILTINS = new Set(builtinModules);

const readJson = (path) => JSON.parse(readFileSync(path, 'utf8'));
const writeJson = (path, value) => writeFileSync(path, `${JSON.stringify(value, null, 2)}\n`);

/** Everything as it was; also after an attempt that broke off. */
function restore() {
  if (existsSync(KEPT)) renameSync(KEPT, 'package.json');
  for (const path of [OUT, TSCONFIG, 'LICENSE']) rmSync(path, { recursive: true, force: true });
}

function files(folder) {
  return readdirSync(folder, { withFileTypes: true }).flatMap((entry) => {
    const path = join(folder, entry.name);
    return entry.isDirectory() ? files(path) : [path];
  });
}

/** Compiles `src` without its tests. */
function compile() {
  writeJson(TSCONFIG, {
    extends: './tsconfig.json',
    compilerOptions: {
      emitDeclarationOnly: false,
      outDir: `./${OUT}`,
      rootDir: './src',
      tsBuildInfoFile: `./${OUT}/tsconfig.tsbuildinfo`,
    },
    include: ['src'],
    exclude: ['src/**/*.test.ts'],
  });
  const tsc = join(ROOT, 'node_modules', 'typescript', 'bin', 'tsc');
  execFileSync(process.execPath, [tsc, '-b', TSCONFIG], { stdio: ['ignore', 2, 2] });
  rmSync(join(OUT, 'tsconfig.tsbuildinfo'));
  // The compiler rewrites the imports of the JavaScript, and leaves those of the declarations.
  for (const path of files(OUT).filter((each) => each.endsWith('.d.ts'))) {
    const text = readFileSync(path, 'utf8');
    writeFileSync(
      path,
      text.replaceAll(/((?:from|import)\s*\(?\s*['"]\.{1,2}\/[^'"]+)\.ts(['"])/g, '$1.js$2'),
    );
  }
}

/** `@scope/name/deep` → `@scope/name`; undefined of what needs no dependency. */
function packageOf(specifier, self) {
  if (/^(\.|node:)/.test(specifier) || BUILTINS.has(specifier)) return undefined;
  const name = specifier
    .split('/')
    .slice(0, specifier.startsWith('@') ? 2 : 1)
    .join('/');
  return name === self ? undefined : name;
}

/** Import and export statements, which begin a line in what the compiler writes, and calls and types with a literal. */
const IMPORT =
  /^(?:import|export)\b(?:[^'"();]*?\bfrom)?\s*['"]([^'"\n]+)['"]|\bimport\(\s*['"]([@\w./-][^'"\n]*)['"]\s*\)/gm;

/** The files that an export leads to, and what they lead to. */
function reachable(entries) {
  const found = new Set();
  const imports = new Set();
  const queue = [...entries];
  for (let path = queue.pop(); path !== undefined; path = queue.pop()) {
    if (found.has(path)) continue;
    found.add(path);
    const text = readFileSync(path, 'utf8');
    for (const [, stated, called] of text.matchAll(IMPORT)) {
      const specifier = stated ?? called;
      if (specifier.startsWith('.')) queue.push(join(dirname(path), specifier));
      else imports.add(specifier);
    }
    // A declaration stands beside what it declares.
    if (path.endsWith('.js')) queue.push(path.replace(/\.js$/, '.d.ts'));
    else if (existsSync(path.replace(/\.d\.ts$/, '.js'))) queue.push(path.replace(/\.d\.ts$/, '.js'));
  }
  return { found, imports };
}

/** The manifest for the registry: exports lead to what was compiled, dependencies are those that it uses. */
function published(manifest) {
  const kept = new Set(manifest.repositoryOnly ?? []);
  const exports = {};
  const entries = [];
  for (const [name, source] of Object.entries(manifest.exports)) {
    if (kept.has(name)) continue;
    const base = `./${OUT}/${relative('src', source).replaceAll('\\', '/').replace(/\.ts$/, '')}`;
    exports[name] = { types: `${base}.d.ts`, default: `${base}.js` };
    entries.push(join(`${base}.js`));
  }
  const { found, imports } = reachable(entries);
  for (const path of files(OUT)) if (!found.has(path)) rmSync(path);
  const names = [...imports].flatMap((each) => packageOf(each, manifest.name) ?? []);
  const dependencies = {};
  for (const name of [...new Set(names)].sort((a, b) => a.localeCompare(b))) {
    const range = manifest.dependencies?.[name];
    if (range === undefined) throw new Error(`${manifest.name} uses ${name} and does not depend on it`);
    // Packages of this repository are published together, under one version.
    dependencies[name] = range === '*' ? `^${manifest.version}` : range;
  }
  const { scripts: _, devDependencies: __, repositoryOnly: ___, ...rest } = manifest;
  return {
    ...rest,
    files: [OUT],
    exports,
    dependencies,
    engines: readJson(join(ROOT, 'package.json')).engines,
  };
}

restore();
if (process.argv[2] === 'begin') {
  try {
    compile();
    const manifest = published(readJson('package.json'));
    copyFileSync('package.json', KEPT);
    writeJson('package.json', manifest);
    copyFileSync(join(ROOT, 'LICENSE'), 'LICENSE');
    rmSync(TSCONFIG);
  } catch (error) {
    restore();
    throw error;
  }
}
