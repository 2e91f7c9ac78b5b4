interface Require {
  (id: string): unknown;
  resolve(id: string): string;
  readonly extensions: Record<string, unknown>;
}

interface TsNode {
  register(options: object): unknown;
}

interface NodeModules {
  'node:fs': { readFileSync(path: string, encoding: 'utf8'): string };
  'node:module': { createRequire(from: string): Require; runMain(this: void): void };
  'node:path': {
    dirname(path: string): string;
    extname(path: string): string;
    join(...parts: string[]): string;
  };
  'node:vm': { compileFunction(code: string, params: readonly string[]): unknown };
  'node:worker_threads': { readonly isMainThread: boolean };
}

interface NodeProcess {
  /** `typescript` since 22.10: false, or how types are dealt with. */
  readonly features: { readonly typescript?: unknown };
  readonly argv: readonly string[];
  readonly execArgv: readonly string[];
  cwd(): string;
  getBuiltinModule<Id extends keyof NodeModules>(id: Id): NodeModules[Id];
}

// Preloads run in Node alone.
const { process } = globalThis as unknown as { process: NodeProcess };
const Module = process.getBuiltinModule('node:module');
const { createRequire } = Module;
const { dirname, extname, join } = process.getBuiltinModule('node:path');
const { readFileSync } = process.getBuiltinModule('node:fs');

/**
 * Evaluates the program's entry on the spot, if it is an ES module. Node would have evaluated it in a microtask, and then finds
 * it evaluated. Throws if that is impossible, and throws every error of the program.
 */
export function evaluateEntry(option: '-r' | '--import'): void {
  const entry = entryModule();
  if (entry === undefined) {
    return;
  }
  try {
    const load = createRequire(entry);
    if (isTypeScript(entry) && !process.features.typescript && load.extensions['.ts'] === undefined) {
      if (option === '--import') {
        throw new Error(`async-tamer/register cannot load ${entry} by --import in this Node. ${BY_REQUIRE}`);
      }
      compileByTsNode(load);
    }
    load(entry);
  } catch (error) {
    throw explained(error, entry);
  }
}

const BY_REQUIRE = 'Preload it with: node -r async-tamer/register';

function isTypeScript(file: string): boolean {
  return /^\.[mc]?ts$/.test(extname(file));
}

/**
 * Where Node does not strip types by itself, ts-node compiles them to CommonJS: before Node 22, `require()` of an ES module
 * asks no loader for what that module imports. Node must not run the entry again afterwards. It calls `runMain` for that, after
 * `-r`.
 */
function compileByTsNode(load: Require): void {
  const { register } = load('ts-node') as TsNode;
  register({
    moduleTypes: { '**/*': 'cjs' },
    compilerOptions: {
      module: 'CommonJS',
      moduleResolution: 'Node10',
      ignoreDeprecations: '6.0',
      rewriteRelativeImportExtensions: false,
      verbatimModuleSyntax: false,
    },
  });
  Module.runMain = () => undefined;
}

/** The file that this process is about to run; undefined if that is no ES module, or if there is no program. */
function entryModule(): string | undefined {
  const [, main] = process.argv;
  const { isMainThread } = process.getBuiltinModule('node:worker_threads');
  if (main === undefined || !isMainThread || process.execArgv.some((option) => NO_PROGRAM.test(option))) {
    return undefined;
  }
  let file: string;
  try {
    file = createRequire(join(process.cwd(), 'x')).resolve(main);
  } catch {
    return undefined; // Node itself reports that.
  }
  return isModule(file) ? file : undefined;
}

/** With these options the entry is only checked, or run by another process that has this preload, too. */
const NO_PROGRAM = /^(?:-c|--check|-e|--eval|-p|--print|--test|--watch)(?:$|=|-)/;

/** Follows the rules of Node: the extension; else the nearest package.json; else whether the file can be CommonJS. */
function isModule(file: string): boolean {
  const extension = extname(file);
  if (/^\.[mc][jt]s$/.test(extension)) {
    return extension.startsWith('.m');
  }
  const type = typeOfPackage(dirname(file));
  if (type !== undefined) {
    return type === 'module';
  }
  try {
    const { compileFunction } = process.getBuiltinModule('node:vm');
    compileFunction(readFileSync(file, 'utf8'), ['exports', 'require', 'module', '__filename', '__dirname']);
    return false;
  } catch {
    return true;
  }
}

function typeOfPackage(folder: string): unknown {
  try {
    const { type } = JSON.parse(readFileSync(join(folder, 'package.json'), 'utf8')) as { type?: unknown };
    return type;
  } catch {
    const parent = dirname(folder);
    return parent === folder ? undefined : typeOfPackage(parent);
  }
}

function explained(error: unknown, entry: string): unknown {
  switch ((error as { code?: unknown } | undefined)?.code) {
    case 'ERR_REQUIRE_ASYNC_MODULE':
      return new Error(
        `async-tamer/register cannot evaluate ${entry} synchronously: it has a top-level "await", or imports a module that ` +
          'has, and a module that waits is evaluated in microtasks, in which nothing can block. ' +
          'Move the "await" into a function, or run what blocks in synchronous(fn), without this preload.',
        { cause: error },
      );
    case 'MODULE_NOT_FOUND':
      return (error as Error).message.includes("'ts-node'")
        ? new Error(
            `async-tamer/register cannot load ${entry}: this Node does not run TypeScript by itself. ` +
              'Install ts-node, or use Node 22.18 or later.',
            { cause: error },
          )
        : error;
    default:
      return error;
  }
}
