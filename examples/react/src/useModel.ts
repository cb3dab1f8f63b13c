import { useEffect, useState } from 'react';
import { loadModel, type Model } from 'resnet-webgpu';

export interface Loading {
  model?: Model;
  error?: Error;
  /** 0 to 1, while the weights come. */
  progress?: number;
}

/** A model for as long as the component is there; another one when name or address change. */
export function useModel(arch: string, weights: string): Loading {
  const [state, setState] = useState<Loading>({});
  useEffect(() => {
    const stop = new AbortController();
    const set = (next: Loading) => stop.signal.aborted || setState(next);
    const onProgress = ({ loaded, total }: { loaded: number; total?: number }) => total && set({ progress: loaded / total });
    const loading = loadModel({ arch, weights }, { signal: stop.signal, onProgress });
    loading.then(
      (model) => set({ model }),
      (error) => set({ error }),
    );
    return () => {
      // StrictMode mounts everything twice: the first load is stopped, or its model let go.
      stop.abort();
      loading.then((model) => model.dispose()).catch(() => undefined);
    };
  }, [arch, weights]);
  return state;
}
