import type { FromPlace, PlaceSettings, ToPlace } from './messages.ts';
import { servePlace } from './serve-place.ts';

const settings = JSON.parse(process.argv[2] as string) as PlaceSettings;

// Without its worker this process has no purpose, and nobody would end it.
process.on('disconnect', () => process.exit());

await servePlace(
  {
    post: (message: FromPlace) => process.send?.(message),
    onMessage: (listener) => void process.on('message', (message: ToPlace) => listener(message)),
  },
  settings,
);
