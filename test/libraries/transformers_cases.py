"""transformers' ResNet and RegNet with various configurations, and larger models that contain one."""
import warnings

from packages import require

transformers = require('transformers')
warnings.filterwarnings('ignore')
transformers.logging.set_verbosity_error()

SMALL = dict(embedding_size=8, hidden_sizes=[16, 32, 48, 64], depths=[1, 2, 1, 1], num_labels=7)
REGNET = dict(embedding_size=8, hidden_sizes=[16, 24, 40, 64], depths=[1, 1, 2, 1], groups_width=8, num_labels=7)


def classify(model):
    base = getattr(model, 'resnet', None) or getattr(model, 'regnet', None)
    return lambda x: (model(x).logits, [base(x).last_hidden_state])


def backbone(model):
    return lambda x: (None, list(model(x).feature_maps))


def cases(case):
    from transformers import RegNetConfig, RegNetForImageClassification, RegNetModel, ResNetBackbone, ResNetConfig
    from transformers import ResNetForImageClassification

    def saved(title, model, forward, shape=(1, 3, 40, 36)):
        model.config.architectures = [type(model).__name__]
        # What differs from the defaults, in the form of save_pretrained.
        return case(f'transformers {title}', model, forward, shape, config=model.config.to_diff_dict())

    def resnet(title, **arguments):
        model = ResNetForImageClassification(ResNetConfig(**{**SMALL, **arguments}))
        return saved(f'resnet {title}', model, classify(model), (1, arguments.get('num_channels', 3), 40, 36))

    def regnet(title, **arguments):
        model = RegNetForImageClassification(RegNetConfig(**{**REGNET, **arguments}))
        return saved(f'regnet {title}', model, classify(model))

    yield resnet('bottleneck')
    yield resnet('basic', layer_type='basic', downsample_in_first_stage=True)
    yield resnet('stride on the first convolution', downsample_in_bottleneck=True)
    yield resnet('one channel, five stages', num_channels=1, hidden_sizes=[16, 20, 28, 36, 40], depths=[1, 1, 1, 1, 1])
    for activation in ('gelu', 'silu', 'gelu_new', 'leaky_relu', 'hardswish', 'quick_gelu'):
        yield resnet(f'hidden_act {activation}', hidden_act=activation)
    yield regnet('y')
    yield regnet('x', layer_type='x')
    yield regnet('hidden_act silu', hidden_act='silu')
    bare = RegNetModel(RegNetConfig(**REGNET))
    yield saved('regnet bare', bare, lambda x: (None, [bare(x).last_hidden_state]))
    for stages in (['stage4'], ['stage3'], ['stage2', 'stage4'], None):
        model = ResNetBackbone(ResNetConfig(**SMALL, **({'out_features': stages} if stages else {})))
        yield saved(f'ResNetBackbone of {stages}', model, backbone(model))

    # Backbones inside larger models, and separate ones.
    from transformers import DetrConfig, DetrForObjectDetection, RTDetrResNetBackbone, RTDetrResNetConfig, TimmBackbone, TimmBackboneConfig
    from transformers import UperNetConfig, UperNetForSemanticSegmentation

    nested = {key: value for key, value in SMALL.items() if key != 'num_labels'}
    tiny = dict(d_model=16, encoder_layers=1, decoder_layers=1, encoder_ffn_dim=16, decoder_ffn_dim=16, encoder_attention_heads=2,
                decoder_attention_heads=2, num_queries=2, use_pretrained_backbone=False)
    stages = ResNetConfig(**nested, out_features=['stage1', 'stage2', 'stage3', 'stage4'])
    upernet = UperNetForSemanticSegmentation(UperNetConfig(backbone_config=stages, hidden_size=8, auxiliary_channels=8, auxiliary_in_channels=48, pool_scales=[1]))
    yield saved('UperNet', upernet, backbone(upernet.backbone))
    detr = DetrForObjectDetection(DetrConfig(backbone_config=ResNetConfig(**nested, out_features=['stage4']), **tiny))
    yield saved('DETR', detr, backbone(detr.model.backbone.model))
    detr = DetrForObjectDetection(DetrConfig(use_timm_backbone=True, backbone='test_resnet', **tiny))
    # timm's own module, which returns a list.
    yield saved('DETR on timm', detr, lambda x: (None, list(detr.model.backbone.model(x))))
    yield from larger(saved, nested, tiny)
    alone = TimmBackbone(TimmBackboneConfig(backbone='test_resnet', use_pretrained_backbone=False, out_indices=(2, 4)))
    yield saved('TimmBackbone', alone, backbone(alone))
    alone = RTDetrResNetBackbone(RTDetrResNetConfig(embedding_size=16, hidden_sizes=[32, 64, 96, 128], depths=[1, 2, 1, 1], out_features=['stage2', 'stage4']))
    yield saved('RTDetrResNetBackbone', alone, backbone(alone))


def larger(saved, nested, tiny):
    """Detectors and segmenters whose losses need scipy."""
    from transformers import ConditionalDetrConfig, ConditionalDetrForObjectDetection, DeformableDetrConfig, DeformableDetrForObjectDetection
    from transformers import DetrConfig, Mask2FormerConfig, Mask2FormerForUniversalSegmentation, MaskFormerConfig
    from transformers import MaskFormerForInstanceSegmentation, ResNetConfig, RTDetrResNetConfig, RTDetrV2Config, RTDetrV2ForObjectDetection

    def resnet(*out_features):
        return ResNetConfig(**nested, out_features=list(out_features))

    every = ('stage1', 'stage2', 'stage3', 'stage4')
    model = ConditionalDetrForObjectDetection(ConditionalDetrConfig(backbone_config=resnet('stage4'), **tiny))
    yield saved('Conditional DETR', model, backbone(model.model.backbone.model))
    # Its boxes share weights from the second layer on.
    model = DeformableDetrForObjectDetection(DeformableDetrConfig(backbone_config=resnet(*every[1:]), num_feature_levels=3, **{**tiny, 'd_model': 32, 'decoder_layers': 2}))
    yield saved('Deformable DETR', model, backbone(model.model.backbone.model))
    model = Mask2FormerForUniversalSegmentation(Mask2FormerConfig(
        backbone_config=resnet(*every), use_pretrained_backbone=False, hidden_dim=32, feature_size=32, mask_feature_size=32, encoder_layers=1,
        decoder_layers=2, encoder_feedforward_dim=8, dim_feedforward=8, num_attention_heads=2, num_queries=2))
    yield saved('Mask2Former', model, backbone(model.model.pixel_level_module.encoder))
    model = MaskFormerForInstanceSegmentation(MaskFormerConfig(
        backbone_config=resnet(*every), decoder_config=DetrConfig(backbone_config=resnet('stage4'), **tiny), fpn_feature_size=32, mask_feature_size=32))
    yield saved('MaskFormer', model, backbone(model.model.pixel_level_module.encoder))
    stages = RTDetrResNetConfig(embedding_size=16, hidden_sizes=[32, 64, 96, 128], depths=[1, 1, 1, 1], out_features=list(every[1:]))
    model = RTDetrV2ForObjectDetection(RTDetrV2Config(
        backbone_config=stages, encoder_in_channels=[64, 96, 128], encoder_hidden_dim=16, d_model=16, encoder_ffn_dim=8, decoder_ffn_dim=8,
        encoder_attention_heads=2, decoder_attention_heads=2, encoder_layers=1, decoder_layers=2, decoder_in_channels=[16, 16, 16], num_queries=2,
        use_pretrained_backbone=False))
    yield saved('RT-DETRv2', model, backbone(model.model.backbone.model))
