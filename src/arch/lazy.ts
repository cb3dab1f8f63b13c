/** The parts of the architectures that are fetched when a network needs them. */
import { fetchPart } from '../util/fetch-part.ts';

/** ResNetV2, SKNet, attention modules, plugins, and OpenMMLab's rarer classes. */
export const archVariants = () => fetchPart(import('./variants.ts'));
/** timm's classes and entry points. */
export const timmClasses = () => fetchPart(import('./libraries/timm-part.ts'));
/** What timm publishes about its names, such as `resnet50.a1_in1k`. */
export const timmTags = () => fetchPart(import('./timm-tags.ts'));
/** Preprocessing recipes of OpenMMLab. */
export const openmmlabRecipes = () => fetchPart(import('./openmmlab-recipes.ts'));
/** Suggestions for a name that no network has. */
export const relatives = () => fetchPart(import('./relatives.ts'));
