/** What the page tells the frame in which a program runs. */
export interface ToFrame {
  readonly type: 'run';
  readonly code: string;
  readonly dark: boolean;
}

/** What the frame tells the page. */
export type ToPage =
  | { readonly type: 'ready' }
  | { readonly type: 'print'; readonly level: 'log' | 'warn' | 'error'; readonly text: string }
  | { readonly type: 'height'; readonly height: number }
  | { readonly type: 'ended'; readonly ms: number };
