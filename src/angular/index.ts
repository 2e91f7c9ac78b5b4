/**
 * Scopes and resources that end with what Angular destroys.
 *
 * @module async-tamer/angular
 */

export { whenScopesClosed } from './closing.ts';
export { injectAsyncScope, type InjectAsyncScopeOptions } from './inject.ts';
export { tamedResource, type TamedResourceOptions } from './resource.ts';
