'use client';
import { useEffect, useRef, useState } from 'react';
import { loadModel } from 'resnet-webgpu';

export function Photo({ src }: { src: string }) {
  const image = useRef<HTMLImageElement>(null);
  const [label, setLabel] = useState('');
  useEffect(() => {
    const stop = new AbortController();
    const loading = loadModel({ arch: 'cifar_resnet56', weights: '/resnet56.th' }, { signal: stop.signal });
    const classify = async () => {
      const model = await loading;
      await image.current?.decode();
      const [best] = image.current ? await model.classify(image.current, { signal: stop.signal }) : [];
      if (best) setLabel(`${best.label}, ${Math.round(best.probability * 100)} %`);
    };
    classify().catch((error) => !stop.signal.aborted && setLabel(error.message));
    return () => {
      stop.abort();
      loading.then(
        (model) => model.dispose(),
        () => undefined,
      );
    };
  }, []);
  return (
    <figure>
      <img ref={image} src={src} alt="" />
      <figcaption>
        <output>{label}</output>
      </figcaption>
    </figure>
  );
}
