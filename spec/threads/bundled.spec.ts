import { cpSync, existsSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';

import { library, moduleNamed, thrownBy } from './kit.ts';

interface Peers {
  loadPiscina(): unknown;
  workerFile(name: 'pool-worker' | 'sync-worker'): string;
}

// A bundler moves code away from the files beside it; here it is copied, into folders where packages are found or are not.
describe('Threads whose code was moved by a bundler', () => {
  const stranger = mkdtempSync(join(tmpdir(), 'async-tamer-bundled-'));

  afterAll(() => rmSync(stranger, { recursive: true }));

  async function movedTo(folder: string): Promise<Peers> {
    for (const file of ['threads/peers.cjs', 'remote/thread-error.cjs']) {
      mkdirSync(dirname(join(folder, 'bundle', file)), { recursive: true });
      cpSync(new URL(file, library), join(folder, 'bundle', file));
    }
    return (await import(pathToFileURL(join(folder, 'bundle/threads/peers.cjs')).href)) as Peers;
  }

  it('run the files of the package that is installed', async () => {
    const { workerFile } = await movedTo(fileURLToPath(new URL('moved', moduleNamed('work'))));

    const files = [workerFile('pool-worker'), workerFile('sync-worker')];

    expect(files.map((file) => existsSync(file))).toEqual([true, true]);
    expect(files[0]).toMatch(/async-tamer.dist.node.threads.pool-worker\.cjs$/);
  });

  it('say what to do if none is, or a peer is not', async () => {
    writeFileSync(join(stranger, 'package.json'), '{ "type": "module" }');
    const { workerFile, loadPiscina } = await movedTo(stranger);

    const failures = [thrownBy(() => workerFile('pool-worker')), thrownBy(() => loadPiscina())];

    expect(failures.map(({ name, message }) => [name, message])).toEqual([
      ['ThreadError', jasmine.stringMatching(/Keep "async-tamer" out of the bundle/)],
      ['ThreadError', 'Threads need the package piscina. Install it: npm install piscina'],
    ]);
  });
});
