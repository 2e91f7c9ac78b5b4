// The page, its style, and what webpack has made. Every other path is a page of the app, so it gets index.html.
import { readFile } from 'node:fs/promises';
import type { ServerResponse } from 'node:http';
import { extname } from 'node:path';

const folders = ['../public/', '../dist/site/'].map((path) => new URL(path, import.meta.url));
const types: Record<string, string> = {
  '.html': 'text/html; charset=utf-8',
  '.css': 'text/css; charset=utf-8',
  '.js': 'text/javascript; charset=utf-8',
  '.map': 'application/json',
  '.svg': 'image/svg+xml',
};

export async function serveFile(pathname: string, response: ServerResponse): Promise<void> {
  const type = types[extname(pathname)];
  const name = type === undefined ? '/index.html' : pathname;
  const content = await read(`.${name}`);
  if (content === undefined) {
    response.writeHead(404).end();
    return;
  }
  response.writeHead(200, { 'content-type': type ?? types['.html'], 'cache-control': 'no-cache' });
  response.end(content);
}

/** A URL has no `..` left in its path, so nothing outside of these folders is read. */
async function read(name: string): Promise<Buffer | undefined> {
  for (const folder of folders) {
    try {
      return await readFile(new URL(name, folder));
    } catch {
      // It may be in the other one.
    }
  }
  return undefined;
}
