import type { ParserServicesWithTypeInformation, TSESLint, TSESTree } from '@typescript-eslint/utils';
import type ts from 'typescript';

export type Node = TSESTree.Node;
type Services = Partial<ParserServicesWithTypeInformation>;
type NamedFunctionNode = TSESTree.FunctionExpression | TSESTree.FunctionDeclaration;
export type FunctionNode = TSESTree.ArrowFunctionExpression | NamedFunctionNode;
export type Context<Message extends string> = Readonly<TSESLint.RuleContext<Message, readonly []>>;
export type Rule<Message extends string> = Omit<TSESLint.RuleModule<Message, readonly []>, 'defaultOptions'>;

/** Asks the types what a node is to the library. It compares names and members, so that copies and subclasses count. */
export interface Types {
  isCall(node: Node): boolean;
  isResult(node: Node): boolean;
  isScope(node: Node): boolean;
  /** A function whose code runs as a call: it is given to `tamed` or to `AsyncScope.run`, or decorated by `@tamed`. */
  isTamed(fn: FunctionNode): boolean;
}

/** Throws if the parser gives no types. */
export function typesOf(context: Context<string>): Types {
  const services = context.sourceCode.parserServices as Services | undefined;
  const getType = services?.program === undefined ? undefined : services.getTypeAtLocation;
  if (getType === undefined) {
    throw new Error(
      `The rule ${context.id} needs types. Set languageOptions.parserOptions.projectService, as typescript-eslint says.`,
    );
  }
  const isA = (node: Node, name: string, member: string): boolean => named(getType(node), name, member);
  const isTamer = (callee: Node): boolean =>
    isA(callee, 'tamed', 'from') ||
    (callee.type === 'MemberExpression' &&
      keyOf(callee) === 'run' &&
      isA(callee.object, 'AsyncScope', 'prototype'));
  return {
    isCall: (node) => isA(node, 'TamedCall', 'block'),
    isResult: (node) => isA(node, 'DelayedResult', 'block'),
    isScope: (node) => isA(node, 'AsyncScope', 'events$'),
    isTamed: ({ parent }) => {
      if (parent.type === 'CallExpression') {
        return isTamer(parent.callee);
      }
      return (
        parent.type === 'MethodDefinition' && parent.decorators.some(({ expression }) => isTamer(expression))
      );
    },
  };
}

/** Whether a type, or one of several, is a class of that name that has the member, or is derived from one. */
function named(type: ts.Type, name: string, member: string): boolean {
  if (type.isUnionOrIntersection()) {
    return type.types.some((part) => named(part, name, member));
  }
  if ((type.symbol as ts.Symbol | undefined)?.name === name && type.getProperty(member) !== undefined) {
    return true;
  }
  return type.isClassOrInterface() && (type.getBaseTypes() ?? []).some((base) => named(base, name, member));
}

/** The name of the member, if it is written in the code; `Symbol.dispose` is `dispose`. */
export function keyOf({ property, computed }: TSESTree.MemberExpression): string | undefined {
  if (property.type === 'Identifier' || property.type === 'PrivateIdentifier') {
    return computed ? undefined : property.name;
  }
  return property.type === 'MemberExpression' ? keyOf(property) : undefined;
}

/** The function in which a node stands. */
export function functionAround(node: Node): FunctionNode | undefined {
  // ESLint has null above the program, whatever the types say.
  for (let outer = node.parent; outer; outer = outer.parent) {
    if (isFunction(outer)) {
      return outer;
    }
  }
  return undefined;
}

export function isFunction(node: Node): node is FunctionNode {
  return /^(?:ArrowFunctionExpression|FunctionExpression|FunctionDeclaration)$/.test(node.type);
}

/** Whether `test` holds for a node or for a node inside it. `into` says which nodes are searched. */
export function contains(
  node: Node,
  context: Context<string>,
  test: (node: Node) => boolean,
  into: (node: Node) => boolean = (inner) => !isFunction(inner),
): boolean {
  const keys = context.sourceCode.visitorKeys[node.type] ?? [];
  return (
    test(node) ||
    keys
      .flatMap((key) => (node as unknown as Record<string, Node | null | (Node | null)[]>)[key] ?? [])
      .some((inner) => inner !== null && into(inner) && contains(inner, context, test, into))
  );
}
