import { readPattern } from './pattern';

/** Tells which ids a folded set such as `x1000c0s[0-7]b0n0,login1` stands for. */
export function readFolded(folded: string): (id: string) => boolean {
  // Commas within brackets are between numbers.
  const parts = folded.toLowerCase().split(/,(?![^[]*\])/);
  const plain = new Set(parts.filter((part) => !part.includes('[')));
  const patterns = parts.filter((part) => part.includes('[')).map(readPattern);
  return (id) => {
    const lower = id.toLowerCase();
    return plain.has(lower) || patterns.some((pattern) => typeof pattern !== 'string' && pattern(lower));
  };
}
