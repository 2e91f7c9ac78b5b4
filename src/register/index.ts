/**
 * The preload for programs that are ES modules: they may block at their top level then. It exports nothing.
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
