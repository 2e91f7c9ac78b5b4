import { mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

import type { Section } from './find.ts';
import { bundleRunner, programs } from './playground/bundle.ts';
import { addressOf, namesIn, writeReference } from './reference.ts';
import { stage } from './stage.ts';

export const root = fileURLToPath(new URL('../../', import.meta.url));

/**
 * Writes the pages of the site into `folder`, as Markdown, with a new reference; returns what is wrong with the comments in the
 * sources. Sources are linked to in `repository`, if its address is known. Rejects for a link to what does not exist.
 */
export async function write(folder: string, repository?: string): Promise<readonly string[]> {
  const reference = join(folder, 'reference');
  rmSync(folder, { recursive: true, force: true });
  mkdirSync(folder, { recursive: true });
  const complaints = await writeReference(root, reference, repository);
  stage(root, folder, repository, namesIn(reference));
  writeFileSync(join(folder, 'playground.mdx'), PLAYGROUND);
  return complaints;
}

/** Builds the site into `folder`; returns and rejects as {@link write} does, and rejects for a link that leads nowhere. */
export async function build(
  folder: string,
  repository = addressOf(readFileSync(join(root, 'package.json'), 'utf8')),
): Promise<readonly string[]> {
  const written = join(root, 'reports/site');
  rmSync(folder, { recursive: true, force: true });
  const complaints = await write(written, repository);
  const playground = join(written, 'public/playground');
  mkdirSync(playground, { recursive: true });
  writeFileSync(join(playground, 'programs.json'), JSON.stringify(programs()));
  await bundleRunner(playground);
  await buildPages(written, folder);
  return complaints;
}

async function buildPages(written: string, folder: string): Promise<void> {
  // Loaded by who builds pages alone: it takes a second.
  const { build: render, logger } = await import('@rspress/core');
  const { configOf } = await import('./config.ts');
  logger.level = 'warn';
  const sections: Section[] = [];
  await render({ docDirectory: written, config: configOf(root, written, folder, sections) });
  writeFileSync(join(folder, 'search.json'), JSON.stringify(sections));
}

const PLAYGROUND = `---
title: Playground
pageType: doc-wide
sidebar: false
outline: false
footer: false
---

import Playground from 'async-tamer-playground';

# Playground

Programs run in this page, and nothing leaves it. In the editor \`Ctrl+Enter\` runs the program, \`Tab\` indents a line, and
\`Escape\` and then \`Tab\` leads out of the editor.

<Playground />
`;
