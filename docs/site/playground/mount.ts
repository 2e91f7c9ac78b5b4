import type { Program } from './bundle.ts';
import { edit, type Editor } from './editor.ts';
import type { ToFrame, ToPage } from './messages.ts';
import { fromHash, toHash } from './share.ts';

/** Puts the playground into an element of the page. `locate` says where its files are. Returns what takes it away again. */
export function mount(place: HTMLElement, locate: (file: string) => string): () => void {
  const editor = edit('Program', () => run.begin());
  const parts = build(place, editor);
  const run = new Run(parts, locate);
  const leave = new AbortController();
  const { signal } = leave;

  const show = (): void => {
    const shared = fromHash(location.hash);
    if (shared !== undefined) {
      parts.editor.text = shared;
      parts.choice.value = '';
    }
  };
  void offer(parts, locate).then(show);
  parts.choice.addEventListener('change', () => pick(parts), { signal });
  parts.start.addEventListener('click', () => run.begin(), { signal });
  parts.stop.addEventListener('click', () => run.end('Stopped.'), { signal });
  parts.share.addEventListener('click', () => void share(parts), { signal });
  window.addEventListener('hashchange', show, { signal });
  window.addEventListener('message', (event: MessageEvent<ToPage>) => run.hear(event), { signal });
  return () => {
    leave.abort();
    editor.close();
    place.replaceChildren();
  };
}

interface Parts {
  readonly choice: HTMLSelectElement;
  readonly start: HTMLButtonElement;
  readonly stop: HTMLButtonElement;
  readonly share: HTMLButtonElement;
  readonly state: HTMLElement;
  readonly editor: Editor;
  readonly output: HTMLElement;
  readonly timeline: HTMLElement;
}

function build(place: HTMLElement, editor: Editor): Parts {
  const choice = make('select', { ariaLabel: 'Program to begin with' });
  const start = make('button', { type: 'button', textContent: 'Run', className: 'playground-run' });
  const stop = make('button', { type: 'button', textContent: 'Stop', disabled: true });
  const share = make('button', { type: 'button', textContent: 'Share' });
  const state = make('span', { className: 'playground-state', role: 'status' });
  const output = make('pre', {
    className: 'playground-output',
    ariaLabel: 'Console',
    role: 'log',
    tabIndex: 0,
  });
  const timeline = make('div', { className: 'playground-timeline', ariaLabel: 'Timeline', role: 'group' });
  const bar = make('div', { className: 'playground-bar' });
  bar.append(choice, start, stop, share, state);
  const results = make('div', { className: 'playground-results' });
  results.append(timeline, output);
  const both = make('div', { className: 'playground-both' });
  both.append(editor.element, results);
  place.replaceChildren(bar, both);
  return { choice, start, stop, share, state, editor, output, timeline };
}

function make<K extends keyof HTMLElementTagNameMap>(
  name: K,
  properties: Partial<HTMLElementTagNameMap[K]>,
): HTMLElementTagNameMap[K] {
  return Object.assign(document.createElement(name), properties);
}

const offered = new WeakMap<HTMLSelectElement, readonly Program[]>();

/** Loads the programs to begin with, and shows the first. */
async function offer(parts: Parts, locate: (file: string) => string): Promise<void> {
  const response = await fetch(locate('programs.json'));
  const programs = (await response.json()) as readonly Program[];
  offered.set(parts.choice, programs);
  parts.choice.replaceChildren(
    make('option', { value: '', textContent: 'Your own', hidden: true }),
    ...programs.map(({ title }, index) => make('option', { value: String(index), textContent: title })),
  );
  parts.choice.value = '0';
  pick(parts);
}

function pick({ choice, editor }: Parts): void {
  editor.text = offered.get(choice)?.[Number(choice.value)]?.code ?? editor.text;
}

async function share({ editor, state }: Parts): Promise<void> {
  history.replaceState(history.state, '', toHash(editor.text));
  try {
    await navigator.clipboard.writeText(location.href);
    state.textContent = 'The link is copied.';
  } catch {
    state.textContent = 'The link is in the address bar.';
  }
}

/** The frame in which a program runs. Each run has a new one: with the old one goes all that was left there. */
class Run {
  readonly #parts: Parts;
  readonly #locate: (file: string) => string;
  #runner: Promise<string> | undefined;
  #frame: HTMLIFrameElement | undefined;

  constructor(parts: Parts, locate: (file: string) => string) {
    this.#parts = parts;
    this.#locate = locate;
  }

  begin(): void {
    const { output, timeline, stop, state } = this.#parts;
    output.replaceChildren();
    state.textContent = 'Runs…';
    stop.disabled = false;
    const frame = make('iframe', { title: 'Timeline of the scopes' });
    // Without "allow-same-origin" it is a stranger to this page, whatever the program does.
    frame.sandbox.add('allow-scripts');
    this.#frame = frame;
    timeline.replaceChildren(frame);
    timeline.scrollIntoView({ block: 'nearest' });
    this.#runner ??= fetch(this.#locate('runner.js')).then((response) => response.text());
    this.#runner.then(
      (script) => {
        frame.srcdoc = `<!doctype html><style>body{margin:0}svg{display:block;max-width:100%;height:auto}</style><body><script>${script.replaceAll('</script', '<\\/script')}</script>`;
      },
      (error: unknown) => this.end(`The runner cannot be loaded: ${String(error)}`),
    );
  }

  /** Ends it, whatever it does. */
  end(why: string): void {
    this.#frame?.remove();
    this.#leave(why);
  }

  #leave(why: string): void {
    this.#frame = undefined;
    this.#parts.stop.disabled = true;
    this.#parts.state.textContent = why;
  }

  hear({ source, data }: MessageEvent<ToPage>): void {
    const frame = this.#frame;
    if (frame === undefined || source !== frame.contentWindow) {
      return; // Of an older run, or of something else in this page.
    }
    switch (data.type) {
      case 'ready':
        frame.contentWindow?.postMessage(this.#order(), '*');
        break;
      case 'print':
        this.#print(data);
        break;
      case 'height':
        frame.style.height = `${data.height}px`;
        break;
      case 'ended':
        this.#leave(`Ended after ${data.ms} ms.`);
        break;
    }
  }

  #order(): ToFrame {
    const dark = document.documentElement.classList.contains('dark');
    return { type: 'run', code: this.#parts.editor.text, dark };
  }

  #print({ level, text }: Extract<ToPage, { type: 'print' }>): void {
    const { output } = this.#parts;
    output.append(make('span', { className: `playground-${level}`, textContent: `${text}\n` }));
    output.scrollTop = output.scrollHeight;
  }
}
