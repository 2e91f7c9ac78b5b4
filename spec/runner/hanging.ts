import { spawn } from 'node:child_process';
import { mkdtempSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

describe('A spec', () => {
  it('hangs, as does a process that it has started', async () => {
    const folder = mkdtempSync(join(tmpdir(), 'left-'));
    const code = 'process.on("SIGTERM", () => {}); setInterval(() => {}, 1000); console.log("Both hang.");';
    spawn(process.execPath, ['-e', code, folder], { stdio: 'inherit' });
    await new Promise(() => {});
  });
});
