/** What `--help` prints. */
import type { Command } from './arguments.ts';

const GENERAL = `resnet-webgpu: the ResNet family on WebGPU, straight from PyTorch checkpoints

  resnet-webgpu classify <image…>        the most likely classes of each image
  resnet-webgpu inspect <checkpoint>     what a checkpoint holds, and how it binds
  resnet-webgpu inspect <architecture>   layers, shapes, parameters, multiply-adds
  resnet-webgpu convert <checkpoint>     a folder that loadModel loads by its address: shards, hashes, f16 or int8

  -h, --help       help for a command: resnet-webgpu classify --help
  -v, --version
`;

const CLASSIFY = `resnet-webgpu classify <image…> [options]

  <image…>              PNG or JPEG files, - for standard input; with --browser whatever Chromium reads
  -w, --weights <from>  a checkpoint: file, https://… or hf:owner/repository (default: the bundled ResNet-56, CIFAR-10)
  -a, --arch <name>     its architecture, such as resnet50 (default: guessed from the file)
  -l, --labels <file>   class names: JSON array or one a line
  -k, --top <n>         how many classes to print (default 5)
  -p, --precision <p>   f32 or f16, how numbers are stored (default f32)
      --json            print JSON
      --browser         compute in headless Chromium, even where Node has a GPU

Computes in Node over Dawn where the package webgpu is installed and finds an adapter, else in headless Chromium.
CHROMIUM_PATH names the browser's program where it is not found. Exit code: 0 all images classified, 1 an error, 2 wrong usage.

  resnet-webgpu classify photo.png
  resnet-webgpu classify *.jpg --weights resnet50.safetensors --json
`;

const INSPECT = `resnet-webgpu inspect <checkpoint|architecture> [options]

  <checkpoint>          a .safetensors, .pth, .pt or .th file, or the folder of a converted model; its tensors are bound to the
                        architecture
  <architecture>        a name such as resnet50
  -a, --arch <name>     the checkpoint's architecture (default: guessed from the file)
  -i, --input <size>    224 or 224x160, height first (default: the architecture's own)
      --plan            the dispatches instead of the layers: kernels, workgroups, bytes, places in memory
      --shader <layer>  the shaders that compute one layer, as the driver gets them
      --gpu <gpu>       for which GPU: amd, intel, nvidia, apple, mobile, software, or a name such as "rx 6800" (default: unknown)
  -p, --precision <p>   f32 or f16, how numbers are stored (default f32)
      --json            print JSON

Needs no GPU. Exit code: 0, 1 where the checkpoint does not fit or an error occurs, 2 wrong usage.

  resnet-webgpu inspect resnet50 --plan --gpu intel
  resnet-webgpu inspect resnet50.pth --shader layer1.0.conv1 --gpu "rx 6800" > conv.wgsl
`;

const CONVERT = `resnet-webgpu convert <checkpoint> --out <folder> [options]

  <checkpoint>          a .safetensors, .pth, .pt or .th file, https://… or hf:owner/repository
  -o, --out <folder>    where manifest.json and its shards go
  -a, --arch <arch>     its architecture: a name, a configuration in JSON, or a .json file with one (default: guessed from the file)
  -d, --dtype <type>    how weights are stored: f32, f16 or int8 (default f32); computing is float32 in any case
  -l, --labels <file>   class names: JSON array or one a line
  -f, --force           replace the model in a folder that is not empty
      --json            print JSON

Batch norm goes into the weights. f16 and int8 (one scale for each output channel) say what they cost: the change of the logits on a
seeded input, computed here, without a GPU. Exit code: 0, 1 where the checkpoint does not fit or an error occurs, 2 wrong usage.

  resnet-webgpu convert resnet50.pth --arch resnet50 --dtype f16 --out model
  resnet-webgpu convert hf:timm/resnet50.a1_in1k --dtype int8 --out model
`;

const TOPICS: Record<Command, string> = { classify: CLASSIFY, inspect: INSPECT, convert: CONVERT };

export function help(topic?: Command): string {
  return topic ? TOPICS[topic] : GENERAL;
}
