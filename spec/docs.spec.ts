import { readdirSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import ts from 'typescript';

import { check, problemsOf, type Findings } from './docs/check.ts';
import { examplesIn, examplesOfMarkdown, examplesOfSource, programIn, type Example } from './docs/example.ts';
import { isSentence, textsInSources, textsOf } from './docs/messages.ts';
import type { Exported } from './docs/project.ts';
import { runAll } from './docs/runner.ts';
import { compile } from './support/compile.ts';

const root = new URL('../', import.meta.url);
const sources = readdirSync(new URL('src/', root), { encoding: 'utf8', recursive: true }).filter((name) =>
  name.endsWith('.ts'),
);
const guides = readdirSync(new URL('docs/guides/', root)).filter((name) => name.endsWith('.md'));
const pages = ['README.md', ...guides.map((name) => `docs/guides/${name}`)];
const programs = readdirSync(new URL('docs/site/playground/programs/', root)).map(
  (name) => `docs/site/playground/programs/${name}`,
);
const examples = [
  ...[...pages, ...sources.map((name) => `src/${name}`)].flatMap(examplesIn),
  ...programs.map(programIn),
];
const run = examples.filter(({ skipped }) => skipped === undefined);

/** Examples made up for these specs, to see the check at work. */
const made = {
  good: example('console.log([1], "a");', ['[ 1 ] a']),
  'late output': example('setTimeout(() => console.log("late"), 20);', ['late']),
  silent: example('export {};', []),
  'another output': example('console.log(1);', ['2']),
  'more output': example('console.log(1); console.log(2);', ['1']),
  'unexpected output': example('console.error("oops");', []),
  'no output': example('export {};', ['1']),
  throws: example('throw new Error("Oh no!");', []),
  'throws later': example('setTimeout(() => { throw new Error("Oh no!"); });', []),
  'rejects unseen': example('void Promise.reject(new Error("Oh no!"));', []),
  'never ends its await': example('export {}; await new Promise(() => {});', []),
  'a wrong type': example('const n: number = "one"; export { n };', []),
  'a wrong name': example("import { nothing } from 'async-tamer'; nothing();", []),
};

let found: Promise<Findings> | undefined;

/** All at once, and once: most of the time goes into reading the types of the platform and of RxJS. */
function findings(): Promise<Findings> {
  found ??= check([...run, ...Object.values(made)]);
  return found;
}

describe('The documentation', () => {
  let problems: Findings['problems'];

  beforeAll(async () => {
    ({ problems } = await findings());
  });

  for (const [title, example] of titled(run)) {
    it(`has an example that prints what it says: ${title}`, () => {
      expect(problems.get(example)).toBe('');
    });
  }

  for (const [title, { skipped }] of titled(examples.filter((example) => !run.includes(example)))) {
    it(`has an example that is not run: ${title}`, () => {
      pending(skipped);
    });
  }

  it('has a README of less than 200 lines: the rest is for guides', () => {
    expect(readFileSync(new URL('README.md', root), 'utf8').split('\n').length).toBeLessThanOrEqual(200);
  });

  it('begins the README with programs that are plain JavaScript, also on a Node that does not know "using"', () => {
    const [first, second] = examplesIn('README.md');

    for (const { code } of [first!, second!]) {
      const { outputText, diagnostics } = ts.transpileModule(code, {
        fileName: 'pasted.mjs',
        compilerOptions: { target: ts.ScriptTarget.ES2022, module: ts.ModuleKind.ESNext, allowJs: true },
        reportDiagnostics: true,
      });

      expect(diagnostics).toEqual([]);
      expect(withoutBlanks(outputText).replace('export{};', '')).toBe(withoutBlanks(code));
    }
  });

  for (const page of pages) {
    it(`has no block in ${page} that looks like code and is not run, unless it is of another language`, () => {
      const fences = readFileSync(new URL(page, root), 'utf8').match(/^ *(?:```|~~~).*$/gm) ?? [];
      const known = /^```(?:ts(?: (?:no-run|file): .+)?|sh|text|html|js|kotlin|python)?$/;

      expect(fences.filter((fence) => !known.test(fence))).toEqual([]);
      expect(fences.length % 2).toBe(0);
    });
  }
});

describe('The page of the messages', () => {
  const page = readFileSync(new URL('docs/guides/messages.md', root), 'utf8');
  const texts = textsInSources();

  it('has every sentence that an error of the library may say: add yours', () => {
    const sentences = texts.filter(isSentence);
    const shown = inOneLine(page);

    const missing = sentences.filter(({ text }) => !shown.includes(inOneLine(text)));

    expect(sentences.length).toBeGreaterThan(100);
    // What it says beside: the name of a body, and what a rule of ESLint is for.
    const beside = /^(?:… \(the body of the run\)$|(?:Report|Require) )/;
    expect(missing.filter(({ text }) => !beside.test(text))).toEqual([]);
  });

  it('has none that no error says', () => {
    const said = texts.map(({ text }) => inOneLine(text)).join('\n');

    const shown = [...page.matchAll(/^ *- `([^`]+)`/gm)].map(([, text = '']) => text);

    expect(shown.filter((text) => !said.includes(text))).toEqual(['Timeout has occurred']); // by RxJS
  });

  it('would see a sentence that is a sum, or is filled in', () => {
    const source =
      "throw new Error(`A ${kind} cannot ` + 'do that: ' + (why ? 'it is not a thing yet.' : ''));";

    const sentences = textsOf('a.ts', source).filter(isSentence);

    expect(sentences.map(({ text }) => text)).toEqual(['A … cannot do that: …']);
  });
});

describe('What the library exports', () => {
  let exported: readonly Exported[];

  beforeAll(async () => {
    ({ exported } = await findings());
  });

  it('has a doc comment, down to every member', () => {
    const all = exported.flatMap((each) => [each, ...each.members.map((member) => inside(each, member))]);

    const silent = all.filter(({ text }) => text === '').map(({ name }) => name);

    expect(all.length).toBeGreaterThan(exported.length);
    expect(silent).toEqual([]);
  });

  it('has an example', () => {
    const silent = exported.filter(({ examples: own }) => !own.some((text) => text.includes('```ts')));

    expect(exported.length).toBeGreaterThan(50);
    expect(silent.map(({ name }) => name)).toEqual([]);
  });
});

describe('An example', () => {
  it('is a block fenced as ts, under its heading, with the lines that it says it prints', () => {
    const text = '# Title\n\n```sh\nnpm cit\n```\n\n## Tour\n\n```ts\nf(); // => a\n// => b\n```\n';

    const found = examplesOfMarkdown('README.md', text);

    expect(found).toEqual([
      {
        file: 'README.md',
        line: 10,
        name: 'Tour',
        code: 'f(); // => a\n// => b\n',
        expected: ['a', 'b'],
        skipped: undefined,
        saved: undefined,
      },
    ]);
  });

  it('is in a doc comment too, under the name of what that documents', () => {
    const text = [
      'class A {',
      '  /**',
      '   * Does it.',
      '   *',
      '   * @example',
      '   * ```ts',
      '   * class B { @tamed f() { return 1; } }',
      '   * ```',
      '   */',
      '  do(): void {}',
      '}',
    ].join('\n');

    const found = examplesOfSource('src/a.ts', text);

    expect(found.map(({ name, line, code }) => [name, line, code])).toEqual([
      ['A.do', 7, 'class B { @tamed f() { return 1; } }\n'],
    ]);
  });

  it('is a module for the others of its page, where its fence gives it a name', () => {
    const [module] = examplesOfMarkdown('a.md', '```ts file: work.ts\nexport const one = 1;\n```\n');

    expect([module?.saved, module?.skipped]).toEqual(['work.ts', undefined]);
  });

  it('is left out only with a reason', () => {
    const fenced = (info: string): string => `\`\`\`ts${info}\nf();\n\`\`\`\n`;

    expect(examplesOfMarkdown('a.md', fenced(' no-run: needs a browser'))[0]?.skipped).toBe(
      'needs a browser',
    );
    expect(() => examplesOfMarkdown('a.md', fenced(' no-run'))).toThrowError(/no-run: the reason/);
    expect(() => examplesOfMarkdown('a.md', fenced(' ignore'))).toThrowError(/a\.md/);
  });

  describe('that is checked', () => {
    const failing: Record<Exclude<keyof typeof made, 'good' | 'late output' | 'silent'>, RegExp> = {
      'another output': /prints \["1"\], and says \["2"\]/,
      'more output': /prints \["1","2"\]/,
      'unexpected output': /prints \["oops"\]/,
      'no output': /prints \[\]/,
      throws: /Error: Oh no!/,
      'throws later': /Error: Oh no!/,
      'rejects unseen': /Error: Oh no!/,
      'never ends its await': /awaits what never comes/,
      'a wrong type': /line 1: Type 'string' is not assignable/,
      'a wrong name': /has no exported member/,
    };
    let problems: Findings['problems'];

    beforeAll(async () => {
      ({ problems } = await findings());
    });

    for (const name of ['good', 'late output', 'silent'] as const) {
      it(`passes: ${name}`, () => {
        expect(problems.get(made[name])).toBe('');
      });
    }

    for (const [name, message] of Object.entries(failing)) {
      it(`fails: ${name}`, () => {
        expect(problems.get(made[name as keyof typeof failing])).toMatch(message);
      });
    }

    it('fails when it hangs, or ends the process, and the ones after it run all the same', async () => {
      const codes = [
        'Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0);',
        'setInterval(() => {}, 5);',
        'process.exit(3);',
        'console.log(1);',
      ];
      const paths = codes.map((_, index) => fileURLToPath(new URL(`reports/hang-${index}.ts`, root)));
      const programs = [
        ...compile('hanging', new Map(paths.map((path, index) => [path, codes[index]!]))).values(),
      ];

      const outcomes = await runAll(programs, 5000);

      expect(programs.map((program) => outcomes.get(program)!)).toEqual([
        { printed: '', problem: 'It still ran after 5000 ms.' },
        { printed: '', problem: 'It still ran after 5000 ms.' },
        { printed: '', problem: 'It ended the whole process, with exit code 3.' },
        { printed: '1\n', problem: '' },
      ]);
      expect(problemsOf(example('', []), undefined)).toEqual(['It did not run.']);
    });
  });
});

function inOneLine(text: string): string {
  return text.replaceAll(/\s+/g, ' ');
}

function withoutBlanks(code: string): string {
  return code.replaceAll(/\s+/g, '');
}

function example(code: string, expected: string[]): Example {
  return {
    file: 'README.md',
    line: 1,
    name: '',
    code: `${code}\n`,
    expected,
    skipped: undefined,
    saved: undefined,
  };
}

/** A title for each, told apart by a number where a file has several of one name. */
function titled(list: readonly Example[]): [string, Example][] {
  const counts = new Map<string, number>();
  return list.map((each) => {
    const title = `${each.file}, ${each.name}`;
    const count = (counts.get(title) ?? 0) + 1;
    counts.set(title, count);
    return [count === 1 ? title : `${title} (${count})`, each];
  });
}

function inside(container: Exported, member: Exported): Exported {
  return { ...member, name: `${container.name}.${member.name}` };
}
