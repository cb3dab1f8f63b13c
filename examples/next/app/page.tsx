import { Photo } from './photo';

// On the server: nothing of resnet-webgpu runs here.
export default function Page() {
  return <Photo src="/cat.jpg" />;
}
