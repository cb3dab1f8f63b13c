import '@tensorflow/tfjs-backend-webgpu';
import { makeRunner as makeTfjs } from './tfjs.ts';

export const makeRunner = () => makeTfjs('webgpu');
