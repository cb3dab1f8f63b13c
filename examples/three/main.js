import { deviceDescriptor, loadModel } from 'resnet-webgpu';
import { instanceIndex, positionLocal, storage, vec3 } from 'three/tsl';
import * as THREE from 'three/webgpu';

document.querySelector('#unserved').remove();
const output = document.querySelector('output');
const image = document.querySelector('img');
try {
  // One device for both, with what the kernels need. Neither destroys it.
  const adapter = await navigator.gpu.requestAdapter();
  const device = await adapter.requestDevice(deviceDescriptor(adapter));
  const renderer = new THREE.WebGPURenderer({ canvas: document.querySelector('canvas'), device });
  await renderer.init();
  const model = await loadModel(
    { arch: 'cifar_resnet56', weights: './node_modules/resnet-webgpu/weights/resnet56-4bfd9763.th' },
    { device },
  );
  await image.decode();
  const [best] = await model.classify(image);

  // The last stage's map, 64 channels of 8x8: it is computed into three's own buffer, and never leaves the GPU.
  const [channels, size] = [64, 8];
  const map = new THREE.StorageBufferAttribute(channels * size * size, 1);
  const values = storage(map, 'float', map.count);
  const material = new THREE.MeshBasicNodeMaterial();
  // A bar for each pixel, as high as the sum of four of its channels, and of that colour.
  const pixel = instanceIndex;
  const height = values
    .element(pixel)
    .add(values.element(pixel.add(64)), values.element(pixel.add(128)), values.element(pixel.add(192)))
    .min(4);
  material.positionNode = positionLocal
    .mul(vec3(0.1, height.mul(0.3).add(0.02), 0.1))
    .add(vec3(pixel.mod(size).toFloat().mul(0.2), 0, pixel.div(size).toFloat().mul(0.2)));
  material.colorNode = vec3(height.mul(0.25), 0.3, 0.6);
  const bars = new THREE.InstancedMesh(new THREE.BoxGeometry(1.6, 1, 1.6), material, size * size);
  bars.frustumCulled = false;
  const scene = new THREE.Scene().add(bars);
  const camera = new THREE.PerspectiveCamera(40, 2, 0.1, 10);
  camera.position.set(0.7, 2, 3);
  camera.lookAt(0.7, 0, 0.7);
  renderer.render(scene, camera); // makes the buffer

  const { buffer } = renderer.backend.get(map);
  const into = { features: [{ buffer, offset: 0, shape: [1, channels, size, size], layout: 'nchw' }] };
  await model.run(await model.preprocess(image), { features: [2], logits: false, output: 'gpu', into });
  renderer.render(scene, camera);
  output.textContent = `${best.label}, ${Math.round(best.probability * 100)} %, ${into.features[0].shape.join('x')} drawn`;
} catch (error) {
  output.textContent = error.message;
}
