/** The texts of `--help`. docs/cli.md is generated from them, too. */
import type { Command } from './command-line.ts';

const GENERAL = `NAME
  resnet-webgpu: the ResNet family on WebGPU, straight from PyTorch checkpoints

SYNOPSIS
  resnet-webgpu classify <image…>        the most likely classes of images, folders and patterns
  resnet-webgpu inspect <checkpoint>     what a checkpoint holds, and how it binds
  resnet-webgpu inspect <architecture>   layers, shapes, parameters, multiply-adds
  resnet-webgpu convert <checkpoint>     a folder that loadModel loads by its address: shards, hashes, f16 or int8
  resnet-webgpu export <checkpoint>      a model for ONNX Runtime, TensorFlow Lite or TensorFlow.js

OPTIONS
  -h, --help       help for a command: resnet-webgpu classify --help
  -v, --version

EXIT STATUS
  0  done
  1  an error; its text is on standard error
  2  wrong usage
  141  nobody read the results to their end (… | head -1)

ENVIRONMENT
  CHROMIUM_PATH    the browser's program, where it is not found
  DEBUG            any value: stacks of errors, and what the GPU's driver prints
  NO_COLOR         any value: no colours
`;

const CLASSIFY = `NAME
  resnet-webgpu classify: the most likely classes of images

SYNOPSIS
  resnet-webgpu classify <image…> [options]

DESCRIPTION
  <image…>              PNG or JPEG files, folders with all images in them, patterns in quotes ('photos/**/*.{jpg,png}'),
                        - for standard input. Where Chromium is installed, whatever it reads (WebP, AVIF, GIF, BMP).

  Computes in Node over Dawn where the package webgpu is installed and finds an adapter, else in headless Chromium.
  Images are read one after the other; one that cannot be read does not keep the others.

OPTIONS
  -w, --weights <from>  a checkpoint: a file, the folder of a converted model, https://… or hf:owner/repository
                        (default: the bundled ResNet-56, CIFAR-10)
  -a, --arch <name>     its architecture, such as resnet50 (default: guessed from the file)
  -l, --labels <file>   class names: JSON array or one a line
  -k, --top <n>         how many classes to print (default 5; with --csv 1)
  -p, --precision <p>   f32 or f16, how numbers are stored (default f32)
      --csv             a line for each class of an image, as it comes: image,rank,label,index,probability,error
      --ndjson          a line of JSON for each image, as it comes: {"image","predictions":[{"label","index","probability"}]}
                        or {"image","error":{"message","code"}}
      --json            one JSON document at the end: {"model","results":[…]}
      --browser         compute in headless Chromium, even where Node has a GPU

EXIT STATUS
  0 all images classified, 1 an error, be it of one image, 2 wrong usage.

EXAMPLES
  resnet-webgpu classify photo.png
  resnet-webgpu classify photos --weights resnet50.safetensors --csv > labels.csv
  resnet-webgpu classify 'photos/**/*.jpg' --ndjson | jq -r 'select(.predictions[0].label == "cat") | .image'
`;

const INSPECT = `NAME
  resnet-webgpu inspect: what a checkpoint or an architecture holds

SYNOPSIS
  resnet-webgpu inspect <checkpoint|architecture> [options]

DESCRIPTION
  <checkpoint>          a .safetensors, .pth, .pt or .th file, or the folder of a converted model; its tensors are bound to the
                        architecture
  <architecture>        a name such as resnet50

  Needs no GPU.

OPTIONS
  -a, --arch <name>     the checkpoint's architecture (default: guessed from the file)
  -i, --input <size>    224 or 224x160, height first (default: the architecture's own)
      --plan            the dispatches instead of the layers: kernels, workgroups, bytes, places in memory
      --shader <layer>  the shaders that compute one layer, as the driver gets them
      --gpu <gpu>       for which GPU: amd, intel, nvidia, apple, mobile, software, or a name such as "rx 6800" (default: unknown)
  -p, --precision <p>   f32 or f16, how numbers are stored (default f32)
      --verbose         of what the file does not say, why it was assumed, and what else it could be
      --json            print JSON

EXIT STATUS
  0 done, 1 where the checkpoint does not fit or an error occurs, 2 wrong usage.

EXAMPLES
  resnet-webgpu inspect resnet50 --plan --gpu intel
  resnet-webgpu inspect resnet50.pth --shader layer1.0.conv1 --gpu "rx 6800" > conv.wgsl
`;

const CONVERT = `NAME
  resnet-webgpu convert: a checkpoint as a folder that loadModel loads by its address

SYNOPSIS
  resnet-webgpu convert <checkpoint> --out <folder> [options]

DESCRIPTION
  <checkpoint>          a .safetensors, .pth, .pt or .th file, https://… or hf:owner/repository

  Batch norm goes into the weights. f16 and int8 (one scale for each output channel) say what they cost: the change of the logits
  on a seeded input, computed here, without a GPU.

OPTIONS
  -o, --out <folder>    where manifest.json and its shards go
  -a, --arch <arch>     its architecture: a name, a configuration in JSON, or a .json file with one (default: guessed from the file)
  -d, --dtype <type>    how weights are stored: f32, f16 or int8 (default f32); computing is float32 in any case
  -l, --labels <file>   class names: JSON array or one a line
  -f, --force           replace the model in a folder that is not empty
      --verbose         of what the file does not say, why it was assumed, and what else it could be
      --json            print JSON

EXIT STATUS
  0 done, 1 where the checkpoint does not fit or an error occurs, 2 wrong usage.

EXAMPLES
  resnet-webgpu convert resnet50.pth --arch resnet50 --dtype f16 --out model
  resnet-webgpu convert hf:timm/resnet50.a1_in1k --dtype int8 --out model
`;

const EXPORT = `NAME
  resnet-webgpu export: a checkpoint as a model of another runtime

SYNOPSIS
  resnet-webgpu export <checkpoint> --out <place> [--to onnx|tflite|tfjs] [options]

DESCRIPTION
  <checkpoint>          a .safetensors, .pth, .pt or .th file, the folder of a converted model, https://… or hf:owner/repository

  Batch norm goes into the weights, which stay float32. The model's input is a normalised tensor; how images become one is printed.
  Needs no GPU, and none of the other runtimes.

OPTIONS
  -o, --out <place>     a file; for TF.js a folder, for model.json and shards of 4 MiB
  -t, --to <format>     onnx (opset 13), tflite (for LiteRT.js, too) or tfjs (default: by the ending of --out)
  -a, --arch <arch>     its architecture: a name, a configuration in JSON, or a .json file with one (default: guessed from the file)
  -i, --input <size>    224 or 224x160, height first (default: the architecture's own)
      --outputs <list>  logits, pooled, and stages by number, such as 1,2,3 (default: the logits; of a backbone the last stage)
  -f, --force           replace what is there
      --verbose         of what the file does not say, why it was assumed, and what else it could be
      --json            print JSON

EXIT STATUS
  0 done, 1 where the checkpoint does not fit, an operation cannot be exported or an error occurs, 2 wrong usage.

EXAMPLES
  resnet-webgpu export resnet50.pth --out resnet50.onnx
  resnet-webgpu export hf:timm/resnet50.a1_in1k --to tfjs --out web-model
`;

const TOPICS: Record<Command, string> = { classify: CLASSIFY, inspect: INSPECT, convert: CONVERT, export: EXPORT };

export function help(topic?: Command): string {
  return topic ? TOPICS[topic] : GENERAL;
}
