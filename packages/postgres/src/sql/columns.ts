/** Turns rows into parallel arrays, one a column, as `unnest` takes them. */
export function columns<Item>(
  items: readonly Item[],
  ...pick: ((item: Item) => unknown)[]
): unknown[][] {
  return pick.map((value) => items.map(value));
}
