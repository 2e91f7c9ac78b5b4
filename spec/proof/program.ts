/** A random program: who is started where, what each does, and what comes from outside while it runs. */
export interface Program {
  readonly root: ScopeOptions;
  /** `scope`: made, filled, and closed from outside; `run`: the code is the body of one `AsyncScope.run`. */
  readonly form: 'scope' | 'run';
  /** The first child, or the body of the run. */
  readonly code: Code;
  /** Children that are started at once after that. */
  readonly others: readonly Code[];
  /** What is done from outside, at a time. */
  readonly outside: readonly Intervention[];
  /** When the scope is closed from outside. */
  readonly closeAt: number;
}

export interface ScopeOptions {
  readonly exitMode: 'wait' | 'cancel' | 'raise';
  readonly errorMode: 'cancel' | 'continue';
  readonly concurrency?: number;
  readonly timeout?: number;
}

/** In which style a piece of code is written. */
export type Style = 'coroutine' | 'async function' | 'async generator';

/** A tamed function, and the operators under which its call is put. */
export interface Code {
  readonly style: Style;
  readonly steps: readonly Step[];
  readonly operators: readonly Operator[];
}

export type Operator =
  | { readonly name: 'retry' | 'catchError' | 'take' | 'switchMap' | 'latest' | 'share' | 'repeat' }
  | { readonly name: 'timeout' | 'takeUntil' | 'race'; readonly ms: number }
  | { readonly name: 'finalize'; readonly cleanup: Code }
  | { readonly name: 'finalizeThrow' };

/** `level` counts the scopes around, from the innermost; all numbers are taken modulo what there is. */
export type Step =
  | { readonly type: 'sleep'; readonly ms: number }
  | { readonly type: 'throw' }
  | {
      readonly type: 'start';
      readonly code: Code;
      readonly level: number;
      readonly service: boolean;
      /** When its own signal aborts, in ms after the start. */
      readonly abortAfter?: number;
    }
  /** Waits for `cleanup(code)`. */
  | { readonly type: 'cleanup'; readonly code: Code }
  | { readonly type: 'await'; readonly result: number; readonly caught: boolean }
  | { readonly type: 'call'; readonly code: Code }
  | { readonly type: 'all'; readonly codes: readonly Code[] }
  | { readonly type: 'settled'; readonly codes: readonly Code[] }
  /** A call for each, so many at once. The source of them is asynchronous if it is late. */
  | {
      readonly type: 'rows';
      readonly codes: readonly Code[];
      readonly places: number;
      readonly ordered: boolean;
      readonly late: boolean;
    }
  /** Takes what the code gives as a resource, which needs so many ms to be released. */
  | { readonly type: 'acquire'; readonly code: Code; readonly ms: number }
  | { readonly type: 'try'; readonly steps: readonly Step[]; readonly finally: readonly Step[] }
  | { readonly type: 'catch'; readonly steps: readonly Step[]; readonly cancels: boolean }
  | { readonly type: 'cancel'; readonly level: number }
  | { readonly type: 'run'; readonly options: ScopeOptions; readonly body: Code }
  | {
      readonly type: 'scope';
      readonly options: ScopeOptions;
      readonly steps: readonly Step[];
      /** Whose it is: the code closes its own, or leaves it to its call; one with a parent is closed by the code, or left to that. */
      readonly owner: 'code' | 'call' | 'parent, closed by code' | 'parent';
      readonly level: number;
    };

export type Intervention =
  | { readonly type: 'start'; readonly at: number; readonly code: Code }
  | { readonly type: 'cancel' | 'abort' | 'unsubscribe'; readonly at: number }
  | { readonly type: 'shutdown'; readonly at: number; readonly timeout: number }
  | { readonly type: 'await'; readonly at: number; readonly result: number };
