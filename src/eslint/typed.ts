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
  /** A function that returns calls, such as `tamed` makes. */
  makesCalls(node: Node): boolean;
  /** A function that stands where one is expected that returns nothing. */
  isIgnored(node: Node): boolean;
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
    makesCalls: (node) => {
      const made = returnedBy(getType(node));
      return made.length > 0 && made.every((type) => named(type, 'TamedCall', 'block'));
    },
    isIgnored: (node) => isIgnored(node, services as ParserServicesWithTypeInformation),
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

/** What a function of the type returns; of several types, what each does. */
function returnedBy(type: ts.Type): ts.Type[] {
  const parts = type.isUnion() ? type.types : [type];
  return parts.flatMap((part) => part.getCallSignatures().map((signature) => signature.getReturnType()));
}

/** Functions of the platform that are declared as if they took what is returned to them. */
const IGNORING = /^(?:setTimeout|setInterval|addEventListener)$/;

/** Whether a function stands where one is expected that returns nothing, by each overload of what it is given to. */
function isIgnored(
  node: Node,
  { program, esTreeNodeToTSNodeMap: nodes }: ParserServicesWithTypeInformation,
): boolean {
  const checker = program.getTypeChecker();
  const call =
    node.parent?.type === 'CallExpression' || node.parent?.type === 'NewExpression' ? node.parent : undefined;
  if (call !== undefined && IGNORING.test(nameOf(call.callee))) {
    return call.callee !== node;
  }
  const expected = [
    checker.getContextualType(nodes.get(node) as ts.Expression) ?? [],
    call === undefined ? [] : byOverload(call),
  ];
  const returned = expected.flat().flatMap(returnedBy);
  return returned.length > 0 && returned.every((type) => checker.typeToString(type) === 'void');

  function byOverload({
    type,
    callee,
    arguments: given,
  }: TSESTree.CallExpression | TSESTree.NewExpression): ts.Type[] {
    const place = given.indexOf(node as TSESTree.Expression);
    const there = nodes.get(callee) as ts.Expression;
    const called = checker.getTypeAtLocation(there);
    const signatures =
      type === 'CallExpression' ? called.getCallSignatures() : called.getConstructSignatures();
    return signatures.flatMap(({ parameters: { [place]: parameter } }) =>
      parameter === undefined ? [] : checker.getTypeOfSymbolAtLocation(parameter, there),
    );
  }
}

/** What a function that is called is named in the code. */
function nameOf(callee: Node): string {
  if (callee.type === 'MemberExpression') {
    return keyOf(callee) ?? '';
  }
  return callee.type === 'Identifier' ? callee.name : '';
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
