import { run } from '../../support/child-process.ts';

const commands = [
  ['node_modules/@angular/compiler-cli/bundles/src/bin/ngc.js', '--project', 'samples/angular'],
  ['node_modules/webpack/bin/webpack.js', '--config', 'samples/angular/webpack.config.js'],
];

let built: Promise<void> | undefined;

/**
 * Does, once a run, what `npm run sample:angular` does before it serves. Rejects, with what the tools say, unless they are
 * content.
 */
export function buildSample(): Promise<void> {
  built ??= build();
  return built;
}

async function build(): Promise<void> {
  for (const command of commands) {
    const { code, stdout, stderr } = await run(command, { timeoutMs: 300_000 });
    const said = `${stdout}${stderr}`.trim();
    if (code !== 0 || /error|warning/i.test(said)) {
      throw new Error(`node ${command.join(' ')} ended with exit code ${String(code)}:\n${said}`);
    }
  }
}
