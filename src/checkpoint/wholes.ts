/**
 * Detectors, segmenters and other models that contain a ResNet, recognised by the names of the parts around it. These parts are not a
 * head: they work on maps, or with attention, and if their matrices fit each other it is by accident.
 */
import { readHead } from './head-reader.ts';
import type { HeadContext, HeadReading } from './reading.ts';

interface Whole {
  of: string;
  /** A name must contain each of these, from the start of one of its parts. */
  keys: readonly RegExp[];
  /** Whether it can also have a head for the whole image. */
  classifies?: true;
}

const part = (pattern: string) => new RegExp(`(^|\\.)(${pattern})`);

const whole = (of: string, ...keys: string[]): Whole => ({ of, keys: keys.map(part) });

/**
 * Names of transformers 5.24 (models/{detr,mask2former,oneformer,rt_detr,upernet …}), torchvision 0.29 (models/{detection,segmentation}),
 * segmentation_models_pytorch 0.6, MMDetection 3, MMSegmentation 1 and Facebook's DETR. The first match counts.
 */
const WHOLES: readonly Whole[] = [
  whole('a Mask2Former, MaskFormer or OneFormer segmenter', String.raw`pixel_level_module\.`),
  whole('an RT-DETR detector', String.raw`(encoder_input_proj|enc_bbox_head|decoder_input_proj)\.`),
  whole('a DETR for segmentation', String.raw`(mask_head|bbox_attention)\.`, String.raw`(class_labels_classifier|class_embed)\.`),
  whole('a detector of the DETR family', String.raw`(class_labels_classifier|class_embed)\.`, String.raw`(bbox_predictor|bbox_embed)\.`),
  whole('a UPerNet segmenter', String.raw`decode_head\.(psp_modules|fpn_bottleneck|fpn_convs)\b`),
  whole('a segmenter of MMSegmentation', String.raw`decode_head\.`),
  whole('a Mask R-CNN', String.raw`(roi_heads\.mask_|roi_head\.mask_head)`),
  whole('a Keypoint R-CNN', String.raw`roi_heads\.keypoint_`),
  whole('a Faster R-CNN', String.raw`(rpn\.head|rpn_head)\.`),
  whole('a detector of MMDetection', String.raw`bbox_head\.`),
  whole('an FCOS detector', String.raw`head\.regression_head\.bbox_ctrness\.`),
  whole('a RetinaNet', String.raw`head\.classification_head\.cls_logits\.`),
  whole('a DeepLabV3', String.raw`classifier\.0\.convs\.\d`),
  whole('an FCN or another segmenter', String.raw`aux_classifier\.\d`),
  { ...whole('a segmenter of segmentation_models_pytorch', String.raw`segmentation_head\.\d`), classifies: true },
  whole('a larger model with a feature pyramid', String.raw`fpn\.(inner|layer)_blocks\.\d`),
  whole(
    'a larger model with attention in it',
    String.raw`(\w*attn|\w*attention)\.(in_proj_weight|q_proj\.|query\.|q_lin\.|qkv\.|query_proj\.)`,
  ),
];

/** Names beyond this number are ignored, because a file can have any number of them. */
const MAX_NAMES = 100_000;

/** "a Faster R-CNN", to continue a sentence that starts with "It holds". Undefined for classifiers and bare backbones. */
export function wholeOf(names: Iterable<string>): Pick<Whole, 'of' | 'classifies'> | undefined {
  const all = [...names].slice(0, MAX_NAMES);
  return WHOLES.find(({ keys }) => keys.every((key) => all.some((name) => key.test(name))));
}

/** The head after a trunk that is not inside something larger. */
export function readHeadOutside(context: HeadContext): HeadReading {
  const found = wholeOf(context.tensors.keys());
  if (!found || found.classifies) return readHead(context);
  return { tensors: new Map(), used: [], text: `none; left out: what makes it ${found.of}`, assumed: [] };
}
