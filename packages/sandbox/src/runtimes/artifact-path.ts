import { RESERVED_PATH_PREFIX } from '@mayfly/contracts';

/** Where the compiler leaves the program, relative to the working folder. */
export const ARTIFACT_PATH = `${RESERVED_PATH_PREFIX}-program`;
