import type { TSESTree } from '@typescript-eslint/utils';

import { contains, functionAround, keyOf, typesOf, type Context, type Node, type Rule } from './typed.ts';

/** A scope that is neither disposed nor closed. Its children may run on, and its failures are reported late. */
export const openScope: Rule<'open'> = {
  meta: {
    type: 'problem',
    docs: { description: 'Report "new AsyncScope()" that is neither disposed nor closed.' },
    messages: {
      open:
        'No code closes this scope. Write "await using scope = new AsyncScope()" or AsyncScope.run(), ' +
        'or call its close().',
    },
    schema: [],
  },
  create: (context) => {
    const types = typesOf(context);
    return {
      NewExpression: (node) => {
        const fn = functionAround(node);
        if (!types.isScope(node) || hasParent(node) || (fn !== undefined && types.isTamed(fn))) {
          return; // Its parent closes it, or the call that made it.
        }
        if (isLeftOpen(node, context)) {
          context.report({ node, messageId: 'open' });
        }
      },
    };
  },
};

function hasParent({ arguments: [options] }: TSESTree.NewExpression): boolean {
  if (options?.type !== 'ObjectExpression') {
    return options !== undefined; // Its options are not known here.
  }
  return options.properties.some(
    (each) => each.type === 'SpreadElement' || (each.key.type === 'Identifier' && each.key.name === 'parent'),
  );
}

const ENDS = /^(?:close|shutdown|dispose|asyncDispose)$/;

function isLeftOpen(node: TSESTree.NewExpression, context: Context<'open'>): boolean {
  const { parent } = node;
  switch (parent.type) {
    case 'ExpressionStatement':
      return true;
    case 'MemberExpression':
      return !ENDS.test(keyOf(parent) ?? '');
    case 'PropertyDefinition':
      return !isEndedInClass(parent, context);
    case 'VariableDeclarator':
      return (
        parent.id.type === 'Identifier' && !parent.parent.kind.includes('using') && !isEnded(parent, context)
      );
    default:
      return false; // It is given to other code.
  }
}

/** Whether code ends the scope of a variable, or has it. */
function isEnded(declarator: TSESTree.VariableDeclarator, context: Context<'open'>): boolean {
  const variables = context.sourceCode.getDeclaredVariables(declarator);
  const isExported = declarator.parent.parent.type === 'ExportNamedDeclaration';
  const uses = variables.flatMap(({ references }) => references.map(({ identifier }) => identifier));
  return isExported || uses.some((use) => use !== declarator.id && (ends(use) || givesAway(use)));
}

/** `scope.close()` and the like. */
function ends({ parent }: Node): boolean {
  return parent?.type === 'MemberExpression' && ENDS.test(keyOf(parent) ?? '');
}

/** A function that takes a scope and does not close it. */
const USERS = /^(?:within|trace)$/;

/**
 * Whether the scope is given to code that may end it: it is returned, kept, or an argument. A `parent` is not ended by its nested
 * scope.
 */
function givesAway(use: Node): boolean {
  const { parent } = use;
  if (parent?.type === 'CallExpression') {
    return !(parent.callee.type === 'Identifier' && USERS.test(parent.callee.name));
  }
  const isParent =
    parent?.type === 'Property' && parent.key.type === 'Identifier' && parent.key.name === 'parent';
  return parent?.type !== 'MemberExpression' && !isParent;
}

/** Whether the class ends the scope in its field, or gives it away. */
function isEndedInClass(field: TSESTree.PropertyDefinition, context: Context<'open'>): boolean {
  const { key } = field;
  const name = key.type === 'Identifier' || key.type === 'PrivateIdentifier' ? key.name : undefined;
  const isPublic = key.type === 'Identifier' && field.accessibility !== 'private';
  const test = (node: Node): boolean =>
    node.type === 'MemberExpression' && keyOf(node) === name && (ends(node) || givesAway(node));
  return isPublic || name === undefined || contains(field.parent, context, test, () => true);
}
