/** docs/models.md is made from the tables of names and the goldens: `npm run test:unit -- test/unit/models-table.test.ts -u` writes it anew. */
import { expect, test } from 'vitest';
import { archNames } from '../../src/arch/index.ts';
import { namedArch } from '../../src/arch/names.ts';
import { timmTags } from '../../src/arch/timm-tags.ts';
import timm from '../libraries/timm.json' with { type: 'json' };
import torchvision from '../libraries/torchvision.json' with { type: 'json' };
import transformers from '../libraries/transformers.json' with { type: 'json' };

const names = archNames();
const timmNames = [
  ...new Set([...names.filter((name) => namedArch(name).source === 'timm'), ...timmTags().map((tag) => tag.replace(/\..*/, ''))]),
].filter((name) => names.includes(name));
const tags = timmTags().filter((tag) => timmNames.includes(tag.replace(/\..*/, '')) && !tag.endsWith('.untrained'));
const of = (source: string) => names.filter((name) => namedArch(name).source === source);

/** `guessed`: what src/checkpoint/guess.test.ts finds for every one of the names. */
function family(title: string, pattern: RegExp, guessed = 'yes'): string {
  const found = timmNames.filter((name) => pattern.test(name)).sort();
  const count = tags.filter((tag) => pattern.test(tag.replace(/\..*/, ''))).length;
  return `| ${title} | ${found.map((name) => `\`${name}\``).join(' ')} | ${count} | ${guessed} |`;
}

const listed = (cases: { name: string }[], library: string) =>
  cases.map(({ name }) => `- ${name.replace(`${library} `, '').trim() || library}`).join('\n');

test('docs/models.md', async () => {
  const text = `# Models by name

Written by \`test/unit/models-table.test.ts\` from the tables of names and from \`test/libraries\`; do not edit it by hand.

| library | names | with their own recipe | guessed |
| --- | --- | --- | --- |
| timm 1.0.31 | ${timmNames.length} | ${tags.length} tags with weights; a name alone takes timm's default tag | below |
| torchvision 0.29.1 | ${of('torchvision').length} | every entry of the weights enums, and \`DEFAULT\` | yes |
| MMPretrain | ${of('mmpretrain').length} | by the name of the configuration | yes |
| 6n + 2 layers for CIFAR | ${of('cifar').length} | 32x32 | yes |
| transformers 5.24.0 | by \`config.json\`: resnet, regnet, bit, and backbones inside of larger models | by \`preprocessor_config.json\` | yes, of any widths |

## timm

Guessed: what comes of the weights without \`arch\`.

| family | names | tags with weights | guessed |
| --- | --- | --- | --- |
${family('ResNet', /^(wide_|test_)?resnet\d|^(wide_|test_)resnet|^resnetrs/)}
${family('anti-aliased', /^(se)?resne[xt]*t(aa|blur)/, 'without anti-aliasing, which `info.assumed` says')}
${family('ResNeXt', /^resnext/)}
${family('SE-ResNet, SE-ResNeXt, SENet', /^(legacy_)?se(resnet\d|resnext\d|net)/)}
${family('ECA', /^eca/)}
${family('ResNeSt, Res2Net', /^res(nest|2ne)/)}
${family('RegNet', /^regnet/)}
${family('ResNetV2, SKNet', /^(resnetv2|sk)/)}

## Compared with the libraries

Networks of seeded weights, cut in width where the class allows it, that agree with the library to 1e-5 in logits and feature maps. They are computed in
plain JavaScript (test/unit/libraries.test.ts).

### timm
${listed(timm, 'timm')}

### torchvision
${listed(torchvision, 'torchvision')}

### transformers
${listed(transformers, 'transformers')}

## Other libraries

Tried with seeded weights, by guess, to 1e-6 in the last map: MONAI's ResNets and SENets of two dimensions, segmentation_models_pytorch's encoders and whole
models, lightly's generators and backbones.

- MONAI's stem has a stride of 1 by default. Biases in shortcuts alone say that it is MONAI's; with \`bias_downsample=False\` or \`shortcut_type='A'\` nothing
  does, by name or by guess: look at \`info.assumed\`, or pass \`stem_stride: 1\`.
- The names of segmentation_models_pytorch (\`se_resnet50\`, \`timm-skresnet18\`, \`tu-resnet50d\`) are not names here: leave \`arch\` out, or pass timm's.
- lightly's SplitBatchNorm runs with the means of its parts.

## Not here

Relatives of another trunk in timm (byobnet, cspnet, hrnet, dla, vovnet, densenet, dpn, tresnet and the like), and the heads of
detectors and segmenters. Anti-aliasing and \`output_stride\` leave no trace in a checkpoint's names: pass the name, or look at \`info.assumed\`.
`;
  await expect(text).toMatchFileSnapshot('../../docs/models.md');
});
