// Rules that no linter brings, for oxlint: see .oxlintrc.json. A rule is written as for ESLint.

const underscore = /^_|_$/;

/** Whoever switches a rule off says why: eslint-disable-next-line rule -- the reason */
const reasons = {
  create: (context) => ({
    Program() {
      for (const comment of context.sourceCode.getAllComments()) {
        if (/^\s*(?:eslint|oxlint)-disable/.test(comment.value) && !/ -- \S+ \S/.test(comment.value)) {
          context.report({ node: comment, message: 'Say why, after the name of the rule and " -- ".' });
        }
      }
    },
  }),
};

/** An underscore says that a variable is not used, and nothing else. */
const noUnderscores = {
  create(context) {
    const { sourceCode } = context;
    if (!/\b_|_\b/.test(sourceCode.text)) {
      return {}; // Not one name: the scopes need not be looked at.
    }
    const check = (node, name) => {
      if (underscore.test(name)) {
        context.report({ node, message: `"${name}" begins or ends with an underscore. Leave it out.` });
      }
    };
    const member = ({ key, computed }) => {
      if (!computed) {
        check(key, String(key.name ?? key.value));
      }
    };
    return {
      'ObjectExpression > Property': member,
      ':matches(PropertyDefinition, MethodDefinition, AccessorProperty)': member,
      ':matches(TSPropertySignature, TSMethodSignature, TSAbstractPropertyDefinition)': member,
      'Program:exit'() {
        for (const { name, defs, references } of sourceCode.scopeManager.scopes.flatMap(
          (scope) => scope.variables,
        )) {
          const [def] = defs;
          if (def === undefined || def.type === 'ImportBinding') {
            continue; // It has its name from others.
          }
          const used = references.some((reference) => reference.isRead()) || isExported(def);
          const mayBeMarked = !used && (def.type === 'Parameter' || def.type === 'Variable');
          check(def.name, mayBeMarked ? name.replace(/^_/, '') : name);
        }
      },
    };
  },
};

function isExported({ node, parent }) {
  return [node, parent].some((declaration) => declaration?.parent?.type.startsWith('Export'));
}

const noPrivate = {
  create: (context) => ({
    ':matches(PropertyDefinition, MethodDefinition[kind!="constructor"])[accessibility="private"]'(node) {
      context.report({ node, message: 'Use a #private name, which is private at run time too.' });
    },
  }),
};

const interfaceNames = {
  create: (context) => ({
    TSInterfaceDeclaration({ id }) {
      if (!/^[A-Z][A-Za-z0-9]*$/.test(id.name) || /^I[A-Z]/.test(id.name)) {
        context.report({ node: id, message: `An interface has a name like "Shape", not "${id.name}".` });
      }
    },
  }),
};

export default {
  meta: { name: 'house' },
  rules: {
    reasons,
    'no-underscores': noUnderscores,
    'no-private': noPrivate,
    'interface-names': interfaceNames,
  },
};
