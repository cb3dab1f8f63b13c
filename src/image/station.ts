/** The GPU resources for one image size and recipe: made once, used for every such image. */
import { USAGE } from '../gpu/constants.ts';
import type { PipelineCache } from '../gpu/pipelines.ts';
import type { ImagePlan } from './image-plan.ts';
import { drawn, imageError, type Pixels, taintedError } from './pixels.ts';

/** Where the tensor goes: a storage buffer, and an offset that is a multiple of 4 bytes. */
export interface ImageTarget {
  buffer: GPUBuffer;
  byteOffset: number;
}

/** COPY_DST, TEXTURE_BINDING, and RENDER_ATTACHMENT, which copyExternalImageToTexture requires. */
export const IMAGE_TEXTURE_USAGE = 2 | 4 | 16;

/** Offset of the second dispatch's uniforms: minUniformBufferOffsetAlignment, which every device supports. */
const UNIFORM_SLOT = 256;

export class ImageStation {
  readonly bytes: number;
  readonly plan: ImagePlan;
  readonly #device: GPUDevice;
  readonly #texture: GPUTexture;
  readonly #intermediate: GPUBuffer;
  readonly #tables: GPUBuffer;
  readonly #uniforms: GPUBuffer;
  readonly #columnsLayout: GPUBindGroupLayout;
  readonly #rowsGroup: GPUBindGroup;
  readonly #columnsGroups = new WeakMap<GPUBuffer, GPUBindGroup>();
  #base = 0;

  constructor(device: GPUDevice, pipelines: PipelineCache, plan: ImagePlan) {
    const { region, tables, intermediateBytes, rows, columns } = plan;
    const size = { width: region.width, height: region.height };
    const create = (label: string, bytes: number, usage: number) => device.createBuffer({ label: `image/${label}`, size: bytes, usage });
    this.#device = device;
    this.plan = plan;
    this.#texture = device.createTexture({ label: 'image', size, format: 'rgba8unorm', usage: IMAGE_TEXTURE_USAGE });
    this.#intermediate = create('intermediate', intermediateBytes, USAGE.STORAGE);
    this.#tables = create('tables', tables.byteLength, USAGE.STORAGE | USAGE.COPY_DST);
    this.#uniforms = create('uniforms', 2 * UNIFORM_SLOT, USAGE.UNIFORM | USAGE.COPY_DST);
    this.bytes = size.width * size.height * 4 + intermediateBytes + tables.byteLength + 2 * UNIFORM_SLOT;
    const words = new Uint32Array((2 * UNIFORM_SLOT) / 4);
    words.set(Object.values(rows.uniforms), 1);
    words.set(Object.values(columns.uniforms), UNIFORM_SLOT / 4 + 1);
    device.queue.writeBuffer(this.#tables, 0, tables);
    device.queue.writeBuffer(this.#uniforms, 0, words);
    this.#columnsLayout = pipelines.layout(columns.bindings);
    this.#rowsGroup = this.#bind(pipelines.layout(rows.bindings), 0, [
      this.#texture.createView(),
      { buffer: this.#tables },
      { buffer: this.#intermediate },
    ]);
  }

  #bind(layout: GPUBindGroupLayout, slot: number, resources: GPUBindingResource[]): GPUBindGroup {
    const uniforms = { buffer: this.#uniforms, offset: slot * UNIFORM_SLOT, size: UNIFORM_SLOT };
    return this.#device.createBindGroup({
      label: 'image',
      layout,
      entries: [uniforms, ...resources].map((resource, binding) => ({ binding, resource })),
    });
  }

  /** Copies the needed part of the image to the texture. The queue does this immediately, before any encoder's commands. */
  upload({ content, width, isFile }: Pixels): void {
    const { region } = this.plan;
    const size = { width: region.width, height: region.height };
    const { queue } = this.#device;
    if (content instanceof Uint8Array) {
      const layout = { offset: (region.y * width + region.x) * 4, bytesPerRow: width * 4 };
      queue.writeTexture({ texture: this.#texture }, content, layout, size);
      return;
    }
    try {
      queue.copyExternalImageToTexture({ source: content, origin: { x: region.x, y: region.y } }, { texture: this.#texture }, size);
    } catch (cause) {
      if ((cause as Error).name === 'SecurityError') throw taintedError(cause);
      // Firefox takes no VideoFrame, Chromium no bitmap of more than 8 bits. The next image may be another, so each is tried.
      const pixels = drawn(content);
      if (isFile && pixels.content.some((byte, i) => i % 4 === 3 && byte < 255)) {
        throw imageError(
          'The image has 16 bits a channel and alpha, of which the browser gives colours times alpha.',
          'Pass its file or address.',
          cause,
        );
      }
      this.upload(pixels);
    }
  }

  encode(
    encoder: GPUCommandEncoder,
    [rows, columns]: readonly [GPUComputePipeline, GPUComputePipeline],
    { buffer, byteOffset }: ImageTarget,
  ): void {
    if (byteOffset !== this.#base) {
      this.#device.queue.writeBuffer(this.#uniforms, UNIFORM_SLOT + 4, new Uint32Array([byteOffset / 4]));
      this.#base = byteOffset;
    }
    let columnsGroup = this.#columnsGroups.get(buffer);
    if (!columnsGroup) {
      columnsGroup = this.#bind(this.#columnsLayout, 1, [{ buffer: this.#intermediate }, { buffer: this.#tables }, { buffer }]);
      this.#columnsGroups.set(buffer, columnsGroup);
    }
    const pass = encoder.beginComputePass({ label: 'image' });
    pass.setPipeline(rows);
    pass.setBindGroup(0, this.#rowsGroup);
    pass.dispatchWorkgroups(...this.plan.rows.workgroups);
    pass.setPipeline(columns);
    pass.setBindGroup(0, columnsGroup);
    pass.dispatchWorkgroups(...this.plan.columns.workgroups);
    pass.end();
  }

  destroy(): void {
    for (const resource of [this.#texture, this.#intermediate, this.#tables, this.#uniforms]) resource.destroy();
  }
}
