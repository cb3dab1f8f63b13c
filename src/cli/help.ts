/** What `--help` prints. */

const GENERAL = `resnet-webgpu: the ResNet family on WebGPU, straight from PyTorch checkpoints

  resnet-webgpu classify <image…>        the most likely classes of each image
  resnet-webgpu inspect <checkpoint>     what a checkpoint holds, and how it binds
  resnet-webgpu inspect <architecture>   layers, shapes, parameters, multiply-adds

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

  <checkpoint>          a .safetensors, .pth, .pt or .th file; its tensors are bound to the architecture
  <architecture>        a name such as resnet50
  -a, --arch <name>     the checkpoint's architecture (default: guessed from the file)
  -i, --input <size>    224 or 224x160, height first (default: the architecture's own)
      --json            print JSON

Needs no GPU. Exit code: 0, 1 where the checkpoint does not fit or an error occurs, 2 wrong usage.
`;

export function help(topic?: 'classify' | 'inspect'): string {
  return topic === 'classify' ? CLASSIFY : topic === 'inspect' ? INSPECT : GENERAL;
}
