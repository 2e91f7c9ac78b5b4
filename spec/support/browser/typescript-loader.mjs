// A loader of webpack: TypeScript without its types. "npm run types" checks those.
import { createRequire } from 'node:module';
import { relative } from 'node:path';

import { by, compiled, moduleOptions } from '../compiled.mjs';

let typescript;

export default function compile(source) {
  const fileName = this.resourcePath;
  const name = relative(this.rootContext, fileName).replaceAll('\\', '/');
  const { code, map } = JSON.parse(
    compiled(by.webpack, fileName, source, () => transpiled(source, fileName, name)),
  );
  this.callback(null, code, map);
}

function transpiled(source, fileName, name) {
  typescript ??= createRequire(import.meta.url)('typescript');
  const { options: compilerOptions } = typescript.convertCompilerOptionsFromJson(moduleOptions, '');
  const { outputText, sourceMapText } = typescript.transpileModule(source, { compilerOptions, fileName });
  const map = { ...JSON.parse(sourceMapText), sources: [name] };
  return JSON.stringify({ code: outputText.replace(/\n\/\/# sourceMappingURL=.*\s*$/, '\n'), map });
}
