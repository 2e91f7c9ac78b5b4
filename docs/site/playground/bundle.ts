import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import webpack from 'webpack';

const here = fileURLToPath(new URL('.', import.meta.url));
const root = fileURLToPath(new URL('../../../', import.meta.url));

/** A program to begin with. */
export interface Program {
  readonly title: string;
  readonly code: string;
}

/** In the order of their files; the first line of each is its title. */
export function programs(): Program[] {
  const folder = join(here, 'programs');
  return readdirSync(folder)
    .sort()
    .map((file) => {
      const [, title = '', code = ''] =
        /^\/\/ (.*)\n([^]*)$/.exec(readFileSync(join(folder, file), 'utf8')) ?? [];
      return { title, code };
    });
}

/** Makes `runner.js` in the folder: the library, RxJS, and what runs a program with them, as one script. */
export async function bundleRunner(folder: string): Promise<void> {
  const stats = await compile({
    mode: 'production',
    context: root,
    entry: join(here, 'runner.ts'),
    target: ['web', 'es2022'],
    // Function names are shown in the timeline.
    optimization: { minimize: false, concatenateModules: true },
    module: { rules: [{ test: /\.ts$/, loader: join(root, 'spec/support/browser/typescript-loader.mjs') }] },
    resolve: {
      extensions: ['.ts', '...'],
      alias: {
        'async-tamer$': join(root, 'src/index.ts'),
        'async-tamer': join(root, 'src'),
        [join(root, 'src/blocking/event-loop.ts')]: join(root, 'src/blocking/event-loop.browser.ts'),
      },
    },
    performance: false,
    output: { path: folder, filename: 'runner.js' },
  });
  const problems = [...stats.compilation.errors, ...stats.compilation.warnings];
  if (problems.length > 0) {
    throw new Error(
      `The playground cannot be bundled:\n${problems.map(({ message }) => message).join('\n')}`,
    );
  }
}

function compile(configuration: webpack.Configuration): Promise<webpack.Stats> {
  return new Promise((resolve, reject) => {
    webpack(configuration, (error, stats) => {
      if (stats === undefined) {
        reject(error ?? new Error('webpack has made nothing.'));
      } else {
        resolve(stats);
      }
    });
  });
}
