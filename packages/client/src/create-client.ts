import { MayflyClient } from './mayfly-client.ts';
import { resolveOptions, type ClientOptions } from './options.ts';

/**
 * A client of the Mayfly server at `url`. It holds no connection open by itself and needs no
 * closing.
 *
 * @throws MayflyError when the address or the key cannot be one
 */
export function createClient(options: ClientOptions): MayflyClient {
  return new MayflyClient(resolveOptions(options));
}
