// Checks the licences that package-lock.json states. What ends in the page is MIT; the rest are tools that are not shipped.
import { readFileSync } from 'node:fs';

const ALLOWED = new Set([
  '0BSD',
  'Apache-2.0',
  'BlueOak-1.0.0',
  'BSD-2-Clause',
  'BSD-3-Clause',
  'CC0-1.0',
  'CC-BY-3.0',
  'ISC',
  'MIT',
  'MIT-0',
  // axe-core and lightningcss: used as they are, and only while building and testing.
  'MPL-2.0',
  'Python-2.0',
  'Unlicense',
]);

const lock = JSON.parse(readFileSync(new URL('../package-lock.json', import.meta.url), 'utf8'));
const packages = Object.entries(lock.packages).filter(([path]) => path !== '');

/** Of alternatives one must be allowed, of a combination all. */
const isAllowed = (licence) =>
  licence
    .replace(/[()]/g, '')
    .split(' OR ')
    .some((choice) => choice.split(' AND ').every((name) => ALLOWED.has(name.trim())));

const refused = packages
  .map(([path, { license = 'not stated' }]) => ({ name: path.replace(/^.*node_modules\//, ''), license }))
  .filter(({ license }) => !isAllowed(license));

for (const { name, license } of refused)
  console.error(`error: the licence of ${name} is not allowed: ${license}`);
if (refused.length > 0) process.exitCode = 1;
else console.log(`The licences of ${packages.length} npm packages are allowed.`);
