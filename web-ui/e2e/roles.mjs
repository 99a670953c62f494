// The places as somebody meets them who may look and not touch. The service asks for tokens.
//
// usage: node roles.mjs SERVICE BROWSER FOLDER, with the token of a viewer in SWITCHYARD_TOKEN
import assert from 'node:assert/strict';
import { openBrowser } from './browser.mjs';

const [service, browserPath, folder] = process.argv.slice(2);
const token = process.env.SWITCHYARD_TOKEN;
const CONTROLLER = 'x1000c0s0b0';

const { page, sight, close } = await openBrowser(browserPath, folder);
const live = () => page.locator('.live[data-status=live]').waitFor();
const button = (name) => page.getByRole('button', { name });
const shows = (text) => page.locator('main').filter({ hasText: text }).waitFor();

async function withoutATokenThereAreNoPlaces() {
  sight.expectFailures(true);
  await page.goto(`${service}/ui/#/system`);
  await page.getByRole('heading', { name: 'Log in' }).waitFor();
  assert.equal(await page.getByRole('navigation').count(), 0);
  // Keys do nothing before one has logged in.
  await page.getByRole('heading', { name: 'Log in' }).click();
  await page.keyboard.press('?');
  assert.equal(await page.getByRole('dialog').count(), 0);
  await page.getByLabel('Token').fill(token);
  await page.keyboard.press('Enter');
  await live();
  sight.expectFailures(false);
}

async function thatItIsReadOnlyIsSaidOnce() {
  await page.getByText(/· viewer/).waitFor();
  assert.equal(await page.getByText('read-only', { exact: true }).count(), 1);
}

async function whatIsForAdminsIsNotOffered() {
  await shows('Seeing the tokens takes the role admin.');
  await shows('Making a backup takes the role admin.');
  assert.equal(await button(/New token|Make a backup|Release|Revoke/).count(), 0);
  await sight.keep('system-viewer');
  await page.goto(`${service}/ui/#/endpoints/${CONTROLLER}`);
  await shows('Looking at the certificate and pinning it takes the role admin.');
  assert.equal(await button(/Try now|Find the driver|certificate/).count(), 0);
  await sight.keep('endpoint-viewer');
  await page.goto(`${service}/ui/#/drivers/redfish-standard`);
  await shows('SHA-256');
  assert.equal(await button(/Promote|try|Roll back|Remove/).count(), 0);
}

async function theRestIsSeen() {
  for (const [hash, title] of [
    ['#/transitions', 'Transitions'],
    ['#/endpoints', 'Endpoints'],
    ['#/drivers', 'Drivers'],
    ['#/events', 'Events'],
    ['#/events?tab=audit', 'Audit'],
  ]) {
    await page.goto(`${service}/ui/${hash}`);
    await page.getByRole('heading', { level: 1, name: title }).waitFor();
    await page.waitForFunction(() => document.querySelector('main .skeleton') === null);
    assert.equal(await page.getByText(/You may not see/).count(), 0);
  }
}

async function itFitsAPhone() {
  await page.setViewportSize({ width: 390, height: 800 });
  await button('Menu').click();
  await page.getByText('read-only', { exact: true }).waitFor();
  await sight.keep('menu-narrow');
  sight.expectFailures(true);
  await button('Log out').click();
  await page.getByRole('heading', { name: 'Log in' }).waitFor();
  await sight.keep('login-narrow');
}

const steps = [
  withoutATokenThereAreNoPlaces,
  thatItIsReadOnlyIsSaidOnce,
  whatIsForAdminsIsNotOffered,
  theRestIsSeen,
  itFitsAPhone,
];

try {
  for (const step of steps) {
    console.log(`== ${step.name}`);
    await step();
  }
  assert.deepEqual(sight.complaints, []);
} catch (error) {
  await page.screenshot({ path: `${folder}/failed.png` });
  console.log(error.stack);
  console.log(sight.complaints.join('\n'));
  process.exitCode = 1;
} finally {
  await close();
}
