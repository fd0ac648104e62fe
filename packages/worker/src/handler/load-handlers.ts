import { pathToFileURL } from 'node:url';
import { isHandler, type Handler } from './handler.ts';

/**
 * Imports a module and gives the handlers that it exports.
 *
 * @param path file path or `file:` URL
 * @throws Error when the module cannot be loaded or exports none
 */
export async function loadHandlers(path: string): Promise<Handler[]> {
  const url = path.startsWith('file:') ? path : pathToFileURL(path).href;
  const module = (await import(url)) as Record<string, unknown>;
  const handlers = Object.values(module).flat().filter(isHandler);
  if (handlers.length === 0) {
    throw new Error(`${path} exports no handler. Export what defineHandler() returns.`);
  }
  return handlers;
}
