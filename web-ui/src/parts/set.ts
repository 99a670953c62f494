/** The parts of a folded set of components: the commas outside of brackets divide it. */
export function setParts(text: string): string[] {
  const parts: string[] = [];
  let depth = 0;
  let part = '';
  for (const letter of text) {
    if (letter === '[') depth += 1;
    if (letter === ']') depth -= 1;
    if (letter === ',' && depth === 0) {
      parts.push(part);
      part = '';
    } else part += letter;
  }
  return [...parts, part].map((name) => name.trim()).filter((name) => name !== '');
}
