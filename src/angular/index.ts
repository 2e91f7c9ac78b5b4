// The room `angular`. It promises: a scope or a resource ends with the context in which Angular made it. It takes from the
// rooms below: a scope closes after everything that it owns, and says so.

/**
 * Scopes and resources that end when Angular destroys the context they were made in.
 *
 * @module async-tamer/angular
 */

export { whenScopesClosed } from './closing.ts';
export { injectAsyncScope, type InjectAsyncScopeOptions } from './inject.ts';
export { tamedResource, type TamedResourceOptions } from './resource.ts';
