// A loader of webpack: TypeScript without its types. "npm run types" checks those.
import { createRequire } from 'node:module';
import { relative } from 'node:path';

import { by, compiled, moduleOptions } from '../compiled.mjs';

let typescript;

export default function load(source) {
  const { code, map } = moduleOf(this.resourcePath, source, this.rootContext);
  this.callback(null, code, map);
}

/** The code of a module whose imports keep their names, and its source map, in which it is named by its path from `root`. */
export function moduleOf(path, source, root) {
  return JSON.parse(compiled(by.webpack, path, source, () => transpiled(source, path, root)));
}

function transpiled(source, fileName, root) {
  typescript ??= createRequire(import.meta.url)('typescript');
  const { options: compilerOptions } = typescript.convertCompilerOptionsFromJson(moduleOptions, '');
  const { outputText, sourceMapText } = typescript.transpileModule(source, { compilerOptions, fileName });
  const map = { ...JSON.parse(sourceMapText), sources: [relative(root, fileName).replaceAll('\\', '/')] };
  return JSON.stringify({ code: outputText.replace(/\n\/\/# sourceMappingURL=.*\s*$/, '\n'), map });
}
