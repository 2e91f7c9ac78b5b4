import { spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, mkdtempSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import type { Browser } from 'playwright-core';

const modules = new URL('../../../node_modules/', import.meta.url);
const ADVICE = 'set CHROME_BIN to the program of a Chrome or Chromium.';

/** The program of a browser: what `CHROME_BIN` says, or the Chromium that npm has installed, or one that is where it usually is. */
export function findChromium(chromeBin: string | undefined = process.env['CHROME_BIN']): string {
  if (chromeBin === undefined || chromeBin === '') {
    return process.platform === 'linux' && process.arch === 'x64' ? unpacked() : usual(process.platform);
  }
  if (!existsSync(chromeBin)) {
    throw new Error(
      `CHROME_BIN is "${chromeBin}", which does not exist. Unset it, since npm has brought a browser, or ${ADVICE}`,
    );
  }
  return chromeBin;
}

const usualPlaces: Partial<Record<NodeJS.Platform, readonly string[]>> = {
  darwin: [
    '/Applications/Google Chrome.app/Contents/MacOS/Google Chrome',
    '/Applications/Chromium.app/Contents/MacOS/Chromium',
  ],
  win32: [
    'C:\\Program Files\\Google\\Chrome\\Application\\chrome.exe',
    'C:\\Program Files (x86)\\Microsoft\\Edge\\Application\\msedge.exe',
  ],
  linux: ['/usr/bin/google-chrome', '/usr/bin/chromium'],
};

/** The browser of a system for which npm brings none. */
export function usual(platform: NodeJS.Platform, exists: (path: string) => boolean = existsSync): string {
  const found = usualPlaces[platform]?.find((path) => exists(path));
  if (found === undefined) {
    throw new Error(
      `There is no browser where it usually is, and npm brings one for Linux on x64 alone: ${ADVICE}`,
    );
  }
  return found;
}

/** A browser that is killed, with all that it wrote, however the block ends: one that hangs would not close. */
export async function launch(executablePath: string): Promise<AsyncDisposable & Pick<Browser, 'newPage'>> {
  const { chromium } = await import('playwright-core'); // Takes long to load.
  const server = await chromium
    .launchServer({ executablePath, args: ['--no-sandbox'] })
    .catch((error: unknown) => {
      throw new Error(`${executablePath} cannot be started. Mend that, or ${ADVICE}\n${String(error)}`);
    });
  try {
    const browser = await chromium.connect(server.wsEndpoint());
    return { newPage: () => browser.newPage(), [Symbol.asyncDispose]: () => server.kill() };
  } catch (error) {
    await server.kill();
    throw error;
  }
}

/** Unpacked once for each version, into a folder that appears when it is complete: others may do the same meanwhile. */
function unpacked(): string {
  const manifest = new URL('@sparticuz/chromium/package.json', modules);
  if (!existsSync(manifest)) {
    throw new Error(
      `There is no browser: the package @sparticuz/chromium is not installed. Run "npm ci", or ${ADVICE}`,
    );
  }
  const { version } = JSON.parse(readFileSync(manifest, 'utf8')) as { version: string };
  const cache = new URL('.cache/', modules);
  const folder = fileURLToPath(new URL(`chromium-${version}`, cache));
  if (!existsSync(folder)) {
    mkdirSync(cache, { recursive: true });
    const fresh = mkdtempSync(`${folder}-`);
    unpackInto(fresh);
    try {
      renameSync(fresh, folder);
    } catch (error) {
      if (!existsSync(folder)) {
        throw error;
      }
    } finally {
      rmSync(fresh, { recursive: true, force: true });
    }
  }
  return `${folder}/chromium`;
}

/** The package unpacks into the folder for temporary files, which a process of its own may have elsewhere. */
function unpackInto(folder: string): void {
  const code = "await (await import('@sparticuz/chromium')).default.executablePath()";
  const { status, stderr } = spawnSync(process.execPath, ['--input-type=module', '--eval', code], {
    cwd: fileURLToPath(modules),
    // Where it takes the system for that one, it unpacks some libraries, too.
    env: { ...process.env, TMPDIR: folder, AWS_EXECUTION_ENV: 'AWS_Lambda_nodejs22.x' },
    encoding: 'utf8',
  });
  if (status !== 0) {
    rmSync(folder, { recursive: true, force: true });
    throw new Error(
      `The Chromium of npm cannot be unpacked into ${folder}. Mend that, or ${ADVICE}\n${stderr}`,
    );
  }
  if (spawnSync(`${folder}/chromium`, ['--version']).status !== 0) {
    renameSync(`${folder}/chromium`, `${folder}/chromium-itself`);
    writeFileSync(`${folder}/chromium`, WITH_LIBRARIES, { mode: 0o755 });
  }
}

/** For a system that has not all libraries: with those that have come along. */
const WITH_LIBRARIES = `#!/bin/sh
folder=$(dirname "$0")
LD_LIBRARY_PATH="$folder/al2023/lib" exec "$folder/chromium-itself" "$@"
`;
