/** What WGSL files declare, import and use: a subset of the language that is enough for this project's shaders. Independent of the resolver and the minifier, which it checks. */

export interface WgslFile {
  /** `path`: the part before the braces, `package::lib::window`. */
  imports: { path: string; names: string[] }[];
  /** Names at module scope, each with the other names that its declaration uses. */
  declarations: Map<string, Set<string>>;
  /** Fields of the structs declared here. */
  fields: Map<string, string[]>;
  /** `params.pixels` gives `pixels`. */
  params: Set<string>;
  problems: string[];
}

const KEYWORDS =
  'alias break case const const_assert continue continuing default diagnostic discard else enable false fn for if import let loop override requires return struct switch true var while';

/** https://www.w3.org/TR/WGSL/#predeclared-types, #builtin-functions and #predeclared-enumerants */
const PREDECLARED = `
  bool i32 u32 f32 f16 array atomic ptr vec2 vec3 vec4 vec2i vec3i vec4i vec2u vec3u vec4u vec2f vec3f vec4f vec2h vec3h vec4h
  mat2x2 mat2x3 mat2x4 mat3x2 mat3x3 mat3x4 mat4x2 mat4x3 mat4x4 mat2x2f mat2x3f mat2x4f mat3x2f mat3x3f mat3x4f mat4x2f mat4x3f mat4x4f
  mat2x2h mat2x3h mat2x4h mat3x2h mat3x3h mat3x4h mat4x2h mat4x3h mat4x4h
  sampler sampler_comparison texture_1d texture_2d texture_2d_array texture_3d texture_cube texture_cube_array texture_multisampled_2d
  texture_external texture_depth_2d texture_storage_1d texture_storage_2d texture_storage_2d_array texture_storage_3d
  read write read_write function private workgroup uniform storage
  bitcast all any select arrayLength
  abs acos acosh asin asinh atan atanh atan2 ceil clamp cos cosh countLeadingZeros countOneBits countTrailingZeros cross degrees
  determinant distance dot dot4U8Packed dot4I8Packed exp exp2 extractBits faceForward firstLeadingBit firstTrailingBit floor fma fract
  frexp insertBits inverseSqrt ldexp length log log2 max min mix modf normalize pow quantizeToF16 radians reflect refract reverseBits
  round saturate sign sin sinh smoothstep sqrt step tan tanh transpose trunc
  textureDimensions textureGather textureLoad textureNumLayers textureNumLevels textureSample textureSampleLevel textureStore
  atomicLoad atomicStore atomicAdd atomicSub atomicMax atomicMin atomicAnd atomicOr atomicXor atomicExchange atomicCompareExchangeWeak
  pack4x8snorm pack4x8unorm pack4xI8 pack4xU8 pack4xI8Clamp pack4xU8Clamp pack2x16snorm pack2x16unorm pack2x16float
  unpack4x8snorm unpack4x8unorm unpack4xI8 unpack4xU8 unpack2x16snorm unpack2x16unorm unpack2x16float
  storageBarrier textureBarrier workgroupBarrier workgroupUniformLoad
  subgroupAdd subgroupAll subgroupAnd subgroupAny subgroupBallot subgroupBroadcast subgroupBroadcastFirst subgroupElect
  subgroupExclusiveAdd subgroupExclusiveMul subgroupInclusiveAdd subgroupInclusiveMul subgroupMax subgroupMin subgroupMul subgroupOr
  subgroupShuffle subgroupShuffleDown subgroupShuffleUp subgroupShuffleXor subgroupXor quadBroadcast quadSwapDiagonal quadSwapX quadSwapY`;

const KNOWN = new Set(`${KEYWORDS} ${PREDECLARED}`.trim().split(/\s+/));

/** Words, numbers, `::` and signs, without comments. */
export function tokensOf(source: string): string[] {
  const text = source.replace(/\/\/[^\n]*/g, ' ').replace(/\/\*[\s\S]*?\*\//g, ' ');
  return text.match(/[A-Za-z_]\w*|\d[\w.]*|::|\S/g) ?? [];
}

const isName = (token: string | undefined): token is string => token !== undefined && /^[A-Za-z_]/.test(token);

const CLOSING: Record<string, string> = { '{': '}', '(': ')', '[': ']', '<': '>' };

/** The index of the bracket that closes the one at `open`. */
function closing(tokens: readonly string[], open: number): number {
  const [from = '', to] = [tokens[open], CLOSING[tokens[open] ?? '']];
  let depth = 0;
  for (let i = open; i < tokens.length; i++) {
    if (tokens[i] === from) depth++;
    if (tokens[i] === to && --depth === 0) return i;
  }
  throw new Error(`${from} is never closed`);
}

/** `@group(0) @binding(1)`, `<storage, read>`: names that are not declared. Returns the index after them. */
function skipAttributes(tokens: readonly string[], at: number): number {
  let i = at;
  while (tokens[i] === '@') i = tokens[i + 2] === '(' ? closing(tokens, i + 2) + 1 : i + 2;
  return i;
}

/** A top-level declaration from `at` to before `end`. */
function endOf(tokens: readonly string[], at: number): number {
  for (let i = at; i < tokens.length; i++) {
    if (tokens[i] === '{') return closing(tokens, i) + 1;
    if (tokens[i] === ';') return i + 1;
  }
  throw new Error(`a declaration is not ended: ${tokens.slice(at, at + 8).join(' ')}`);
}

/** The names that the tokens of one declaration use, including its attributes: `@workgroup_size(THREADS)`. */
function usesOf(tokens: readonly string[], isStruct: boolean): { uses: Set<string>; params: Set<string> } {
  const [locals, uses, params] = [new Set<string>(), new Set<string>(), new Set<string>()];
  for (let i = 0; i < tokens.length; i++) {
    const [before, token, after] = [tokens[i - 1], tokens[i], tokens[i + 1]];
    if (token === 'var' && after === '<') i = closing(tokens, i + 1) - 1;
    if (token === '@') i = after === 'builtin' ? i + 4 : i + 1;
    if (!isName(token) || token === 'var' || KNOWN.has(token)) continue;
    if (before === '.') {
      if (tokens[i - 2] === 'params') params.add(token);
    } else if (after === ':' || ['let', 'const', 'var', 'fn'].includes(before ?? '')) locals.add(token);
    else uses.add(token);
  }
  const own = isStruct ? new Set<string>() : locals;
  return { uses: new Set([...uses].filter((name) => !own.has(name))), params };
}

function parseImport(tokens: readonly string[]): { path: string; names: string[] } {
  const open = tokens.indexOf('{');
  const path = tokens.slice(1, open - 1).join('');
  const names = tokens.slice(open + 1, -2).filter((token) => token !== ',');
  return { path, names };
}

export function readWgsl(source: string): WgslFile {
  const tokens = tokensOf(source);
  const file: WgslFile = { imports: [], declarations: new Map(), fields: new Map(), params: new Set(), problems: [] };
  for (let at = 0; at < tokens.length; ) {
    if (tokens[at] === ';') {
      at++;
      continue;
    }
    if (tokens[at] === 'import') {
      const end = tokens.indexOf(';', at) + 1;
      const line = tokens.slice(at, end);
      if (!/^import\w+(::\w+)*::\{\w+(,\w+)*,?\};$/.test(line.join(''))) {
        file.problems.push(`cannot read the import ${line.join(' ')}`);
      } else file.imports.push(parseImport(line));
      if (file.declarations.size > 0) file.problems.push(`imports ${line[1]} after a declaration`);
      at = end;
      continue;
    }
    const start = skipAttributes(tokens, at);
    const keyword = tokens[start] ?? '';
    const end = endOf(tokens, start);
    const named = tokens[start + 1] === '<' ? closing(tokens, start + 1) + 1 : start + 1;
    const name = tokens[named] ?? '';
    const declaration = tokens.slice(at, end);
    if (!['fn', 'struct', 'const', 'var', 'alias'].includes(keyword)) {
      if (keyword !== 'enable' && keyword !== 'diagnostic') file.problems.push(`cannot read ${declaration.slice(0, 6).join(' ')}`);
      at = end;
      continue;
    }
    if (file.declarations.has(name)) file.problems.push(`declares ${name} twice`);
    const { uses, params } = usesOf(keyword === 'alias' ? declaration.slice(2) : declaration, keyword === 'struct');
    uses.delete(name);
    file.declarations.set(name, uses);
    for (const field of params) file.params.add(field);
    if (keyword === 'struct') {
      file.fields.set(
        name,
        declaration.filter((_, i) => declaration[i + 1] === ':'),
      );
    }
    at = end;
  }
  return file;
}

/** The undeclared names that a file uses. */
export function freeNames({ declarations }: WgslFile): Set<string> {
  return new Set([...declarations.values()].flatMap((uses) => [...uses]).filter((name) => !declarations.has(name)));
}
