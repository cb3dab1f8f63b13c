import { loadModel } from './node_modules/resnet-webgpu/dist/index.js';

document.querySelector('#unserved').remove();
const output = document.querySelector('output');
const image = document.querySelector('img');
try {
  // A detector's backbone, in OpenMMLab's words; the widths are a quarter of the usual ones, and random numbers stand in for your file.
  const model = await loadModel({
    arch: { type: 'ResNet', depth: 18, stem_channels: 16, base_channels: 16, out_indices: [0, 1, 2, 3] },
    weights: { random: 1 }, // or 'faster_rcnn_r50.pth': what is under `backbone.` is taken, neck and heads are ignored
  });
  await image.decode();
  const { features } = await model.run(await model.preprocess(image)); // NCHW, in the order of out_indices
  const levels = pyramid(features);
  output.textContent = levels.map(({ shape: [, c, h, w] }, i) => `P${i + 2} ${c}x${h}x${w}`).join(', ');
} catch (error) {
  output.textContent = error.message;
}

/**
 * Top down: each map plus the next coarser one, enlarged. A trained detector has 1x1 convolutions in between; here channels of the
 * coarser map are averaged in groups, so that something is there to add.
 * @param maps NCHW tensors, the finest first
 */
function pyramid(maps) {
  const levels = maps.slice(-1);
  for (const map of maps.slice(0, -1).reverse()) levels.unshift(add(map, levels[0]));
  return levels;
}

function add({ data, shape }, coarse) {
  const [, c, h, w] = shape;
  const [, deep, ch, cw] = coarse.shape;
  const group = deep / c;
  const sum = data.slice();
  for (let i = 0; i < sum.length; i++) {
    const [channel, y, x] = [Math.floor(i / (h * w)), Math.floor(i / w) % h, i % w];
    const at = Math.floor((y * ch) / h) * cw + Math.floor((x * cw) / w);
    for (let k = 0; k < group; k++) sum[i] += coarse.data[(channel * group + k) * ch * cw + at] / group;
  }
  return { data: sum, shape };
}
