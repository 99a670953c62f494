// The dashboard as an operator meets it. The end-to-end test starts this program with a running service, and does what the program
// asks for in lines that begin with `@`: kill and start the service, and switch a machine by its button.
//
// usage: node dashboard.mjs SERVICE BROWSER FOLDER
import assert from 'node:assert/strict';
import { createInterface } from 'node:readline';
import { openBrowser } from './browser.mjs';

const [service, browserPath, folder] = process.argv.slice(2);
/** The nodes of the fleet; what each is good for, the test says where it starts the simulator. */
const node = (slot) => `x1000c0s${slot}b0n0`;
const REFUSES = node(0);
const STUBBORN = node(1);
const PRESSED = node(2);
const HEALTHY = [3, 4, 5, 6, 7].map(node);
const COMPONENTS = 16;

const answers = createInterface({ input: process.stdin })[Symbol.asyncIterator]();

/** Asks the test to do something outside of the browser, and waits until it is done. */
async function ask(what) {
  console.log(`@${what}`);
  const { value } = await answers.next();
  assert.equal(value, 'done', `the test could not ${what}`);
}

async function submit(caller, operation, components, reason) {
  const response = await fetch(`${service}/v1/transitions`, {
    method: 'POST',
    headers: {
      'content-type': 'application/json',
      'x-switchyard-caller': caller,
      'x-switchyard-reason': reason,
    },
    body: JSON.stringify({ operation, location: components.map((xname) => ({ xname })) }),
  });
  const body = await response.json();
  assert.equal(response.status, 200, JSON.stringify(body));
  return body.transitionID;
}

const { page, sight, close } = await openBrowser(browserPath, folder);

/** Waits for a text in an element. */
const shows = (selector, text) => page.locator(selector).filter({ hasText: text }).first().waitFor();
const row = (id) => page.locator('[role=row]', { has: page.getByRole('link', { name: id, exact: true }) });
const rowShows = (id, text) => row(id).filter({ hasText: text }).waitFor();
const status = (word) => page.locator(`.live[data-status=${word}]`).waitFor();
const visit = (hash) => page.goto(`${service}/ui/${hash}`);

async function theFleetIsThere() {
  await page.goto(`${service}/ui`);
  assert.equal(new URL(page.url()).pathname, '/ui/');
  await status('live');
  await rowShows(REFUSES, 'on');
  const grid = page.getByRole('grid', { name: 'Fleet' });
  assert.equal(await grid.getAttribute('aria-rowcount'), String(COMPONENTS + 1));
  await sight.keep('fleet');
}

async function theFilterIsInTheAddress() {
  await page.keyboard.press('/');
  await page.keyboard.type('x*c0s[3-7]*n0');
  await shows('.bar .what', `5 of ${COMPONENTS}`);
  await page.reload();
  await shows('.bar .what', `5 of ${COMPONENTS}`);
  await page.getByRole('combobox', { name: 'Filter' }).fill('power:asleep');
  await shows('main', 'No component matches the filter.');
  await sight.keep('filtered-empty');
  await page.getByRole('link', { name: 'Clear filter' }).last().click();
  await rowShows(REFUSES, 'on');
}

async function keysLeadThroughTheTable() {
  await page.getByRole('gridcell').first().focus();
  await page.keyboard.press('ArrowDown');
  await page.keyboard.press('ArrowDown');
  await page.keyboard.press('Enter');
  await page.waitForURL(/#\/components\//);
  await page.goBack();
}

async function aTransitionIsSeenToItsEnd() {
  const id = await submit('alice', 'off', HEALTHY, 'CHG0012');
  await rowShows(HEALTHY[0], 'verifying');
  await rowShows(HEALTHY[0], 'alice');
  await sight.keep('fleet-moving');
  await row(HEALTHY[0]).getByRole('link', { name: 'off', exact: true }).click();
  await page.waitForURL(new RegExp(id));
  await shows('[data-part=verifying]', 'verifying');
  await sight.keep('transition-moving');
  await shows('[data-field=status]', 'completed');
  await shows('[data-part=verified]', String(HEALTHY.length));
  await shows('main', 'CHG0012');
  await page.getByRole('tab', { name: 'Events' }).click();
  await shows('.log li', HEALTHY[0]);
  await sight.keep('transition-verified');
  await visit('#/fleet');
  for (const id of HEALTHY) await rowShows(id, 'off');
}

async function failuresAreToldOnceForEachReason() {
  const id = await submit('carol', 'force-off', [REFUSES], 'CHG0013');
  await visit(`#/transitions/${id}`);
  await shows('[aria-label=Failures]', 'firmware update mode');
  await shows('[aria-label=Failures]', REFUSES);
  await sight.keep('transition-failed');
}

async function aQueueShowsNowAndNext() {
  await submit('alice', 'soft-off', [STUBBORN], 'CHG0014');
  await visit(`#/components/${STUBBORN}`);
  await shows('[data-place=now]', 'soft-off');
  await shows('[aria-label="Present task"]', 'answered 204');
  await submit('bob', 'on', [STUBBORN], 'CHG0015');
  await shows('[data-place=now]', 'by alice');
  await shows('[data-place=next]', 'by bob');
  await sight.keep('component-queue');
  await visit('#/fleet');
  await rowShows(STUBBORN, '1 queued');
}

async function thePictureCanBeHeldStill() {
  await page.getByRole('button', { name: 'Pause' }).click();
  await status('paused');
  await page.getByRole('button', { name: 'Resume' }).click();
  await status('live');
}

async function theServiceMayGoAndComeBack() {
  await rowShows(PRESSED, 'on');
  sight.expectFailures(true);
  await ask('kill');
  await status('offline');
  await shows('.live', /offline since .* data is \d+ s old/);
  await sight.keep('offline');
  await ask('press');
  await ask('start');
  await status('live');
  sight.expectFailures(false);
  await rowShows(PRESSED, 'off');
  // What was in the line is in the line again.
  await rowShows(STUBBORN, '1 queued');
  await sight.keep('live-again');
}

async function itIsReadableInTheDarkAndOnAPhone() {
  await page.emulateMedia({ colorScheme: 'dark' });
  await sight.keep('fleet-dark');
  await visit(`#/components/${STUBBORN}`);
  await shows('[data-place=next]', 'by bob');
  await sight.keep('component-dark');
  await page.emulateMedia({ colorScheme: 'light' });
  await page.setViewportSize({ width: 390, height: 800 });
  await sight.keep('component-narrow');
  await visit('#/fleet');
  await rowShows(STUBBORN, 'soft-off');
  await sight.keep('fleet-narrow');
  await page.setViewportSize({ width: 1280, height: 800 });
}

async function whatIsNotThereIsSaid() {
  sight.expectFailures(true);
  await visit('#/components/x9999');
  await shows('main', 'There is no component x9999.');
  await visit('#/nowhere');
  await shows('main', 'There is no such page.');
}

const steps = [
  theFleetIsThere,
  theFilterIsInTheAddress,
  keysLeadThroughTheTable,
  aTransitionIsSeenToItsEnd,
  failuresAreToldOnceForEachReason,
  aQueueShowsNowAndNext,
  thePictureCanBeHeldStill,
  theServiceMayGoAndComeBack,
  itIsReadableInTheDarkAndOnAPhone,
  whatIsNotThereIsSaid,
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
  process.stdin.destroy();
}
