// @vitest-environment happy-dom
import { readFileSync } from 'node:fs';
import { cleanup, render } from '@testing-library/svelte';
import { afterEach, expect, it, vi } from 'vitest';
import type { FailureGroup } from '../tasks/types';
import Failures from './Failures.svelte';
import { remedy } from './remedies';

afterEach(() => {
  cleanup();
  vi.unstubAllGlobals();
});

const group = (changes: Partial<FailureGroup>): FailureGroup => ({
  fingerprint: 'f',
  code: 'bmc.tls',
  text: 'https://…:… speaks an older TLS than …',
  example: 'https://10.4.7.20:443 speaks an older TLS than 1.2',
  count: 1,
  components: 'x0c0s0b0n0',
  ended: 1,
  retryable: 0,
  hint: 'check the certificate',
  ...changes,
});

function shown(one: FailureGroup) {
  const controller = { id: 'x0c0s0b0n0', controller: 'x0c0s0b0' };
  vi.stubGlobal('fetch', () => Promise.resolve(Response.json(controller)));
  return render(Failures, { props: { transition: 't', groups: [one], may: false } }).container;
}

it('one failure is told in its own words, and leads to its component and endpoint', async () => {
  const container = shown(group({}));
  expect(container.textContent).toContain('https://10.4.7.20:443 speaks an older TLS than 1.2');
  expect(container.textContent).not.toContain('…');
  const links = () => [...container.querySelectorAll('a')].map((link) => link.getAttribute('href'));
  await vi.waitFor(() => {
    expect(links()).toEqual(['#/components/x0c0s0b0n0', '#/endpoints/x0c0s0b0']);
  });
});

it('failures alike are told by what they have in common and in the words of one', () => {
  const container = shown(group({ count: 2, components: 'x0c0s[0-1]b0n0' }));
  expect(container.textContent).toContain('https://…:… speaks an older TLS than …');
  expect(container.textContent).toMatch(/words of one of them:\s*https:\/\/10\.4\.7\.20:443/);
});

it('moments are told as times', () => {
  const code = 'endpoint.breaker-open';
  const example = 'it is left alone until 2026-01-02T03:04:05.678Z';
  const container = shown(group({ code, example, hint: 'then POST /v2/endpoints/{id}/try' }));
  expect(container.textContent).toMatch(/left alone until 2026-01-02 \d\d:\d\d:\d\d/);
  expect(container.textContent).toContain('press Try now');
});

it('what to do is said to people at the page for every code that there is', () => {
  const [, components] = readFileSync('../docs/api/errors.md', 'utf8').split('## Components');
  const lines = [...(components ?? '').matchAll(/^\| `([\w.-]+)` \|.*\| (.*) \|$/gm)];
  expect(lines.length).toBeGreaterThan(50);
  const said = lines.map(([, code = '', hint = '']) => `${code}: ${remedy(code, hint)}`);
  expect(said.filter((text) => /`text`|\b(GET|POST|PUT|DELETE) \/|\w=\w|ifBusy/.test(text))).toEqual([]);
});
