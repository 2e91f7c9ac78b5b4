import { readFileSync } from 'node:fs';

it('reads a file', () => expect(readFileSync).toBeDefined());
