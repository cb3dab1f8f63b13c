export type PackRecipe = { kind: 'todo' };
