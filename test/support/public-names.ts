/**
 * Everything in the declarations of an entry point: each exported name, each type that these use, and all their fields and methods, with the
 * comments that an editor shows for them. The compiler reads them, so that nothing is missed.
 */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type Node, type SourceFile, SyntaxKind } from 'typescript/unstable/ast';
import { API, type Checker, type Symbol as NamedThing, type Project, SymbolFlags } from 'typescript/unstable/sync';

/** Whether the library passes a value to its caller, or gets it from there. For a callback's arguments it is the other way round. */
type Direction = 'given' | 'taken';

export interface PublicName {
  /** `Model.run`, `LoadOptions.inputSize`, `ModelInfo.adapter.vendor`. */
  name: string;
  /** File and line of the declaration. */
  place: string;
  /** Its comment, with the stars. Empty if there is none. */
  comment: string;
  /** Whether a user calls it: an exported function, or a method of a returned object. Functions that the user writes and passes do not count. */
  called: boolean;
}

/**
 * @param root folder whose declarations count, but not those of packages
 * @param entries files whose exports are public, `.ts` or `.d.ts`
 * @param config to extend for the compiler's options
 */
export function publicNames(root: string, entries: readonly string[], config: string): PublicName[] {
  const folder = mkdtempSync(join(tmpdir(), 'public-names-'));
  const project = join(folder, 'tsconfig.json');
  const compilerOptions = { noEmit: true, emitDeclarationOnly: false, rootDir: '/', typeRoots: [join(root, 'node_modules')] };
  writeFileSync(project, JSON.stringify({ extends: config, compilerOptions, include: [], files: entries }));
  const api = new API({ cwd: root });
  try {
    const opened = api.updateSnapshot({ openProjects: [project] }).getProject(project);
    if (!opened) throw new Error(`${project} does not open`);
    const walk = new Walk(opened, root);
    for (const entry of entries) walk.entry(entry);
    return walk.names();
  } finally {
    api.close();
    rmSync(folder, { recursive: true, force: true });
  }
}

const TYPES = new Set([SyntaxKind.InterfaceDeclaration, SyntaxKind.TypeAliasDeclaration, SyntaxKind.ClassDeclaration]);
const FIELDS = new Set([SyntaxKind.PropertySignature, SyntaxKind.PropertyDeclaration, SyntaxKind.GetAccessor]);
const METHODS = new Set([SyntaxKind.MethodSignature, SyntaxKind.MethodDeclaration]);
const NAMING = new Set([SyntaxKind.TypeReference, SyntaxKind.ExpressionWithTypeArguments, SyntaxKind.TypeQuery, SyntaxKind.QualifiedName]);
const CALLBACKS = new Set([SyntaxKind.FunctionType, SyntaxKind.ConstructorType, SyntaxKind.CallSignature]);

class Walk {
  readonly #checker: Checker;
  readonly #project: Project;
  readonly #root: string;
  readonly #names = new Map<string, PublicName>();
  readonly #seen = new Set<string>();

  constructor(project: Project, root: string) {
    this.#project = project;
    this.#checker = project.checker;
    this.#root = root;
  }

  names(): PublicName[] {
    return [...this.#names.values()];
  }

  entry(file: string): void {
    const source = this.#project.program.getSourceFile(file);
    const module = source && this.#checker.getSymbolAtLocation(source);
    if (!module) throw new Error(`${file} is not a module`);
    for (const exported of this.#checker.getExportsOfModule(module)) this.#named(exported, 'taken');
  }

  #named(symbol: NamedThing, direction: Direction): void {
    const target = symbol.flags & SymbolFlags.Alias ? this.#checker.getAliasedSymbol(symbol) : symbol;
    for (const handle of target.declarations) {
      const node = handle.resolve(this.#project);
      if (!node || !this.#isOurs(node.getSourceFile())) continue;
      // If there are overloads, the implementation is not shown.
      if (target.declarations.length > 1 && 'body' in node && node.body) continue;
      const key = `${direction} ${node.getSourceFile().fileName} ${node.pos}`;
      if (this.#seen.has(key)) continue;
      this.#seen.add(key);
      if (TYPES.has(node.kind)) this.#declared(target.name, node, node, direction);
      else if (node.kind === SyntaxKind.FunctionDeclaration) this.#call(target.name, node, 'given');
      else if (node.kind === SyntaxKind.VariableDeclaration) this.#declared(target.name, node, node.parent.parent, 'given');
    }
  }

  /** @param commented the node with the comment */
  #declared(name: string, node: Node, commented: Node, direction: Direction): void {
    this.#add(name, commented, false);
    this.#inside(name, node, direction);
  }

  #call(name: string, node: Node, direction: Direction): void {
    this.#add(name, node, direction === 'given');
    this.#signature(name, node, direction);
  }

  /** The direction of arguments is the opposite of results. */
  #signature(name: string, node: Node, direction: Direction): void {
    const other = direction === 'given' ? 'taken' : 'given';
    node.forEachChild((child) => {
      if (child.kind === SyntaxKind.Parameter) this.#inside(name, child, other);
      else if (child.kind !== SyntaxKind.Block) this.#node(name, child, direction);
    });
  }

  #inside(name: string, node: Node, direction: Direction): void {
    node.forEachChild((child) => this.#node(name, child, direction));
  }

  #node(name: string, node: Node, direction: Direction): void {
    if (isHidden(node)) return;
    const own = (node as { name?: Node }).name?.getText();
    const member = own === undefined ? name : `${name}.${own}`;
    if (METHODS.has(node.kind)) this.#call(member, node, direction);
    else if (FIELDS.has(node.kind)) this.#declared(member, node, node, direction);
    else if (CALLBACKS.has(node.kind) || node.kind === SyntaxKind.Constructor) this.#signature(name, node, direction);
    else if (node.kind === SyntaxKind.Identifier && NAMING.has(node.parent.kind)) this.#reference(node, direction);
    else this.#inside(name, node, direction);
  }

  #reference(node: Node, direction: Direction): void {
    const symbol = this.#checker.getSymbolAtLocation(node);
    if (symbol) this.#named(symbol, direction);
  }

  #add(name: string, node: Node, called: boolean): void {
    const key = `${node.getSourceFile().fileName} ${node.pos} ${name}`;
    const known = this.#names.get(key);
    this.#names.set(key, {
      name,
      place: place(node).slice(this.#root.length + 1),
      comment: commentOf(node),
      called: called || known?.called === true,
    });
  }

  #isOurs({ fileName }: SourceFile): boolean {
    return fileName.startsWith(`${this.#root}/`) && !fileName.includes('/node_modules/');
  }
}

/** Bodies, values, and private members. */
function isHidden(node: Node): boolean {
  if (node.kind === SyntaxKind.Block) return true;
  return (FIELDS.has(node.kind) || METHODS.has(node.kind)) && /^(private |protected |(static |readonly )*#)/.test(node.getText());
}

function place(node: Node): string {
  const source = node.getSourceFile();
  const line = source.text.slice(0, node.getStart()).split('\n').length;
  return `${source.fileName}:${line}`;
}

/** The last comment before it, as compilers and editors do. */
function commentOf(node: Node): string {
  const before = node.getSourceFile().text.slice(node.pos, node.getStart());
  return before.match(/\/\*\*(?!\/)[\s\S]*?\*\//g)?.at(-1) ?? '';
}
