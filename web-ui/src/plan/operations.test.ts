import { describe, expect, it } from 'vitest';
import { OPERATIONS, operationWords } from './operations';

describe('the words of the operations', () => {
  it.each(['off', 'hard-restart'])('%s asks the operating system before it cuts the power', (name) => {
    expect(operationWords(name).does).toMatch(/asks the operating system.*, and cuts the power when/i);
  });

  it('init only powers on what is off', () => {
    expect(operationWords('init').does).toContain('What is off is only powered on.');
  });

  it('no button but that of force-off speaks of force, and no two say the same', () => {
    const verbs = OPERATIONS.map(({ verb }) => verb);
    expect(verbs.filter((verb) => /hard|force/i.test(verb))).toEqual(['Force off']);
    expect(new Set(verbs).size).toBe(verbs.length);
  });
});
