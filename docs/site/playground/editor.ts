import { defaultKeymap, history, historyKeymap, indentWithTab } from '@codemirror/commands';
import { javascript } from '@codemirror/lang-javascript';
import { bracketMatching, indentOnInput, syntaxHighlighting } from '@codemirror/language';
import { EditorState } from '@codemirror/state';
import { drawSelection, EditorView, keymap, lineNumbers } from '@codemirror/view';
import { classHighlighter } from '@lezer/highlight';

/** An editor of one program. */
export interface Editor {
  readonly element: HTMLElement;
  text: string;
  close(): void;
}

/**
 * Makes an editor for TypeScript; `run` is called for Ctrl+Enter, or for Cmd+Enter on a Mac. The Tab key indents. After Escape it
 * leaves the editor, so that no user of the keyboard is caught in it.
 */
export function edit(label: string, run: () => void): Editor {
  const runs = {
    key: 'Mod-Enter',
    run: () => {
      run();
      return true;
    },
  };
  const extensions = [
    lineNumbers(),
    history(),
    drawSelection(),
    indentOnInput(),
    bracketMatching(),
    javascript({ typescript: true }),
    // Classes: the style of the site has their colours for light and dark.
    syntaxHighlighting(classHighlighter),
    // First, since the default for Ctrl+Enter is a new line.
    keymap.of([runs, ...defaultKeymap, ...historyKeymap, indentWithTab]),
    EditorView.contentAttributes.of({ 'aria-label': label }),
  ];
  const view = new EditorView({ extensions });
  return {
    element: view.dom,
    get text() {
      return view.state.doc.toString();
    },
    set text(text) {
      // A new state: undo does not lead back into another program.
      view.setState(EditorState.create({ doc: text, extensions }));
    },
    close: () => view.destroy(),
  };
}
