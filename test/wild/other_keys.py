"""Writes other-keys.json: the names of tensors that networks outside the family have in today's libraries.

Of keys that differ in numbers only the first is kept; running statistics and biases are left out (they tell nothing that the
weights do not). Needs torch, torchvision 0.29, timm 1.0.31 and transformers 5.24; networks are made without memory (meta device).
"""
import json, os, re, sys, warnings
warnings.filterwarnings('ignore')
import torch, timm, torchvision
out={}
def pats(keys):
    seen={}
    for k in keys: seen.setdefault(re.sub(r'\d+','#',k),k)
    return list(seen.values())
TV='alexnet vgg11 vgg16_bn squeezenet1_0 squeezenet1_1 densenet121 googlenet inception_v3 mobilenet_v2 mobilenet_v3_small mnasnet0_5 shufflenet_v2_x0_5 efficientnet_b0 efficientnet_v2_s convnext_tiny vit_b_16 swin_t swin_v2_t maxvit_t'.split()
with torch.device('meta'):
    for n in TV:
        out['torchvision '+n]=pats(torchvision.models.get_model(n).state_dict())
    for n in ['ssd300_vgg16','ssdlite320_mobilenet_v3_large','fasterrcnn_mobilenet_v3_large_fpn']:
        try: out['torchvision '+n]=pats(torchvision.models.detection.__dict__[n](weights=None,weights_backbone=None).state_dict())
        except Exception as e: print(n,e,file=sys.stderr)
    for n in ['lraspp_mobilenet_v3_large','deeplabv3_mobilenet_v3_large']:
        out['torchvision '+n]=pats(torchvision.models.segmentation.__dict__[n](weights=None,weights_backbone=None).state_dict())
    for n in ['mvit_v2_s','swin3d_t']:
        out['torchvision '+n]=pats(torchvision.models.video.__dict__[n]().state_dict())
    T='mobilenetv2_100 mobilenetv3_large_100 mobilenetv4_conv_small efficientnet_b0 tf_efficientnetv2_s efficientnet_lite0 mnasnet_100 ghostnet_100 vgg16 densenet121 inception_v3 inception_v4 inception_resnet_v2 xception41 legacy_xception vit_tiny_patch16_224 deit_tiny_distilled_patch16_224 beit_base_patch16_224 eva02_tiny_patch14_224 swin_tiny_patch4_window7_224 swinv2_tiny_window8_256 convnext_tiny convnextv2_tiny convmixer_768_32 mixer_s16_224 resmlp_12_224 poolformer_s12 levit_128s cait_xxs24_224 coat_tiny crossvit_tiny_240 xcit_nano_12_p16_224 pit_ti_224 pvt_v2_b0 twins_pcpvt_small maxvit_tiny_tf_224 coatnet_0_rw_224 mobilevit_s mobileone_s0 repvgg_a0 hrnet_w18 dla34 dpn68 vovnet39a ese_vovnet19b_dw nfnet_f0 dm_nfnet_f0 rexnet_100 selecsls42b tresnet_m cspresnet50 cspdarknet53 darknet53 hardcorenas_a nasnetalarge pnasnet5large fastvit_t8 edgenext_small efficientformer_l1 efficientvit_b0 efficientvit_m0 focalnet_tiny_srf gcvit_tiny davit_tiny hiera_tiny_224 inception_next_tiny tiny_vit_5m_224 volo_d1_224 visformer_small sequencer2d_s lcnet_050 gernet_s resnet51q bat_resnext26ts halonet26t botnet26t_256 lambda_resnet26t gcresnet33ts resnet50_clip starnet_s1 rdnet_tiny nextvit_small'.split()
    for n in T:
        try: out['timm '+n]=pats(timm.create_model(n).state_dict())
        except Exception as e: print(n,str(e)[:80],file=sys.stderr)
    import transformers as tr
    H={'ViTForImageClassification':'ViTConfig','SwinForImageClassification':'SwinConfig','ConvNextForImageClassification':'ConvNextConfig','DeiTForImageClassification':'DeiTConfig','BeitForImageClassification':'BeitConfig','MobileNetV2ForImageClassification':'MobileNetV2Config','MobileNetV1ForImageClassification':'MobileNetV1Config','EfficientNetForImageClassification':'EfficientNetConfig','MobileViTForImageClassification':'MobileViTConfig','SegformerForImageClassification':'SegformerConfig','BertForSequenceClassification':'BertConfig','GPT2LMHeadModel':'GPT2Config','LlamaForCausalLM':'LlamaConfig','CLIPModel':'CLIPConfig','Dinov2Model':'Dinov2Config','T5ForConditionalGeneration':'T5Config','WhisperForConditionalGeneration':'WhisperConfig','Wav2Vec2Model':'Wav2Vec2Config','YolosForObjectDetection':'YolosConfig','PvtV2ForImageClassification':'PvtV2Config','ConvNextV2ForImageClassification':'ConvNextV2Config','RobertaModel':'RobertaConfig','DistilBertModel':'DistilBertConfig','SamModel':'SamConfig','PoolFormerForImageClassification':'PoolFormerConfig','LevitForImageClassification':'LevitConfig','CvtForImageClassification':'CvtConfig','FocalNetForImageClassification':'FocalNetConfig','SiglipModel':'SiglipConfig'}
    for m,c in H.items():
        try:
            cfg=getattr(tr,c)()
            if c=='LlamaConfig': cfg.num_hidden_layers=2
            out['transformers '+m]=pats(getattr(tr,m)(cfg).state_dict())
        except Exception as e: print(m,str(e)[:80],file=sys.stderr)

def tells(key):
    return not key.endswith(('running_mean', 'running_var', 'num_batches_tracked')) and (not key.endswith('.bias') or key.endswith('conv_head.bias'))

out = {name: [key for key in keys if tells(key)] for name, keys in out.items()}
json.dump(out, open(os.path.join(os.path.dirname(__file__), 'other-keys.json'), 'w'), indent=0, separators=(',', ':'))
