// A loader of webpack: TypeScript without its types. "npm run types" checks those.
import { relative } from 'node:path';
import ts from 'typescript';

const compilerOptions = {
  target: ts.ScriptTarget.ES2022,
  module: ts.ModuleKind.ESNext,
  verbatimModuleSyntax: true,
  sourceMap: true,
};

export default function compile(source) {
  const fileName = this.resourcePath;
  const { outputText, sourceMapText } = ts.transpileModule(source, { compilerOptions, fileName });
  const name = relative(this.rootContext, fileName).replaceAll('\\', '/');
  const map = { ...JSON.parse(sourceMapText), sources: [name] };
  this.callback(null, outputText.replace(/\n\/\/# sourceMappingURL=.*\s*$/, '\n'), map);
}
