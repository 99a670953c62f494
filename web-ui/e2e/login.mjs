// The dashboard of a service that asks for tokens.
//
// usage: node login.mjs SERVICE BROWSER FOLDER, with the token of a viewer in SWITCHYARD_TOKEN
import assert from 'node:assert/strict';
import { openBrowser } from './browser.mjs';

const [service, browserPath, folder] = process.argv.slice(2);
const token = process.env.SWITCHYARD_TOKEN;

const { page, sight, close } = await openBrowser(browserPath, folder);
const live = () => page.locator('.live[data-status=live]').waitFor();
const button = (name) => page.getByRole('button', { name, exact: true });

async function withoutATokenNothingIsShown() {
  sight.expectFailures(true);
  await page.goto(`${service}/ui/`);
  await page.getByRole('heading', { name: 'Log in' }).waitFor();
  assert.equal(await page.getByRole('grid').count(), 0);
  await sight.keep('login');
  await page.getByLabel('Token').fill('swy_0123456789abcdef_wrong');
  await button('Log in').click();
  await page.getByRole('alert').waitFor();
  await sight.keep('login-refused');
}

async function aTokenOpensThePage() {
  await page.getByLabel('Token').fill(token);
  await page.keyboard.press('Enter');
  await live();
  await page.getByText('screen · viewer').waitFor();
  sight.expectFailures(false);
  await page.reload();
  await live();
  const cookies = await page.context().cookies();
  assert.equal(cookies.length, 1);
  assert.equal(cookies[0].httpOnly && cookies[0].sameSite, 'Strict');
  assert.equal(await page.evaluate(() => document.cookie), '');
  await sight.keep('logged-in');
}

async function loggingOutAsksAgain() {
  sight.expectFailures(true);
  await button('Log out').click();
  await page.getByRole('heading', { name: 'Log in' }).waitFor();
  assert.equal((await page.context().cookies()).length, 0);
}

for (const step of [withoutATokenNothingIsShown, aTokenOpensThePage, loggingOutAsksAgain]) {
  await step();
  console.log(step.name);
}
await close();
assert.deepEqual(sight.complaints, []);
