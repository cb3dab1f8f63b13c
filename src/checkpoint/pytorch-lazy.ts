/** Parts of the reader of PyTorch's files that are fetched for certain kinds of files. */
import { fetchPart } from '../util/fetch-part.ts';

/** Pickles of `pickle.dump` and joblib. */
export const pickles = () => fetchPart(import('./pickle-plain.ts'), 'pickles');
export const numpyFiles = () => fetchPart(import('./npz.ts'), 'NumPy files');
export const torchExports = () => fetchPart(import('./torch-export.ts'), 'programs of torch.export');
export const torchScripts = () => fetchPart(import('./torchscript.ts'), 'TorchScript');
/** Whole models that were pickled. */
export const pickledObjects = () => fetchPart(import('./objects.ts'), 'pickled objects');
