import { functionAround, typesOf, type Context, type Node, type Rule, type Types } from './typed.ts';

/** A call that no code waits for. It is cold, so it does nothing at all. */
export const floatingCall: Rule<'floating'> = {
  meta: {
    type: 'problem',
    docs: { description: 'Report a call that is not awaited, started or subscribed: it never runs.' },
    messages: {
      floating:
        'No code waits for this call, so it does not run. Write "{{how}}" before it, or start it in a scope.',
    },
    schema: [],
  },
  create: (context) => {
    const types = typesOf(context);
    return {
      ExpressionStatement: ({ expression }) => report(expression, context, types),
    };
  },
};

function report(node: Node, context: Context<'floating'>, types: Types): void {
  const parts = partsOf(node);
  if (parts.length > 0) {
    parts.forEach((part) => report(part, context, types));
  } else if (node.type !== 'AssignmentExpression' && types.isCall(node)) {
    const how = functionAround(node)?.generator === true ? 'yield*' : 'await';
    context.report({ node, messageId: 'floating', data: { how } });
  }
}

/** The expressions that the value may come from, if it is not made here. */
function partsOf(node: Node): Node[] {
  switch (node.type) {
    case 'LogicalExpression':
      return [node.right];
    case 'ConditionalExpression':
      return [node.consequent, node.alternate];
    case 'SequenceExpression':
      return node.expressions;
    case 'UnaryExpression':
      return [node.argument];
    case 'TSNonNullExpression':
    case 'ChainExpression':
      return [node.expression];
    default:
      return [];
  }
}
