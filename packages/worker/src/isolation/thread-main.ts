import { parentPort, workerData, type MessagePort } from 'node:worker_threads';
import type { PlaceSettings, ToPlace } from './messages.ts';
import { servePlace } from './serve-place.ts';

const port = parentPort as MessagePort;

await servePlace(
  {
    post: (message) => port.postMessage(message),
    onMessage: (listener) => void port.on('message', (message: ToPlace) => listener(message)),
  },
  workerData as PlaceSettings,
);
