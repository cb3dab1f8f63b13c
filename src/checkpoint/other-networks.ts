/**
 * Names the network of a checkpoint that is not of the ResNet family, from the names that its authors give its parts. Loaded for an
 * error message. The patterns were checked with the state dicts of torchvision 0.29, timm 1.0.31 and transformers 5.24
 * (test/wild/other-keys.json has their keys), and those of YOLO, SSD and UNet with their repositories.
 */

type Shapes = ReadonlyMap<string, { readonly shape: readonly number[] }>;

/** `of` lists networks. The keys must match all patterns. Each pattern must match from the start of a part of a name. */
interface Family {
  of: string;
  keys: readonly string[];
}

const family = (of: string, ...keys: string[]): Family => ({ of, keys });

/** The first match counts, so those with rarer marks come first. */
const FAMILIES: readonly Family[] = [
  // Whole systems come before the networks inside them.
  family(
    'a Stable Diffusion UNet',
    String.raw`(time_embed(ding)?\.|down_blocks\.\d+\.resnets\.)`,
    String.raw`(input_blocks|down_blocks)\.\d`,
  ),
  family(
    'a variational autoencoder (VAE)',
    String.raw`(encoder|decoder)\.(down|up|mid)(_blocks?)?\.`,
    String.raw`(quant_conv|post_quant_conv|conv_norm_out)\.`,
  ),
  family(
    'a Segment Anything model (SAM)',
    String.raw`(image|vision)_encoder\.`,
    String.raw`(prompt_encoder|shared_image_embedding|mask_decoder)\.`,
  ),
  family('a SigLIP model', 'text_model\\.', 'logit_bias$'),
  family('a CLIP model', String.raw`(text_model|token_embedding|transformer\.resblocks)\b`, 'logit_scale$'),
  family('a Whisper model', String.raw`encoder\.embed_positions\.`, String.raw`encoder\.conv1\.`),
  family('a Wav2Vec2 model', String.raw`feature_extractor\.conv_layers\.\d`),
  family('an SSD detector', String.raw`(loc|conf)\.\d+\.weight$`, String.raw`(vgg|extras|features)\.\d`),
  family('an SSD detector', String.raw`backbone\.(scale_weight$|extra\.\d)`),
  family('an SSD detector', String.raw`head\.classification_head\.module_list\.\d`, String.raw`backbone\.(features|extra)\.\d`),
  family('a YOLOS detector', String.raw`embeddings\.detection_tokens$`),
  family('a YOLO detector', String.raw`model\.\d+\.(dfl\.conv\.|anchors$|anchor_grid$|cv[23]\.\d+\.\d+\.(conv\.)?weight$)`),
  family('a YOLO network', String.raw`model\.\d+\.(conv|cv1\.conv)\.weight$`, String.raw`model\.\d+\.(m\.\d+\.)?cv[12]\.(conv|bn)\.`),
  family('a YOLOv3 network', String.raw`module_list\.\d+\.(Conv2d|conv_\d+)\.weight$`),
  // Transformers.
  family('a T5 model', 'SelfAttention\\.q\\.', String.raw`(encoder|decoder)\.block\.\d`),
  family('a DistilBERT model', String.raw`transformer\.layer\.\d+\.attention\.q_lin\.`),
  family('a BERT or RoBERTa model', String.raw`embeddings\.word_embeddings\.`, String.raw`encoder\.layer\.\d+\.attention\.self\.query\.`),
  family('a GPT-2 model', 'wte\\.weight$', String.raw`h\.\d+\.attn\.c_attn\.`),
  family('a LLaMA-like language model', 'embed_tokens\\.weight$', String.raw`layers\.\d+\.self_attn\.q_proj\.`),
  family('a SegFormer', String.raw`segformer\.`),
  family('a Swin Transformer V2', String.raw`attn\.(logit_scale|cpb_mlp\.0\.weight)$`, String.raw`(layers|features|stages)\.\d`),
  family('a GC ViT', String.raw`blocks\.\d+\.attn\.rel_pos\.`, String.raw`global_block\.`),
  family('a MaxViT or CoAtNet', String.raw`(block_attention|attn_block|attn_grid)\.`),
  family('a MaxViT or CoAtNet', String.raw`layers\.MBconv\.`),
  family('a MaxViT or CoAtNet', String.raw`stages\.\d+\.blocks\.\d+\.(attn\.rel_pos\.|shortcut\.expand\.)`),
  family(
    'a Swin Transformer',
    String.raw`(attn|self|attention)\.relative_position_bias(\.relative_position_bias)?_table$`,
    String.raw`(features|layers|stages)\.\d+\.(\d|blocks\.\d)`,
  ),
  family('a Swin Transformer', 'relative_position_bias_table$', String.raw`swin\w*\.`),
  family('an MViT', String.raw`attn\.rel_pos_h$`, 'conv_proj\\.'),
  family('a CaiT', String.raw`blocks_token_only\.\d`),
  family('an XCiT', String.raw`blocks\.\d+\.local_mp\.`),
  family('a CrossViT', 'patch_embed\\.0\\.proj\\.', 'pos_embed_0$'),
  family('a CoaT', 'cls_token1$', String.raw`patch_embed1\.`),
  family('a Twins transformer', String.raw`patch_embeds\.0\.proj\.`),
  family('a PVT', String.raw`(pvt_v2\.|blocks\.\d+\.mlp\.dwconv\.)`, String.raw`(patch_embed|downsample|patch_embedding)\.proj\.`),
  family('a PVT', String.raw`stages\.\d+\.blocks\.\d+\.attn\.kv\.`),
  family('a PiT', String.raw`transformers\.\d+\.blocks\.\d`),
  family('a LeViT', '(attention_biases|attention_biases_idxs)$', String.raw`stem\.conv1\.linear\.`),
  family('a LeViT', 'levit\\.'),
  family('a CvT', String.raw`cvt\.encoder\.`),
  family('a MobileViT', 'mobilevit'),
  family('a MobileViT', String.raw`stages\.\d+\.\d+\.(transformer\.\d+\.attn|conv_fusion)\.`),
  family('a FocalNet', String.raw`modulation\.(f|projection_in)\.`),
  family('a DaViT', String.raw`stages\.\d+\.blocks\.\d+\.\d+\.cpe1\.`),
  family('a VOLO', String.raw`(network\.\d+\.\d+\.attn\.v\.|post_network\.\d)`),
  family('a PoolFormer', String.raw`(poolformer\.|layer_scale1\.scale$)`),
  family('a TinyViT', String.raw`blocks\.\d+\.local_conv\.`),
  family('an EfficientFormer', String.raw`efficientformer|stages\.\d+\.blocks\.\d+\.token_mixer\.attention_biases$`),
  family('an EfficientFormer', String.raw`stem\.norm2\.`, String.raw`stages\.\d+\.blocks\.\d+\.ls\d\.gamma$`),
  family('an EfficientViT', String.raw`(context_module|main\.depth_conv)\.`),
  family('an EfficientViT', String.raw`blocks\.\d+\.mixer\.m\.attn\.`),
  family('a DINOv2 vision transformer', 'embeddings\\.mask_token$', String.raw`encoder\.layer\.\d+\.layer_scale1\.`),
  family('a BEiT', String.raw`beit\.`),
  family('a BEiT', String.raw`blocks\.\d+\.gamma_1$`, String.raw`blocks\.\d+\.attn\.q_bias$`),
  family('a DeiT', '(dist_token|distillation_token)$'),
  family(
    'a vision transformer (ViT)',
    '(cls_token|class_token|pos_embed(ding)?|position_embeddings|class_embedding)$',
    String.raw`(attn\.(qkv|q_proj)|self_attention|attention\.(attention\.query|q_proj|query)|in_proj_weight)\b`,
  ),
  family('a vision transformer (ViT)', String.raw`(patch_embed|conv_proj)\b.*weight$`, String.raw`blocks\.\d+\.attn\.qkv\.`),
  // Mixers.
  family('an MLP-Mixer', String.raw`mlp_tokens\.fc1\.`),
  family('a ResMLP', 'linear_tokens\\.'),
  family('a Sequencer', 'rnn_tokens\\.'),
  family('a ConvMixer', String.raw`blocks\.\d+\.0\.fn\.0\.weight$`),
  // Convolutional networks.
  family('a 3-D UNet or UNet', String.raw`(inc|down\d|up\d|outc)\.(maxpool_conv\.\d\.)?(double_conv|conv)\.\d?`, String.raw`up\d\.`),
  family('a UNet', String.raw`(encoder|down|dec(oder)?|up)_?\d?.*double_conv\.`),
  family('an InceptionNeXt', String.raw`token_mixer\.dwconv_hw\.`),
  family('an EdgeNeXt', String.raw`xca\.temperature$`),
  family('a ConvNeXt', 'convnext'),
  family(
    'a ConvNeXt',
    String.raw`stages\.\d+\.(blocks\.)?\d+\.(conv_dw|dwconv|depthwise_conv)\.`,
    String.raw`(mlp\.fc1|pwconv1|pointwise_conv1)\.`,
  ),
  family('a ConvNeXt', String.raw`features\.\d+\.\d+\.layer_scale$`),
  family('an NFNet', String.raw`stages\.\d+\.\d+\.conv\d\w?\.gain$`),
  family('an NFNet', String.raw`stem\.conv\d\.gain$`),
  family('a DenseNet', String.raw`denseblock\d+\.denselayer\d+\.`),
  family('an RDNet', String.raw`dense_stages\.\d`),
  family('a GoogLeNet', String.raw`inception\d[a-e]\.branch\d`),
  family('an Inception-ResNet', String.raw`(repeat|block35|mixed_5b)\b.*branch\d`, String.raw`conv2d_\d[ab]\.`),
  family('an Inception V3', String.raw`(Mixed_\d[a-e]|Conv2d_1a_3x3)\.`),
  family('an Inception V4', String.raw`features\.\d+\.branch\d\.`),
  family('a NASNet', String.raw`cell_?\d+\.comb_iter_\d`),
  family('a NASNet', String.raw`(cell_stem_0|conv0\.conv|conv_0\.conv)\b.*`, String.raw`cell_\d`),
  family('an Xception', String.raw`(blocks?\d*)(\.\d+)?\.(stack|rep)\.(\d+\.|conv\d+\.)(pointwise|conv_dw|conv1)\.?`),
  family('a ShuffleNetV2', String.raw`(stage\d|features)\.\d+\.(branch[12]|banch[12])\.\d`),
  family('a ShuffleNetV2', String.raw`(stage\d|features)\.\d+\.branch_(main|proj)\.\d`),
  family('a SqueezeNet', String.raw`expand(1x1|3x3)\b`),
  family('a GhostNet', String.raw`ghost1\.primary_conv\.`),
  family('an HRNet', String.raw`stage\d\.\d+\.branches\.\d+\.\d`),
  family('a DLA', String.raw`level\d\.(tree[12]|root)\.`),
  family('a DPN', String.raw`conv\d_\d+\.(c1x1_a|c1x1_w_s1)\.`),
  family('a VoVNet', String.raw`stages\.\d+\.blocks\.\d+\.conv_concat\.`),
  family('a SelecSLS', String.raw`stem\.0\.weight$`, String.raw`features\.\d+\.conv[16]\.0\.weight$`),
  family('a TResNet', String.raw`body\.conv1\.(0|conv)\.weight$`, String.raw`body\.layer1\.0\.`),
  family('a ReXNet', String.raw`features\.\d+\.conv_exp\.`, String.raw`features\.\d+\.conv_pwl\.`),
  family(
    'a CSPNet or Darknet',
    String.raw`stages\.\d+\.(conv_(down|exp|transition)|blocks\.\d+\.conv1\.conv)\b`,
    String.raw`stages\.\d+\.(blocks|conv_down)\b`,
  ),
  family('a RepVGG', String.raw`(stem\.|stages\.\d+\.\d+\.)conv_kxk\.conv\.`),
  family('a RepVGG', String.raw`stage\d\.\d+\.rbr_(dense|1x1)\.`),
  family('a MobileOne or FastViT', String.raw`conv_kxk\.0\.conv\.`),
  family('a HardCoRe-NAS network', String.raw`conv_stem\.`, String.raw`blocks\.\d+\.\d+\.se\.conv_reduce\.`, String.raw`blocks\.9\.`),
  family('a MobileNetV1', String.raw`mobilenet_v1\.`),
  family('a MobileNetV2', String.raw`mobilenet_v2\.`),
  family(
    'a MobileNetV2',
    String.raw`features\.\d+\.conv\.\d+(\.\d+)?\.(weight|running_mean)$`,
    String.raw`features\.(0\.0|18\.0)\.weight$`,
  ),
  family('an EfficientNet', String.raw`\d+\.\d+\.block\.\d+\.(\d+\.|fc1\.)`),
  family('a MobileNetV3', String.raw`\d+\.block\.\d+\.(\d+\.|fc1\.)`, String.raw`(features|body|backbone)\.0\.0\.weight$`),
  family('an MnasNet', String.raw`layers\.8\.0\.layers\.0\.weight$`),
  family(
    'an LCNet',
    String.raw`conv_stem\.`,
    String.raw`conv_head\.bias$`,
    String.raw`blocks\.\d+\.\d+\.conv_dw\.`,
    String.raw`blocks\.5\.\d+\.se\.`,
  ),
  family('an EfficientNet', String.raw`_blocks\.\d+\._depthwise_conv\.`),
  family('an EfficientNet', String.raw`efficientnet\.`),
  family('a MobileNetV4', 'conv_stem\\.', String.raw`blocks\.\d+\.\d+\.(dw_start|dw_mid|pw_exp)\.`),
  family('a MobileNetV3', 'conv_stem\\.', 'conv_head\\.bias$', String.raw`blocks\.\d+\.\d+\.(conv_dw|conv_exp|dw_mid\.conv|conv)\.`),
  family('an EfficientNet', 'conv_stem\\.', String.raw`blocks\.\d+\.\d+\.se\.conv_reduce\.`),
  family('a MobileNetV2, an MnasNet or an EfficientNet-Lite', 'conv_stem\\.', String.raw`blocks\.\d+\.\d+\.conv_dw\.`),
  family('a StarNet', String.raw`stages\.\d+\.\d+\.dwconv\.`, String.raw`stages\.\d+\.\d+\.f1\.`),
  family('a NextViT', String.raw`blocks\.\d+\.(mhca|e_mhsa)\.`),
  family('a Visformer', String.raw`stage\d\.\d+\.mlp\.conv1\.`, String.raw`patch_embed1\.`),
  family(
    'a ByobNet of timm (a relative of ResNet with other blocks)',
    String.raw`stages\.\d+\.\d+\.(conv\d_\w+|conv_dw|conv_kxk|self_attn|attn)(\.|$)`,
    String.raw`stem\.`,
  ),
  family('a VGG', String.raw`features\.\d+\.weight$`, String.raw`(classifier\.[036]\.weight$|pre_logits\.fc1\.|head\.fc\.)`),
  family('an AlexNet', String.raw`features\.0\.weight$`, String.raw`classifier\.1\.weight$`),
];

/** Names beyond this number are ignored, because a file can have any number of them. */
const MAX_NAMES = 100_000;

/** "a MobileNetV2", to continue a sentence that starts with "This is". Undefined if unknown. */
export function otherNetwork(tensors: Shapes): string | undefined {
  const kernels = [...tensors].flatMap(([name, { shape }]) => (name.endsWith('weight') && shape.length >= 3 ? [shape.length] : []));
  const most = (dimensions: number) => kernels.filter((one) => one === dimensions + 2).length > kernels.length / 2;
  if (most(3)) return 'a network of 3-D convolutions, for video or volumes';
  const names = [...tensors.keys()].slice(0, MAX_NAMES);
  const found = FAMILIES.find(({ keys }) =>
    keys.every((key) => {
      const pattern = new RegExp(`(^|[._])(${key})`);
      return names.some((name) => pattern.test(name));
    }),
  );
  return found?.of ?? (most(1) ? 'a network of 1-D convolutions, for sound or text' : undefined);
}
