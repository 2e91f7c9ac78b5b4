import { join } from 'node:path';
import { writeFileSync } from 'node:fs';

import { npm, scratch } from '../tarball.ts';
import { check, projects, type Project } from '../types.ts';

/** The oldest that can read the declarations, those with which Angular compiles, and the newest. */
const versions = ['5.2', '5.9', '7.0'];

describe('A program in TypeScript', () => {
  for (const project of projects) {
    it(`sees right declarations with ${describing(project)}`, async () => {
      expect(await check(project)).toBe('');
    });
  }

  for (const version of versions) {
    it(`sees right declarations in TypeScript ${version}`, async () => {
      const folder = scratch('typescript');
      writeFileSync(join(folder, 'package.json'), '{ "private": true }');
      npm(['install', `typescript@~${version}.0`, '--no-audit', '--no-fund', '--prefer-offline'], folder);
      const compiler = join(folder, 'node_modules/typescript');

      const complaints = [];
      for (const project of projects.filter(isFor(version))) {
        complaints.push(await check(project, compiler));
      }

      expect(complaints.filter(Boolean)).toEqual([]);
    }, 180_000);
  }
});

/** Angular's own declarations need a newer one than the oldest. */
function isFor(version: string): (project: Project) => boolean {
  return ({ host, module }) => module !== 'NodeNext' && (host !== 'angular' || version !== versions[0]);
}

function describing({ host, module, exactOptionalPropertyTypes }: Project): string {
  return `module ${module} for ${host}, exactOptionalPropertyTypes ${exactOptionalPropertyTypes ? 'on' : 'off'}`;
}
