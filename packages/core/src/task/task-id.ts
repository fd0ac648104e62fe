import { v7 as uuidv7 } from 'uuid';

/** How long the tasks of a queue are kept, as a number of four bits. 0: as long as the server says. */
export type RetentionClass = number;

/** A UUIDv7 whose last digit is the retention class, so that the store can tell by the id. */
export function newTaskId(retentionClass: RetentionClass): string {
  return uuidv7().slice(0, -1) + retentionClass.toString(16);
}
