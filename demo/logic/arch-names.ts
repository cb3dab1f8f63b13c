/** Suggestions for the architecture field; the library knows more names than these. */
export const ARCH_NAMES = [
  'resnet18',
  'resnet34',
  'resnet50',
  'resnet101',
  'resnet152',
  'resnet50d',
  'wide_resnet50_2',
  'wide_resnet101_2',
  'cifar_resnet20',
  'cifar_resnet32',
  'cifar_resnet44',
  'cifar_resnet56',
  'cifar_resnet110',
];
