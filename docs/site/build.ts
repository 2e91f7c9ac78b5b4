import { mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { build as buildPages, logger } from '@rspress/core';

import { configOf } from './config.ts';
import type { Section } from './find.ts';
import { bundleRunner, programs } from './playground/bundle.ts';
import { addressOf, namesIn, writeReference } from './reference.ts';
import { stage } from './stage.ts';

export const root = fileURLToPath(new URL('../../', import.meta.url));

/**
 * Builds the site into `folder`; returns what is wrong with the comments in the sources. Sources are linked to in `repository`, if
 * its address is known. Rejects for a link that leads nowhere.
 */
export async function build(
  folder: string,
  repository = addressOf(readFileSync(join(root, 'package.json'), 'utf8')),
): Promise<readonly string[]> {
  const staged = join(root, 'reports/site');
  const reference = join(staged, 'reference');
  rmSync(staged, { recursive: true, force: true });
  rmSync(folder, { recursive: true, force: true });
  mkdirSync(join(staged, 'public/playground'), { recursive: true });
  const complaints = await writeReference(root, reference, repository);
  stage(root, staged, repository, namesIn(reference));
  writeFileSync(join(staged, 'playground.mdx'), PLAYGROUND);
  writeFileSync(join(staged, 'public/playground/programs.json'), JSON.stringify(programs()));
  await bundleRunner(join(staged, 'public/playground'));
  logger.level = 'warn';
  const sections: Section[] = [];
  await buildPages({ docDirectory: staged, config: configOf(root, staged, folder, sections) });
  writeFileSync(join(folder, 'search.json'), JSON.stringify(sections));
  return complaints;
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
