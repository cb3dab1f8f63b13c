/** Makes the weights and inputs of the full-size reference cases: test/goldens/README.md, "Full-size cases and the generator". */

/** FNV-1a of the UTF-8 bytes. */
export function nameHash(name: string): number {
  let hash = 2166136261;
  for (const byte of new TextEncoder().encode(name)) hash = Math.imul(hash ^ byte, 16777619);
  return hash >>> 0;
}

/** Element i only depends on seed, name and i: uniform in offset ± scale. */
export function generate(name: string, count: number, seed: number, scale: number, offset: number): Float32Array {
  const data = new Float32Array(count);
  const start = nameHash(name) ^ seed;
  for (let i = 0; i < count; i++) {
    let x = (start + Math.imul(i, 0x9e3779b9)) | 0;
    x ^= x >>> 16;
    x = Math.imul(x, 0x85ebca6b);
    x ^= x >>> 13;
    x = Math.imul(x, 0xc2b2ae35);
    x ^= x >>> 16;
    const u = ((x >>> 8) / 2 ** 24) * 2 - 1;
    data[i] = Math.fround(u * scale) + offset;
  }
  return data;
}

/** `[name, shape, scale, offset]`, as the cases list them. */
export type TensorRecipe = [name: string, shape: number[], scale: number, offset: number];

export function generateTensors(recipes: TensorRecipe[], seed: number): Record<string, { data: Float32Array; shape: number[] }> {
  return Object.fromEntries(
    recipes.map(([name, shape, scale, offset]) => {
      const count = shape.reduce((a, b) => a * b, 1);
      return [name, { data: generate(name, count, seed, scale, offset), shape }];
    }),
  );
}
