/**
 * The numbers behind GPUBufferUsage, GPUMapMode and GPUShaderStage. The WebGPU specification fixes them. The globals may be
 * missing if a caller brings a device without them (Node).
 */
export const USAGE = { MAP_READ: 1, COPY_SRC: 4, COPY_DST: 8, UNIFORM: 64, STORAGE: 128, QUERY_RESOLVE: 512 } as const;
export const MAP_READ = 1;
export const STAGE_COMPUTE = 4;
