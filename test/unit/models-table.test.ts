/** docs/models.md is generated from the tables of names and the goldens. `npm run docs:generate` updates it. */
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

/** `guessed`: results of src/checkpoint/guess.test.ts for all names. */
function family(title: string, pattern: RegExp, guessed = 'yes'): string {
  const found = timmNames.filter((name) => pattern.test(name)).sort();
  const count = tags.filter((tag) => pattern.test(tag.replace(/\..*/, ''))).length;
  return `| ${title} | ${found.map((name) => `\`${name}\``).join(' ')} | ${count} | ${guessed} |`;
}

const listed = (cases: { name: string }[], library: string) =>
  cases.map(({ name }) => `- ${name.replace(`${library} `, '').trim() || library}`).join('\n');

test('docs/models.md', async () => {
  const text = `# Models by name

\`npm run docs:generate\` writes this page from the tables of names and from \`test/libraries\`, by \`test/unit/models-table.test.ts\`. Do not edit it by hand.

| library | names | with their own recipe | guessed |
| --- | --- | --- | --- |
| timm 1.0.31 | ${timmNames.length} | ${tags.length} tags with weights; a name without a tag means timm's default tag | below |
| torchvision 0.29.1 | ${of('torchvision').length} | every entry of the weights enums, and \`DEFAULT\` | yes |
| MMPretrain | ${of('mmpretrain').length} | by the name of the configuration | yes |
| 6n + 2 layers for CIFAR | ${of('cifar').length} | 32x32 | yes |
| transformers 5.24.0 | by \`config.json\`: resnet, regnet, bit, and backbones inside larger models | by \`preprocessor_config.json\` | yes, of any widths |

## timm

The last column says whether the network is found without \`arch\`.

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

The logits and feature maps of these networks differ from the library's by at most 1e-5. Weights are seeded, and some networks have smaller widths. They are computed in plain
JavaScript (test/unit/libraries.test.ts).

### timm
${listed(timm, 'timm')}

### torchvision
${listed(torchvision, 'torchvision')}

### transformers
${listed(transformers, 'transformers')}

## Other libraries

These were tried with seeded weights and without \`arch\`. The last feature map is right to 1e-6:

| library | what was tried | what to know |
| --- | --- | --- |
| MONAI | ResNets and SENets of two dimensions | Its stem has a stride of 1 by default. A file of MONAI's is recognised only by biases in shortcuts. With \`bias_downsample=False\` or \`shortcut_type='A'\` there are none. Then look at \`info.assumed\`, or pass \`stem_stride: 1\` |
| segmentation_models_pytorch | encoders and whole models, including SKNets | Its names (\`se_resnet50\`, \`timm-skresnet18\`, \`tu-resnet50d\`) are not known here: leave \`arch\` out, or pass timm's name |
| lightly | generators and backbones | a SplitBatchNorm uses the means of its parts |

## Without a name

Any trunk of the family can be read, with any widths and depths and at any place in the file: ResNet, ResNeXt, SE and ECA at the end of blocks or in their middle, Res2Net, ResNeSt, SKNet and
gated RegNets. It becomes a \`GeneralResNet\`, or a network of timm or transformers as the backbone of an \`ImageClassifier\`. [heads.md](heads.md) has the arguments of both, and says how to
correct assumptions.

## Not supported

Two things are not supported: related networks of timm with another trunk (byobnet, cspnet, hrnet, dla, vovnet, densenet, dpn, tresnet and the like), and the heads of
detectors and segmenters.

A checkpoint does not show whether a network has anti-aliasing or an \`output_stride\`. Pass the name, or look at \`info.assumed\`.
`;
  await expect(text).toMatchFileSnapshot('../../docs/models.md');
});
