/**
 * Scopes and resources that end with what Angular destroys.
 *
 * @module async-tamer/angular
 */

export { whenScopesClosed } from './angular/closing.ts';
export { injectAsyncScope, type InjectAsyncScopeOptions } from './angular/inject.ts';
export { tamedResource, type TamedResourceOptions } from './angular/resource.ts';
