/** Values over time, for a chart. */
export interface Series {
  name: string;
  unit: string;
  /** [seconds since the beginning, value] */
  points: [number, number][];
}
