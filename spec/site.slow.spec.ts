import { join } from 'node:path';

import { build, root } from '../docs/site/build.ts';
import { look } from './docs/looks.ts';

describe('The site of the documentation, seen on a phone', () => {
  it('can be read in light and dark: nothing is wider, or pale, or not shown', async () => {
    const folder = join(root, 'reports/seen-site');
    await build(folder);

    const { pages, ...wrong } = await look(folder);

    expect(pages).toBeGreaterThan(50);
    expect(wrong).toEqual({ wide: [], blank: [], pale: [], errors: [] });
  }, 600_000);
});
