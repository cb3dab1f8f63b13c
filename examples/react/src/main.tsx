import { StrictMode, useState } from 'react';
import { createRoot } from 'react-dom/client';
import type { Prediction } from 'resnet-webgpu';
import weights from 'resnet-webgpu/weights/resnet56-4bfd9763.th?url';
import { useModel } from './useModel';

function Photo({ src }: { src: string }) {
  const { model, error, progress } = useModel('cifar_resnet56', weights);
  const [best, setBest] = useState<Prediction>();
  const classify = async (image: HTMLImageElement) => setBest((await model?.classify(image))?.[0]);
  if (error) return <p>{error.message}</p>;
  if (!model) return <progress value={progress} />;
  return (
    <figure>
      <img src={src} alt="" onLoad={({ currentTarget }) => classify(currentTarget)} />
      <figcaption>{best && <output>{`${best.label}, ${Math.round(best.probability * 100)} %`}</output>}</figcaption>
    </figure>
  );
}

const root = document.getElementById('root');
if (root) {
  createRoot(root).render(
    <StrictMode>
      <Photo src="/cat.jpg" />
    </StrictMode>,
  );
}
