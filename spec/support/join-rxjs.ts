import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { posix } from 'node:path';
import { fileURLToPath } from 'node:url';

const require = createRequire(import.meta.url);
const source = new URL('../../node_modules/rxjs/dist/cjs/', import.meta.url);
/** What a program imports, and the module that this is. */
const entries = {
  '.': 'index.js',
  './ajax': 'ajax/index.js',
  './fetch': 'fetch/index.js',
  './operators': 'operators/index.js',
  './testing': 'testing/index.js',
  './webSocket': 'webSocket/index.js',
};

/**
 * RxJS as Node requires it, with all its modules in one file: to load two hundred takes longer than what most programs do that
 * are run by specs. Returns the text of each file of its package.
 */
export function joinRxjs(): Map<string, string> {
  const modules = new Map<string, string>();
  const exports: Record<string, string> = {};
  const files = new Map<string, string>();
  for (const [entry, module] of Object.entries(entries)) {
    add(module, modules);
    const file = `${module.replaceAll('/', '-')}.cjs`;
    exports[entry] = `./${file}`;
    files.set(file, entryFile(module));
  }
  files.set('package.json', JSON.stringify({ name: 'rxjs', exports }));
  const functions = [...modules].map(([name, code]) => `'${name}'(exports, load) {\n${code}}`);
  files.set('joined.cjs', `const modules = {\n${functions.join(',\n')}\n};\n${LOAD}`);
  return files;
}

/** Adds a module, and those that it requires, to which it says `load` then. */
function add(name: string, modules: Map<string, string>): void {
  if (modules.has(name)) {
    return;
  }
  modules.set(name, ''); // They may require each other.
  const code = readFileSync(new URL(name, source), 'utf8').replace(/\/\/# sourceMappingURL=.*\s*$/, '');
  const joined = code.replaceAll(/\brequire\("(\..*?)"\)/g, (_, path: string) => {
    const required = `${posix.join(posix.dirname(name), path)}.js`;
    add(required, modules);
    return `load('${required}')`;
  });
  modules.set(name, joined);
}

const LOAD = `
const loaded = {};
function load(name) {
  if (loaded[name] === undefined) {
    loaded[name] = {};
    modules[name].call(loaded[name], loaded[name], load);
  }
  return loaded[name];
}
exports.load = load;
`;

/** Names what it exports, so that an ES module can import it. */
function entryFile(module: string): string {
  const names = Object.keys(require(fileURLToPath(new URL(module, source))) as object);
  const lines = names.map((name) => `exports.${name} = own.${name};`);
  return [`const own = require('./joined.cjs').load('${module}');`, ...lines, ''].join('\n');
}
