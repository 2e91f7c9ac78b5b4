// A loader of webpack: TypeScript without its types. "npm run types" checks those.
import { createRequire } from 'node:module';
import { relative } from 'node:path';

import { compiled, compiler } from '../compiled.mjs';

const options = { target: 'ES2022', module: 'ESNext', verbatimModuleSyntax: true, sourceMap: true };
const by = `typescript-loader ${compiler} ${JSON.stringify(options)}`;
let typescript;

export default function compile(source) {
  const fileName = this.resourcePath;
  const name = relative(this.rootContext, fileName).replaceAll('\\', '/');
  const { code, map } = JSON.parse(compiled(by, fileName, source, () => transpiled(source, fileName, name)));
  this.callback(null, code, map);
}

function transpiled(source, fileName, name) {
  typescript ??= createRequire(import.meta.url)('typescript');
  const { options: compilerOptions } = typescript.convertCompilerOptionsFromJson(options, '');
  const { outputText, sourceMapText } = typescript.transpileModule(source, { compilerOptions, fileName });
  const map = { ...JSON.parse(sourceMapText), sources: [name] };
  return JSON.stringify({ code: outputText.replace(/\n\/\/# sourceMappingURL=.*\s*$/, '\n'), map });
}
