import {
  functionAround,
  typesOf,
  type Context,
  type FunctionNode,
  type Node,
  type Rule,
  type Types,
} from './typed.ts';

type Message = 'floating' | 'ignored';

/** A call that no code waits for. It is cold, so it does nothing at all. */
export const floatingCall: Rule<Message> = {
  meta: {
    type: 'problem',
    docs: { description: 'Report a call that is not awaited, started or subscribed: it never runs.' },
    messages: {
      floating:
        'No code waits for this call, so it does not run. Write "{{how}}" before it, or start it in a scope.',
      ignored:
        'The code that runs this function ignores what it returns, so its call does not run. Start the call in a scope, or subscribe to it.',
    },
    schema: [],
  },
  create: (context) => {
    const types = typesOf(context);
    /** What a function returns, made here. */
    const returned = (node: Node, fn: FunctionNode | undefined): void => {
      if (fn !== undefined && !fn.async && !fn.generator && types.isCall(node) && types.isIgnored(fn)) {
        context.report({ node, messageId: 'ignored' });
      }
    };
    /** A function that is given by its name. */
    const given = (node: Node): void => {
      const isName = node.type === 'Identifier' || node.type === 'MemberExpression';
      if (isName && types.makesCalls(node) && types.isIgnored(node)) {
        context.report({ node, messageId: 'ignored' });
      }
    };
    return {
      ExpressionStatement: ({ expression }) => report(expression, context, types),
      UnaryExpression: ({ operator, argument }) => {
        if (operator === 'void') {
          report(argument, context, types);
        }
      },
      ArrowFunctionExpression: (fn) => {
        if (fn.body.type !== 'BlockStatement') {
          returned(fn.body, fn);
        }
      },
      ReturnStatement: (node) => {
        if (node.argument !== null) {
          returned(node.argument, functionAround(node));
        }
      },
      CallExpression: (node) => node.arguments.forEach(given),
      NewExpression: (node) => node.arguments.forEach(given),
      Property: ({ value }) => given(value),
      JSXExpressionContainer: ({ expression }) => given(expression),
    };
  },
};

function report(node: Node, context: Context<Message>, types: Types): void {
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
      return node.operator === 'void' ? [] : [node.argument]; // Wherever it stands, "void" drops its argument.
    case 'TSNonNullExpression':
    case 'ChainExpression':
      return [node.expression];
    default:
      return [];
  }
}
