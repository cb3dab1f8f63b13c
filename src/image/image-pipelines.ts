/** Turns images into a model's input: one recipe, and a pipeline for each device, because a lost device is replaced. */

import type { Preprocess } from '../api/types.ts';
import type { Engine } from '../gpu/device.ts';
import { disposed } from '../util/errors.ts';
import { checkChannels } from './channels.ts';
import { ImagePipeline } from './pipeline.ts';

export class ImagePipelines {
  readonly preprocess: Preprocess;
  readonly #channels: number;
  readonly #pipelines = new WeakMap<Engine, ImagePipeline>();
  #disposed = false;

  /** @param channels of the network's input */
  constructor(preprocess: Preprocess, channels: number) {
    this.preprocess = preprocess;
    this.#channels = channels;
  }

  /** The pipeline of a device. @throws ResnetError `config` if the recipe does not fit the network's channels, `disposed` */
  of(engine: Engine): ImagePipeline {
    if (this.#disposed) throw disposed();
    let pipeline = this.#pipelines.get(engine);
    if (!pipeline) {
      checkChannels(this.preprocess, this.#channels);
      pipeline = new ImagePipeline(engine.device, engine.pipelines);
      this.#pipelines.set(engine, pipeline);
    }
    return pipeline;
  }

  /** GPU memory held on a device. */
  bytesOn(engine: Engine): number {
    return this.#pipelines.get(engine)?.bytes ?? 0;
  }

  /** @param engine the device in use. Pipelines on other devices were lost with these */
  dispose(engine: Engine): void {
    this.#disposed = true;
    this.#pipelines.get(engine)?.dispose();
  }
}
