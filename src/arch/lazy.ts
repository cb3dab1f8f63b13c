/** What the tables of architectures fetch in turn, when a network needs it. */
import { fetchPart } from '../util/fetch-part.ts';

/** ResNetV2, SKNet, attention modules, plugins, and OpenMMLab's rarer classes. */
export const archVariants = () => fetchPart(import('./variants.ts'));
/** timm's classes and entry points. */
export const timmClasses = () => fetchPart(import('./libraries/timm-part.ts'));
/** What timm publishes for its names, such as `resnet50.a1_in1k`. */
export const timmTags = () => fetchPart(import('./timm-tags.ts'));
/** How images reach networks of OpenMMLab's. */
export const openmmlabRecipes = () => fetchPart(import('./openmmlab-recipes.ts'));
/** Names like the one that is of no network. */
export const relatives = () => fetchPart(import('./relatives.ts'));
