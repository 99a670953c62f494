// Debian's Chromium with one page, and everything that a test wants to know of it.
import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { join } from 'node:path';
import { chromium } from 'playwright-core';

/** How long anything on the page is waited for. */
const PATIENCE_MS = 30_000;
/** Findings of axe that fail a test. */
const SERIOUS = new Set(['serious', 'critical']);
/** Keeps the browser to the page: nothing is looked up or fetched beside it. */
const FLAGS = [
  '--no-sandbox',
  '--disable-gpu',
  '--disable-quic',
  '--no-first-run',
  '--disable-background-networking',
  '--disable-component-update',
  '--disable-sync',
];

const axe = readFileSync(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8');

/** Opens the browser. Screenshots go into the folder. */
export async function openBrowser(executablePath, folder) {
  const browser = await chromium.launch({ executablePath, args: FLAGS });
  const context = await browser.newContext({ viewport: { width: 1280, height: 800 }, colorScheme: 'light' });
  const page = await context.newPage();
  page.setDefaultTimeout(PATIENCE_MS);
  return { page, sight: new Sight(page, folder), close: () => browser.close() };
}

/** What is seen of a page, and what it complains of. */
class Sight {
  #page;
  #folder;
  #count = 0;
  #failing = false;
  complaints = [];

  constructor(page, folder) {
    this.#page = page;
    this.#folder = folder;
    page.on('pageerror', (error) => this.complaints.push(`error: ${error.message}`));
    page.on('console', (message) => {
      // The browser itself reports every request that fails, which is right while a failure is what is looked at.
      const expected = this.#failing && message.text().startsWith('Failed to load resource');
      if (['error', 'warning'].includes(message.type()) && !expected)
        this.complaints.push(`console: ${message.text()}`);
    });
  }

  /** Says whether requests are now expected to fail. */
  expectFailures(failing) {
    this.#failing = failing;
  }

  /** Keeps a picture of the page and looks for what keeps people from using it. */
  async keep(name) {
    this.#count += 1;
    const file = `${String(this.#count).padStart(2, '0')}-${name}.png`;
    await this.#page.screenshot({ path: join(this.#folder, file) });
    await this.#page.evaluate(axe);
    const { violations } = await this.#page.evaluate(() => globalThis.axe.run());
    for (const { id, impact, help, nodes } of violations) {
      if (!SERIOUS.has(impact)) continue;
      const where = nodes.map((node) => node.html).slice(0, 3);
      this.complaints.push(`axe, ${name}: ${impact} ${id}: ${help}: ${where.join(' ')}`);
    }
    console.log(`kept ${file}`);
  }
}
