import { once } from 'node:events';
import type { AddressInfo } from 'node:net';
import { fileURLToPath } from 'node:url';
import express, { type NextFunction, type Request, type Response } from 'express';
import { AsyncScope, tamed } from 'async-tamer';

import { examplesIn } from './docs/example.ts';
import { run } from './support/child-process.ts';
import { compile } from './support/compile.ts';

const recipes = examplesIn('docs/guides/recipes.md');

/** The program of a recipe, which in the guide sends the signal to itself alone. */
function programOf(name: string, signal: NodeJS.Signals): string {
  const { code } = recipes.find((recipe) => recipe.name === name)!;
  const sent = code.replace(`process.emit('${signal}')`, `process.kill(process.pid, '${signal}')`);
  const program = compile(`recipes-${signal}`, new Map([['/recipe.ts', sent]])).get('/recipe.ts')!;
  return fileURLToPath(program);
}

// spec/docs.spec.ts runs all recipes; these two in processes of their own.
describe('A recipe, by a signal of the system', () => {
  it('answers the requests that run, on SIGTERM', async () => {
    const { stdout, code } = await run([programOf('A server that ends on SIGTERM', 'SIGTERM')]);

    expect(stdout).toContain('all requests have ended');
    expect(stdout).toContain('answered');
    expect(code).toBe(0);
  });

  it('cleans up on Ctrl-C', async () => {
    const { stdout, code } = await run([programOf('A command-line program with Ctrl-C', 'SIGINT')]);

    expect(stdout.split('\n').slice(-2)).toEqual(['interrupted', '']);
    expect(code).toBe(0);
  });
});

describe('A scope for each request of Express', () => {
  it('lets Express answer a handler that fails, and says nothing of that when it closes', async () => {
    const closed: unknown[] = [];
    const scope = new AsyncScope({ exitMode: 'cancel' });
    const report = tamed(async () => Promise.reject(new Error('no report')));
    const app = express();
    app.use((_request: Request, response: Response, next: NextFunction) => {
      response.once(
        'close',
        () =>
          void scope.close().then(
            () => closed.push('closed'),
            (error: unknown) => closed.push(error),
          ),
      );
      next();
    });
    app.get('/report', (_request: Request, _response: Response, next: NextFunction) => {
      scope.start(report()).subscribe({ error: next });
    });
    app.use((error: Error, _request: Request, response: Response, _next: NextFunction) => {
      response.status(500).send(error.message);
    });
    const server = app.listen(0);
    await once(server, 'listening');
    const { port } = server.address() as AddressInfo;

    const reply = await fetch(`http://localhost:${port}/report`, { headers: { connection: 'close' } });
    const answer = [reply.status, await reply.text()];
    await new Promise((resolve) => server.close(resolve));

    expect(answer).toEqual([500, 'no report']);
    expect([closed, scope.closed]).toEqual([['closed'], true]);
  });
});
