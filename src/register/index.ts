// The room `register`. It promises: a program that is an ES module may block at its top level. It takes nothing from the rooms
// below: it runs before the program, and loads it where no module is being evaluated.

/**
 * The preload for programs that are ES modules: with it they may block at their top level. It exports nothing.
 *
 * @example
 * ```sh
 * node -r async-tamer/register main.mjs
 * ```
 *
 * @module async-tamer/register
 */

import { evaluateEntry } from './preload.ts';

evaluateEntry('-r');
