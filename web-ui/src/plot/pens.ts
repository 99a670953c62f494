/** How the lines of a plot differ: by colour and by dashes. */
export interface Pen {
  /** A colour of the stylesheet. */
  readonly colour: string;
  readonly dash: readonly number[];
}

export const PENS: readonly Pen[] = [
  { colour: '--moving', dash: [] },
  { colour: '--bad', dash: [6, 3] },
  { colour: '--good', dash: [2, 3] },
  { colour: '--doubt', dash: [8, 3, 2, 3] },
  { colour: '--waiting', dash: [4, 4] },
];
