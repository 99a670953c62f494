/** The keys of the fleet, for the help and for the titles of buttons. */
export const KEYS: { keys: string; does: string }[] = [
  { keys: '/', does: 'go to the filter' },
  { keys: 'j', does: 'next row' },
  { keys: 'k', does: 'previous row' },
  { keys: 'x', does: 'tick the row' },
  {
    keys: 'Space',
    does: 'tick the row, when a cell has the focus; with Shift everything since the last tick',
  },
  { keys: 'a', does: 'select everything that matches the filter' },
  { keys: 'o', does: 'plan: power on what is selected, or the row' },
  { keys: 'f', does: 'plan: power off what is selected, or the row' },
  { keys: 'r', does: 'plan: restart what is selected, or the row' },
  { keys: 'c', does: 'cancel what is in line for what is selected, or the row' },
  { keys: 'm', does: 'show or fold away the map' },
  { keys: 'Enter', does: 'open the component of the row' },
  { keys: 'Escape', does: 'select nothing' },
];
