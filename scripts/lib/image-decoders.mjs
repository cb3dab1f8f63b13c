// The command's image decoders as one file of the package: dist/vendor/image-decoders.js. See scripts/build.mjs.
export { decode } from 'jpeg-js';
export { PNG } from 'pngjs';
