import { contains, functionAround, typesOf, type FunctionNode, type Node, type Rule } from './typed.ts';

/** `yield` without a star before a call, in a coroutine. */
export const yieldStar: Rule<'star'> = {
  meta: {
    type: 'problem',
    docs: { description: 'Require "yield*" before a call or a result in a coroutine.' },
    messages: { star: 'A coroutine waits with "yield*". Without the star it fails here.' },
    fixable: 'code',
    schema: [],
  },
  create: (context) => {
    const types = typesOf(context);
    const isAwaitable = (node: Node): boolean => types.isCall(node) || types.isResult(node);
    // A generator may yield calls to other code that runs them. A generator that itself waits for calls does not do that.
    const waits = (fn: FunctionNode): boolean =>
      contains(
        fn.body,
        context,
        (node) => node.type === 'YieldExpression' && node.delegate && isAwaitable(node.argument),
      );
    return {
      YieldExpression: (node) => {
        const fn = functionAround(node);
        if (node.delegate || node.argument === null || !isAwaitable(node.argument)) {
          return;
        }
        if (fn === undefined || fn.async) {
          return; // An async generator awaits what it yields.
        }
        if (types.isTamed(fn) || waits(fn)) {
          const range = [node.range[0], node.range[0] + 'yield'.length] as const;
          context.report({ node, messageId: 'star', fix: (fixer) => fixer.insertTextAfterRange(range, '*') });
        }
      },
    };
  },
};
