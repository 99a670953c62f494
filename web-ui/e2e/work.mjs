// A transition and a component as an operator works with them. The test that starts this program does what it asks for in lines that
// begin with `@`: `kill` and `start` the service, `mend` the BMC that refuses and have it `refuse` again, have the operating systems of
// HEALTHY `ignore` a shutdown, so that what was sent to them stays on its way, and `heed` it again.
//
// usage: node work.mjs SERVICE BROWSER FOLDER
//
// The fleet: 16 nodes x1000c0s[0-7]b0n0 and x1000c1s[0-7]b0n0, all on. The BMC of REFUSES refuses every command with the words below,
// that of AWAY cannot be reached, that of x1000c1s1b0n0 takes 1.5 s for every answer. All have meters, writable limits and an indicator. A
// shutdown takes about 3 s, turning on 2 s.
import assert from 'node:assert/strict';
import { createInterface } from 'node:readline';
import { openBrowser } from './browser.mjs';

const [service, browserPath, folder] = process.argv.slice(2);
const node = (chassis, slot) => `x1000c${chassis}s${slot}b0n0`;
const REFUSES = node(0, 3);
const AWAY = node(1, 4);
const AWAY_CONTROLLER = 'x1000c1s4b0';
const WORDS = 'firmware update mode';
const HEALTHY = [0, 1, 2, 4, 5].map((slot) => node(0, slot));
const OTHERS = [0, 2, 3].map((slot) => node(1, slot));
/** What is switched at the page: four healthy nodes, a slow one and REFUSES. */
const BULK = 'x1000c[0-1]s[1-3]b0n0';
const BULK_COUNT = 6;
/** How long an unreachable BMC is tried: longer than anybody looks. */
const START_WITHIN_S = 120;
const POLL_MS = 250;
/** How long a reading of an idle machine may be off at the longest. */
const BOOTED_WITHIN_MS = 60_000;

const answers = createInterface({ input: process.stdin })[Symbol.asyncIterator]();

/** Asks the test to do something outside of the browser, and waits until it is done. */
async function ask(what) {
  console.log(`@${what}`);
  const { value } = await answers.next();
  assert.equal(value, 'done', `the test could not ${what}`);
}

async function call(method, path, body, caller = 'alice') {
  const response = await fetch(`${service}/v2/${path}`, {
    method,
    headers: { 'content-type': 'application/json', 'x-switchyard-caller': caller },
    body: body === undefined ? undefined : JSON.stringify(body),
  });
  const answer = response.status === 204 ? null : await response.json();
  assert.ok(response.ok, `${method} ${path}: ${JSON.stringify(answer)}`);
  return answer;
}

async function submit(operation, components, { caller = 'alice', ...more } = {}) {
  return (await call('POST', 'transitions', { operation, components, ...more }, caller)).id;
}

/** Waits for a transition without looking at it. */
async function until(id, holds) {
  while (!holds(await call('GET', `transitions/${id}`)))
    await new Promise((resume) => setTimeout(resume, POLL_MS));
}
const ended = (id) => until(id, ({ endedAt }) => endedAt !== null);
/** What nothing was sent of would be superseded by a contrary request. */
const sent = (id) => until(id, ({ members }) => members.every(({ attempts }) => attempts > 0));

const { page, sight, close } = await openBrowser(browserPath, folder);
const shows = (selector, text) => page.locator(selector).filter({ hasText: text }).first().waitFor();
const button = (name, within = page) => within.getByRole('button', { name });
const status = (word) => page.locator(`.live[data-status=${word}]`).waitFor();
const visit = (hash) => page.goto(`${service}/ui/${hash}`);
const tab = (name) => page.getByRole('tab', { name }).click();
const panel = (title) => page.locator('details.panel', { has: page.getByRole('heading', { name: title }) });
const open = (title) => panel(title).locator('summary').click();

async function aBulkOffIsPlannedConfirmedAndWatchedToItsEnd() {
  await visit(`#/fleet?q=${encodeURIComponent(BULK)}`);
  await shows('.bar .what', `${BULK_COUNT} of`);
  await page.keyboard.press('a');
  await page.keyboard.press('f');
  const dialog = page.getByRole('alertdialog');
  await dialog.getByRole('heading', { name: `Power off ${BULK_COUNT} nodes` }).waitFor();
  await shows('[data-verdict=act]', 'will act');
  await dialog.getByLabel(/^Reason/).fill('CHG0012 coolant');
  await button(`Power off ${BULK_COUNT} nodes`, dialog).and(page.locator(':enabled')).click();
  await page.waitForURL(/#\/transitions\//);
  await shows('[data-status=in-progress]', 'in progress');
  await shows('[data-part=verifying]', 'verifying');
  await shows('main', 'CHG0012 coolant');
  await shows('[aria-label=Failures]', WORDS);
  await sight.keep('bulk-off-moving');
  await tab('Timeline');
  await shows('[role=gridcell]', 'verifying');
  await sight.keep('timeline');
  await shows('[data-status=completed]', 'completed, 1 failed');
  await shows('[data-field=pace]', 'took');
  await shows('[data-part=verified]', String(BULK_COUNT - 1));
  await shows('[data-told]', `${BULK_COUNT - 1} of ${BULK_COUNT} verified`);
  assert.equal(await button('Cancel the rest').count(), 0, 'an ended transition offers no cancel');
  await tab('Components');
  await page.locator('[data-part=failed] button').click();
  await page.locator('[role=grid][aria-rowcount="2"]').filter({ hasText: REFUSES }).waitFor();
  await sight.keep('bulk-off-ended');
  await tab('Events');
  await shows('.log li', 'transition.ended');
  await button('From the beginning').click();
  await shows('.log li', 'transition.accepted');
  await tab('Request');
  await shows('pre', 'CHG0012 coolant');
  await sight.keep('request');
}

/** The group of failures of that off is tried again, once in vain and once after its cause is gone. */
async function aFailureGroupIsTriedAgainUntilItIsDone() {
  await theGroupIsRetried();
  await shows('[data-status=completed]', 'completed, 1 failed');
  await shows('[aria-label=Failures]', WORDS);
  await ask('mend');
  await theGroupIsRetried();
  await shows('[data-status=completed]', 'completed');
  await shows('[data-part=verified]', '1');
  await shows('[role=gridcell]', 'a reading after the send shows it');
  assert.equal(await page.locator('[aria-label=Failures]').count(), 0, 'nothing failed');
  await sight.keep('retried');
  await ended(await submit('on', [REFUSES]));
  await ask('refuse');
}

/** Has the group that was refused tried again, and follows that. */
async function theGroupIsRetried() {
  const group = page.locator('[data-group="bmc.invalid"]');
  await button('Retry these', group).click();
  await sight.keep('retry-asked');
  await button('Retry 1', group).click();
  await shows('[data-group="bmc.invalid"]', '1 component is tried again');
  const before = page.url();
  await group.getByRole('link', { name: 'Follow the new transition' }).click();
  await page.waitForURL((url) => url.href !== before);
  await shows('.facts', 'an earlier transition');
}

/** What stays on its way in front of the lines of HEALTHY. */
let inFront = '';

async function whatWaitsIsPausedAndGoesOn() {
  await ended(await submit('on', [...HEALTHY, ...OTHERS]));
  await ask('ignore');
  const restart = await submit('hard-restart', HEALTHY);
  await sent(restart);
  const id = await submit('off', [...HEALTHY, ...OTHERS], { caller: 'bob', reason: 'CHG0013' });
  await visit(`#/transitions/${id}`);
  await shows('[data-part=verified]', String(OTHERS.length));
  await shows('[data-field=pace]', /\d\/(s|min) · about .+ left/);
  await button(`Pause what waits (${HEALTHY.length})`).click();
  await shows('[data-answers]', `${HEALTHY.length} components paused`);
  await shows('[data-part=paused]', String(HEALTHY.length));
  await sight.keep('paused');
  await page.keyboard.press('p');
  await shows('[data-answers]', 'in line again');
  await shows('[data-part=queued]', String(HEALTHY.length));
  inFront = restart;
}

async function theRestIsCancelled() {
  await page.keyboard.press('c');
  const dialog = page.getByRole('alertdialog');
  await dialog.filter({ hasText: `${HEALTHY.length} components have not been sent anything` }).waitFor();
  await sight.keep('cancel-dialog');
  await page.keyboard.press('Escape');
  await dialog.waitFor({ state: 'detached' });
  await button('Cancel the rest').click();
  await dialog.getByLabel('Reason').fill('wrong rack');
  await button(/^Cancel \d+ components/, dialog).click();
  await shows('[data-answers]', 'Nothing more is sent');
  await shows('[data-part=cancelled]', String(HEALTHY.length));
  await shows('[data-part=verified]', String(OTHERS.length));
  await sight.keep('rest-cancelled');
}

async function aTransitionStopsByItselfWhenTooMuchFails() {
  const id = await submit('off', [REFUSES, ...HEALTHY], { caller: 'bob', maxFailures: '0' });
  await visit(`#/transitions/${id}`);
  await shows('[data-field=max-failures]', 'more than 0 failed');
  await shows('[data-field=max-failures]', 'what had not been sent was cancelled');
  await shows('[data-part=cancelled]', String(HEALTHY.length));
  await sight.keep('stopped-by-failures');
  await visit(`#/transitions/${inFront}`);
  const { backgroundImage } = await page
    .locator('.bar-part.verifying')
    .evaluate((part) => ({ backgroundImage: getComputedStyle(part).backgroundImage }));
  assert.match(backgroundImage, /^repeating/, 'what is verified is told from what is sent');
  await call('POST', `transitions/${inFront}/cancel`, {});
  await ended(inFront);
  await ask('heed');
}

async function aSharedTaskGoesOnForTheOther() {
  await submit('on', [AWAY], { startWithinSeconds: START_WITHIN_S });
  const id = await submit('on', [AWAY], { caller: 'carol', startWithinSeconds: START_WITHIN_S });
  await visit(`#/transitions/${id}`);
  await shows('[data-field=shared]', '1 component with alice (on)');
  await button('Cancel the rest').click();
  const dialog = page.getByRole('alertdialog');
  await dialog.filter({ hasText: '1 of these shares its task with another request' }).waitFor();
  await button('Cancel 1 component', dialog).click();
  await shows('[data-answers]', 'No task ends by it.');
  await shows('[data-answers]', 'goes on for alice (on)');
  await sight.keep('shared-cancelled');
}

async function theServiceMayBeKilledUnderATransition() {
  await ended(await submit('on', [...HEALTHY, ...OTHERS]));
  const id = await submit('hard-restart', [...HEALTHY, ...OTHERS], { reason: 'CHG0014' });
  await visit(`#/transitions/${id}`);
  await shows('[data-part=verifying]', 'verifying');
  sight.expectFailures(true);
  await ask('kill');
  await status('offline');
  await shows('[data-status=in-progress]', 'in progress');
  await sight.keep('transition-offline');
  await ask('start');
  await status('live');
  await shows('[data-status=completed]', 'completed');
  sight.expectFailures(false);
  await shows('[data-part=verified]', String(HEALTHY.length + OTHERS.length));
  await shows('[data-part=booted]', 'booted');
  await sight.keep('transition-after-a-restart');
  restarted = id;
}

/** What was restarted under the kill; idle machines are read every half minute, so that is looked at later. */
let restarted = '';

async function whatWasVerifiedHasBooted() {
  await visit(`#/transitions/${restarted}`);
  const all = HEALTHY.length + OTHERS.length;
  const booted = page.locator('[data-part=booted]').filter({ hasText: new RegExp(`^\\s*${all}\\s*booted`) });
  await booted.waitFor({ timeout: BOOTED_WITHIN_MS });
}

async function aComponentIsHeldAndReleased() {
  await visit(`#/components/${HEALTHY[0]}`);
  await shows('[data-field=observed]', 'on');
  await shows('[aria-label="Last task"]', 'Proof');
  await button('Hold …').click();
  await page.getByLabel('Reason').fill('memory is changed');
  await sight.keep('hold-form');
  await button('Hold it').click();
  await shows('[aria-label=Hold]', 'memory is changed');
  await sight.keep('component-held');
  const hold = page.locator('[aria-label=Hold]');
  await button('Release', hold).click();
  await button('Release', hold).click();
  await shows('[aria-label=Hold]', 'Nobody holds it');
}

async function aQueueIsCancelledTaskByTask() {
  await ask('ignore');
  await sent(await submit('hard-restart', [HEALTHY[0]], { reason: 'CHG0015' }));
  await submit('off', [HEALTHY[0]], { caller: 'bob', reason: 'CHG0016' });
  const next = page.locator('[data-place=next]');
  await next.filter({ hasText: 'CHG0016' }).waitFor();
  await shows('[data-place=next]', 'waits for');
  await shows('[aria-label="Present task"]', 'answered 204');
  await sight.keep('component-queue');
  await button('Cancel', next).click();
  await next.filter({ hasText: 'Nothing was sent for it' }).waitFor();
  await button('Cancel this off', next).click();
  await next.waitFor({ state: 'detached' });
  await page.keyboard.press('c');
  await sight.keep('cancel-everything');
  await button('Cancel 1').click();
  await shows('[aria-label=Queue]', 'Nothing is asked of this component.');
  await shows('[aria-label="Last task"]', 'cancelled after send');
  await ask('heed');
}

async function anUnreachableControllerIsTriedNow() {
  await submit('on', [AWAY], { startWithinSeconds: START_WITHIN_S });
  await visit(`#/components/${AWAY}`);
  const card = page.locator('[aria-label=Endpoint]');
  await card.filter({ hasText: 'left alone' }).waitFor();
  await card.filter({ hasText: AWAY_CONTROLLER }).waitFor();
  await sight.keep('endpoint-away');
  await button('Try now', card).click();
  await shows('[aria-label=Endpoint]', 'The next call tries it at once');
  await open('Diagnose');
  await button('Diagnose').click();
  await shows('[data-step]', 'failed');
  await shows('details', 'The first step that failed is what to mend.');
  await sight.keep('diagnosed');
}

async function aLimitIsSetWhileTheReadingIsLive() {
  await visit(`#/components/${HEALTHY[1]}`);
  await page.getByRole('heading', { name: HEALTHY[1] }).waitFor();
  await page.keyboard.press('l');
  await page.locator('.plot canvas').waitFor();
  await page.locator('[data-meter]').first().waitFor();
  await open('Power limits');
  const limit = page.locator('[data-limit]').first();
  await limit.getByRole('spinbutton').fill('400');
  await button('Set', limit).click();
  await button('Set 400 W', limit).click();
  await page.locator('[data-setting=ended]').filter({ hasText: 'verified' }).waitFor();
  await limit.filter({ hasText: '400 W' }).waitFor();
  await open('Light and next boot');
  await button('Light it').click();
  await shows('[data-field=light]', 'lit');
  await open('History');
  await shows('[aria-label="Events, newest first"]', 'task.ended');
  await sight.keep('limit-and-reading');
}

async function theButtonsOpenThePlan() {
  await page.getByRole('group', { name: 'Power' }).getByRole('button', { name: 'Off' }).click();
  await shows('dialog', 'off');
  await page.reload();
  await page.getByText('More', { exact: true }).click();
  await shows('main', 'Cuts the power at once');
  await sight.keep('more-operations');
  await page.keyboard.press('Escape');
}

async function itIsReadableInTheDarkAndOnAPhone() {
  const id = await submit('off', [...HEALTHY, REFUSES, AWAY], { reason: 'CHG0017' });
  for (const [scheme, width] of [
    ['dark', 1280],
    ['light', 390],
    ['dark', 390],
  ]) {
    await page.emulateMedia({ colorScheme: scheme });
    await page.setViewportSize({ width, height: 800 });
    await visit(`#/transitions/${id}`);
    await shows('[aria-label=Failures]', WORDS);
    await page.locator('[data-group]').nth(1).waitFor();
    await sight.keep(`transition-${scheme}-${width}`);
    await tab('Timeline');
    await page.getByRole('grid', { name: 'Timeline' }).waitFor();
    await sight.keep(`timeline-${scheme}-${width}`);
    await visit(`#/components/${REFUSES}`);
    await shows('[aria-label="Last task"]', WORDS);
    await open('Live reading');
    await page.locator('.plot canvas').waitFor();
    await sight.keep(`component-${scheme}-${width}`);
    const wide = await page.evaluate(() => document.documentElement.scrollWidth > innerWidth);
    assert.equal(wide, false, 'the page scrolls sideways');
  }
  await page.emulateMedia({ colorScheme: 'light' });
  await page.setViewportSize({ width: 1280, height: 800 });
}

async function whatIsNotThereIsSaid() {
  sight.expectFailures(true);
  await visit('#/transitions/01a1fe3b-8d9b-72a0-9ef8-746b77a510ff');
  await shows('main', 'This transition is not known.');
  await visit('#/components/x9999');
  await shows('main', 'There is no component x9999.');
}

const steps = [
  aBulkOffIsPlannedConfirmedAndWatchedToItsEnd,
  aFailureGroupIsTriedAgainUntilItIsDone,
  whatWaitsIsPausedAndGoesOn,
  theRestIsCancelled,
  aTransitionStopsByItselfWhenTooMuchFails,
  aSharedTaskGoesOnForTheOther,
  theServiceMayBeKilledUnderATransition,
  aComponentIsHeldAndReleased,
  aQueueIsCancelledTaskByTask,
  anUnreachableControllerIsTriedNow,
  aLimitIsSetWhileTheReadingIsLive,
  theButtonsOpenThePlan,
  whatWasVerifiedHasBooted,
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
