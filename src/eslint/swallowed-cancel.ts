import type { TSESTree } from '@typescript-eslint/utils';

import { contains, functionAround, typesOf, type Context, type Node, type Rule } from './typed.ts';

/** A `catch` in a tamed async function that takes a cancel for any other failure, and goes on. */
export const swallowedCancel: Rule<'swallowed'> = {
  meta: {
    type: 'problem',
    docs: { description: 'Report a "catch" in a tamed async function that swallows CancelledError.' },
    messages: {
      swallowed:
        'This "catch" gets the CancelledError, too, when the call is cancelled, and the function goes on. ' +
        'Rethrow it: if (error instanceof CancelledError) throw error;',
    },
    schema: [],
  },
  create: (context) => {
    const types = typesOf(context);
    // At a foreign promise the signal alone delivers a cancel.
    const isAwaitable = (node: Node): boolean => types.isCall(node) || types.isResult(node);
    const waits = (node: Node): boolean =>
      (node.type === 'AwaitExpression' && isAwaitable(node.argument)) ||
      (node.type === 'ForOfStatement' && node.await && isAwaitable(node.right)) ||
      (node.type === 'Identifier' && node.name === 'abortSignal');
    return {
      CatchClause: (node) => {
        const fn = functionAround(node);
        const attempt = node.parent;
        if (fn?.async !== true || fn.generator || !types.isTamed(fn)) {
          return;
        }
        const swallows = !tells(node.body, context) && goesOn(attempt, node.body);
        if (swallows && contains(attempt.block, context, waits)) {
          context.report({ node, messageId: 'swallowed' });
        }
      },
    };
  },
};

/** Whether the code handles cancels, or throws. */
function tells(body: Node, context: Context<string>): boolean {
  return contains(
    body,
    context,
    ({ type, ...node }) =>
      type === 'ThrowStatement' ||
      (type === 'Identifier' &&
        /^(?:CancelledError|throwIfAborted|aborted)$/.test((node as { name: string }).name)),
  );
}

/** Whether more code of the function runs after it. */
function goesOn(attempt: TSESTree.TryStatement, { body }: TSESTree.BlockStatement): boolean {
  const last = body.at(-1);
  if (last?.type === 'ReturnStatement') {
    return false;
  }
  return !isLast(last?.type === 'BreakStatement' && last.label === null ? left(attempt) : attempt);
}

/** The loop that a `break` in a node leaves. */
function left(node: Node): Node {
  const { parent } = node;
  return parent === undefined || /^(?:For|While|DoWhile|Switch)/.test(node.type) ? node : left(parent);
}

/** Whether a statement is the last one of its function, or of a block or branch that is. */
function isLast(statement: Node): boolean {
  const { parent } = statement;
  if (parent?.type === 'IfStatement') {
    return isLast(parent);
  }
  return (
    parent?.type === 'BlockStatement' &&
    parent.body.at(-1) === statement &&
    (functionAround(statement)?.body === parent || isLast(parent))
  );
}
