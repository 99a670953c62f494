// The fleet as an operator works with it: found by the filter, selected, planned, confirmed. It wants a fleet with more than 64 nodes that
// are on, eight of them in a group `gpu`, and some controllers that do not answer; it asks for no tokens.
//
// usage: node fleet.mjs SERVICE BROWSER FOLDER
import assert from 'node:assert/strict';
import { openBrowser } from './browser.mjs';

const [service, browserPath, folder] = process.argv.slice(2);
const { page, sight, close } = await openBrowser(browserPath, folder);

const visit = (hash = '#/fleet') => page.goto(`${service}/ui/${hash}`);
const shows = (selector, text) => page.locator(selector).filter({ hasText: text }).first().waitFor();
const button = (name) => page.getByRole('button', { name, exact: true });
const filter = () => page.getByRole('combobox', { name: 'Filter' });
const bar = () => page.locator('.bar');
const dialog = () => page.getByRole('alertdialog');
/** Waits until the address asks for a filter. */
const asks = (text) =>
  page.waitForFunction(
    (wanted) => new URLSearchParams(location.hash.split('?')[1] ?? '').get('q') === wanted,
    text,
  );

/** Asks the service as somebody else than the page. */
async function api(method, path, body, caller = 'bob') {
  const response = await fetch(`${service}/v2/${path}`, {
    method,
    headers: { 'content-type': 'application/json', 'x-switchyard-caller': caller },
    ...(body === undefined ? {} : { body: JSON.stringify(body) }),
  });
  const answer = response.status === 204 ? null : await response.json();
  assert.ok(response.ok, `${method} ${path}: ${JSON.stringify(answer)}`);
  return answer;
}

/** Has the next request of this kind answered with a problem, as the service would when it cannot be made to here. */
async function refuseOnce(path, method, problem) {
  sight.expectFailures(true);
  let refused = false;
  await page.route(`**/v2/${path}`, (route) => {
    if (refused || route.request().method() !== method) return route.fallback();
    refused = true;
    const body = { type: `urn:switchyard:problem:${problem.code}`, title: 'Refused', ...problem };
    return route.fulfill({ status: problem.status, json: body });
  });
}

/** What has the focus: the row of the cell, or else the words. */
const focus = () =>
  page.evaluate(() => document.activeElement.dataset.row ?? document.activeElement.textContent.trim());
const focusIs = (expected) =>
  page.waitForFunction(
    (wanted) => (document.activeElement.dataset.row ?? document.activeElement.textContent.trim()) === wanted,
    expected,
  );

async function writeFilter(text) {
  await filter().fill(text);
  await page.keyboard.press('Escape');
  await page.keyboard.press('Escape');
}

async function theFleetIsATableAndAMap() {
  await visit();
  await page.locator('.live[data-status=live]').waitFor();
  await page.getByRole('gridcell').first().waitFor();
  await page.locator('canvas').waitFor();
  await sight.keep('fleet');
  await page.locator('canvas').hover({ position: { x: 20, y: 24 } });
  await shows('.map .tip', /read .* ago|never read/);
  await sight.keep('map-tip');
  await page.keyboard.press('m');
  await page.locator('canvas').waitFor({ state: 'detached' });
  await page.reload();
  await page.getByRole('gridcell').first().waitFor();
  assert.equal(await page.locator('canvas').count(), 0, 'a map that was folded away stays so');
  await page.keyboard.press('m');
  await page.locator('.grid').evaluate((grid) => grid.scrollTo(0, 900));
  const far = page.locator('[role=gridcell][data-row="34"] a').first();
  const id = await far.textContent();
  await page.locator('canvas').click({ position: { x: 26, y: 24 } });
  await page.waitForURL(/#\/components\/x/);
  await page.locator('h1:focus').waitFor();
  await page.goBack();
  await focusIs('Fleet');
  // What other views have of style reaches nothing here.
  const swatch = page.locator('.map li', { hasText: 'work in front' }).locator('svg');
  assert.equal((await swatch.boundingBox())?.width, 10);
  // Who comes back finds the table where it was.
  await page.getByRole('link', { name: id, exact: true }).waitFor();
  assert.equal(await page.locator('.grid').evaluate((grid) => grid.scrollTop), 900);
  await page.keyboard.press('j');
  assert.equal(await page.locator('.grid').evaluate((grid) => grid.scrollTop), 900);
  await page.locator('.grid').evaluate((grid) => grid.scrollTo(0, 0));
}

async function theFilterIsCompleted() {
  await page.getByRole('gridcell').first().waitFor();
  await page.keyboard.press('/');
  await page.keyboard.type('gro');
  await page.getByRole('option', { name: /^group:/ }).waitFor();
  await page.keyboard.press('ArrowDown');
  await page.keyboard.press('Enter');
  await page.getByRole('option', { name: 'gpu 8' }).waitFor();
  await sight.keep('completion');
  await page.keyboard.press('ArrowDown');
  await page.keyboard.press('Enter');
  await shows('.bar .what', '8 of');
  await asks('group:gpu ');
  await writeFilter('power:warm kind:node');
  await shows('#filter-hint', 'power: knows on, off');
  assert.equal(await filter().getAttribute('aria-invalid'), 'true');
  await sight.keep('filter-problem');
  await writeFilter('kind:node');
  await page.getByRole('region', { name: 'Counts' }).getByRole('button', { name: /on$/ }).first().click();
  await asks('kind:node power:on');
  await page.getByRole('region', { name: 'Counts' }).getByRole('button', { name: /on$/ }).first().click();
  await asks('kind:node');
  await page.getByRole('link', { name: /^no answer/ }).click();
  await asks('is:unavailable');
  await sight.keep('saved-filter');
  await writeFilter('power:asleep');
  await shows('main', 'No component matches the filter.');
  await sight.keep('filtered-empty');
}

/** What the page shows and what the service means by the same words must be the same. */
async function theServiceMeansTheSame() {
  const filters = [
    'x1000c[0-1]s*b0n0 power:on',
    '-group:gpu kind:node',
    'group:none -is:unavailable',
    'power:unknown,off',
    'kind:controller c1s',
    '-x1000* is:idle desired:none',
    'role:Compute',
    '-role:Compute kind:node',
    'flag:drift,failed,held',
  ];
  for (const text of filters) {
    await writeFilter(text);
    let [count, cursor] = [0, null];
    do {
      const query = new URLSearchParams({ filter: text, ...(cursor === null ? {} : { cursor }) });
      const answer = await api('GET', `components?${query}`);
      count += answer.components.length;
      cursor = answer.next;
    } while (cursor);
    await page.locator('.bar .what', { hasText: new RegExp(`^\\s*${count} of`) }).waitFor();
  }
}

async function whatTheServiceIsAskedIsSaid() {
  let answer = () => undefined;
  const asked = new Promise((resolve) => (answer = resolve));
  await page.route('**/v2/components?filter=class*', async (route) => {
    await asked;
    await route.abort();
  });
  sight.expectFailures(true);
  await writeFilter('-class:River');
  await shows('main', 'Asking the service what matches');
  answer();
  await shows('main', 'It is not known what matches.');
  await shows('main', 'class:River could not be asked');
  await sight.keep('filter-unanswered');
  await page.unrouteAll();
  sight.expectFailures(false);
  await button('Ask again').click();
  await page.getByRole('gridcell').first().waitFor();
  await writeFilter('');
}

async function rowsAreSortedAndTicked() {
  await writeFilter('group:gpu');
  await page.getByRole('button', { name: 'Component' }).click();
  await page.getByRole('button', { name: 'Component' }).click();
  await button('Power').click();
  assert.equal(await page.locator('[role=columnheader][aria-sort]').count(), 1);
  await button('Power').click();
  await button('Power').click();
  const boxes = page.locator('[role=gridcell] input[type=checkbox]');
  await boxes.nth(1).click();
  await boxes.nth(4).click({ modifiers: ['Shift'] });
  await shows('.bar .what', '4 ticked');
  assert.equal(await page.locator('[role=row][aria-selected=true]').count(), 4);
  await sight.keep('ticked');
  await page.keyboard.press('Escape');
  await page.getByRole('gridcell').first().focus();
  await page.keyboard.press('Space');
  await page.keyboard.press('ArrowDown');
  await page.keyboard.press('ArrowDown');
  await page.keyboard.press('Shift+Space');
  await shows('.bar .what', '3 ticked');
  await page.keyboard.press('j');
  await page.keyboard.press('x');
  await shows('.bar .what', '4 ticked');
  await bar().getByRole('button', { name: 'Select all 8 that match' }).click();
  await shows('.bar .what', 'All 8 that match group:gpu');
  await page.getByRole('button', { name: /^More/ }).click();
  await page.getByText('Send NMI').waitFor();
  await sight.keep('more');
  await page.keyboard.press('Escape');
}

async function whatCannotBeSwitchedIsSaid() {
  const { components } = await api('GET', 'components?filter=group:gpu');
  const until = new Date(Date.now() + 3_600_000).toISOString();
  const held = components.slice(0, 3).map(({ id }) => id);
  const hold = await api('POST', 'holds', { components: held, reason: 'CHG0042 firmware', until });
  await writeFilter('x1000c0s[0-7]b0* kind:node,controller');
  await page.keyboard.press('a');
  await page.keyboard.press('r');
  await dialog().waitFor();
  await shows('[data-verdict=held]', 'CHG0042 firmware');
  await shows('[data-verdict=refused]', 'protected');
  await page.locator('[data-verdict=held] summary').click();
  await shows('[data-verdict=held] .names', 'x1000c0s[0-2]b0n0');
  await shows('dialog .missing', 'what to do with those that cannot be switched');
  await sight.keep('plan-refused');
  await dialog()
    .getByRole('checkbox', { name: /^Leave out.*cannot be switched/ })
    .check();
  await dialog()
    .getByLabel(/^Reason/)
    .fill('CHG0043');
  await button('Restart 5 nodes').and(page.locator(':enabled')).waitFor();
  await dialog()
    .getByRole('checkbox', { name: /^Protected/ })
    .check();
  await page.locator('[data-verdict=refused]').waitFor({ state: 'detached' });
  await page.locator('dialog .body[aria-busy=false]').waitFor();
  await sight.keep('plan-forced');
  await button('Cancel').click();
  await dialog().waitFor({ state: 'detached' });
  await api('DELETE', `holds/${hold.id}`);
}

async function manyAreSwitchedByTheirNumber() {
  await writeFilter('kind:node power:on');
  await page.keyboard.press('a');
  await page.keyboard.press('f');
  await dialog().waitFor();
  assert.equal(await focus(), 'Cancel');
  const go = page.locator('dialog button[type=submit]');
  await go.filter({ hasText: /^Power off \d+ nodes$/ }).waitFor();
  const count = /\d+/.exec(await go.textContent())[0];
  assert.ok(Number(count) > 64, `${count} nodes are not many`);
  assert.ok(await go.isDisabled());
  await shows('dialog .missing', 'a reason');
  await dialog()
    .getByLabel(/^Reason/)
    .fill('CHG0044 cooling');
  await shows('dialog .missing', `the number ${count}`);
  await sight.keep('plan');
  await dialog().getByText('More options').click();
  await dialog().getByLabel('Deadline of each step').fill('7');
  await dialog().getByLabel('Stop when more fail than').fill('many');
  await page.keyboard.press('Tab');
  assert.equal(await page.locator('dialog :invalid[pattern]').count(), 1);
  await dialog().getByLabel('Stop when more fail than').fill('50%');
  await page.keyboard.press('Tab');
  await dialog().getByLabel(/^Type/).fill(count);
  await refuseOnce('transitions', 'POST', {
    status: 409,
    code: 'plan.changed',
    detail: 'components are refused now that the plan held for possible, and nothing was done',
    hint: 'make a new plan, look at it, and execute that',
  });
  await go.and(page.locator(':enabled')).click();
  await shows('dialog [role=alert]', 'refused now that the plan held for possible');
  await sight.keep('plan-changed');
  sight.expectFailures(false);
  await button('Make the plan anew').click();
  await go.and(page.locator(':enabled')).waitFor();
  await page.emulateMedia({ colorScheme: 'dark' });
  await go.hover();
  await sight.keep('plan-dark');
  await page.emulateMedia({ colorScheme: 'light' });
  await go.click();
  await page.waitForURL(/#\/transitions\//);
  await page.unrouteAll();
  const id = page.url().split('/').at(-1);
  const transition = await api('GET', `transitions/${id}`);
  assert.equal(transition.operation, 'off');
  assert.equal(transition.reason, 'CHG0044 cooling');
  assert.equal(transition.maxFailures, '50%');
  await visit();
  await shows('[role=row]', 'anonymous');
  await sight.keep('fleet-moving');
}

async function workInLineIsSaidAndCancelled() {
  await writeFilter('group:gpu');
  await page.keyboard.press('a');
  await page.keyboard.press('o');
  await dialog().waitFor();
  await shows('[aria-label="Work in line"]', 'off by anonymous');
  await dialog().getByLabel('Where there is work').selectOption('replace');
  await page.locator('dialog .body[aria-busy=false]').waitFor();
  await sight.keep('plan-busy');
  await button('Cancel').click();
  await page.keyboard.press('c');
  await shows('dialog', 'It ends for everybody who asked');
  await sight.keep('cancel');
  await button('Cancel what is in line').click();
  await shows('dialog [role=status]', /tasks? ends?|nothing in line/);
  await button('Close').click();
}

async function componentsAreHeldAndReleased() {
  await button('Hold…').click();
  await shows('dialog', 'Everybody but you is refused');
  await page.getByLabel('Reason').fill('CHG0045');
  await button('4 hours').click();
  await sight.keep('hold');
  await page.locator('dialog button[type=submit]').click();
  await shows('dialog [role=status]', '8 components are held');
  await button('Close').click();
  await page.getByRole('link', { name: /^held 8/ }).waitFor();
  await button('Release…').click();
  await shows('dialog', 'CHG0045');
  await sight.keep('release');
  await button('Release 8').click();
  await shows('dialog', 'Nobody holds any of it.');
  await button('Close').click();
  await page.keyboard.press('Escape');
}

async function whoMayNotIsToldSo() {
  await refuseOnce('plans', 'POST', {
    status: 403,
    code: 'access.forbidden',
    detail: 'the role viewer may not do this',
    hint: 'ask an administrator for a token of an operator',
  });
  await page.getByRole('gridcell').first().focus();
  await page.keyboard.press('o');
  await shows('dialog [role=alert]', 'the role viewer may not do this');
  await sight.keep('plan-forbidden');
  // Who leaves a dialog is back at the row, and its keys go on.
  await button('Cancel').click();
  await focusIs('0');
  await page.keyboard.press('j');
  await focusIs('1');
  await page.keyboard.press('c');
  await button('Leave it').click();
  await focusIs('1');
  await page.unrouteAll();
  sight.expectFailures(false);
  await page.route('**/v2/session', (route) =>
    route.fulfill({ json: { mode: 'tokens', subject: 'screen', how: 'token', role: 'viewer' } }),
  );
  await visit();
  await page.reload();
  await shows('.bar', 'You may look, not switch.');
  assert.equal(await page.locator('[role=gridcell] input').count(), 0);
  await page.getByRole('gridcell').first().focus();
  await page.keyboard.press('a');
  await page.keyboard.press('f');
  assert.equal(await dialog().count(), 0);
  await sight.keep('read-only');
  await page.unrouteAll();
  await page.reload();
}

async function keysOfOneCharacterAreTurnedOff() {
  await page.getByRole('gridcell').first().waitFor();
  await page.keyboard.press('?');
  const single = page.getByRole('checkbox', { name: /^Keys of one character/ });
  await single.uncheck();
  await sight.keep('keys');
  await button('Close').click();
  await page.reload();
  await page.getByRole('gridcell').first().focus();
  for (const key of ['m', 'o', 'a', '?', 'g', 't']) await page.keyboard.press(key);
  assert.equal(await page.locator('.bar.selecting').count(), 0);
  await page.keyboard.press('Space');
  await shows('.bar .what', '1 ticked');
  await page.keyboard.press('Escape');
  await page.locator('canvas').waitFor();
  assert.equal(await page.locator('dialog[open]').count(), 0);
  assert.match(page.url(), /#\/fleet/);
  await button('Keys').click();
  await single.check();
  await page.keyboard.press('Escape');
}

/** A fleet without components says what the sources of the inventory say; one that may not be read says that. */
async function whyThereIsNothingIsSaid() {
  const counts = { total: 0, on: 0, off: 0, unknown: 0, other: 0, unavailable: 0, busy: 0, waiting: 0 };
  const columns = 'id state available desired operation phase transition by waiting observedAt flags';
  const snapshot = {
    columns: columns.split(' '),
    rows: [],
    counts: { ...counts, phases: {} },
    at: new Date(),
  };
  const source = { controllers: 0, groups: 0, components: 0, notes: [] };
  const error = 'SMD does not answer: connection refused';
  sight.expectFailures(true);
  await page.route('**/v2/fleet/stream', (route) =>
    route.fulfill({
      contentType: 'text/event-stream',
      body: `event: snapshot\ndata: ${JSON.stringify(snapshot)}\n\n`,
    }),
  );
  await page.route('**/v2/inventory', (route) =>
    route.fulfill({
      json: {
        complete: false,
        components: 0,
        controllers: 0,
        groups: [],
        sources: [{ ...source, name: 'smd', error, failedAt: new Date() }],
      },
    }),
  );
  await page.reload();
  await shows('main', 'There are no components.');
  await shows('main [role=alert]', error);
  await sight.keep('empty');
  await page.getByRole('link', { name: 'Sources of the inventory' }).click();
  await focusIs('System');
  await page.unrouteAll();
  await page.route('**/v2/fleet/stream', (route) => route.fulfill({ status: 403, json: {} }));
  await visit();
  await page.reload();
  await shows('main', 'the service answered with status 403');
  await sight.keep('forbidden');
  await page.unrouteAll();
  sight.expectFailures(false);
  await page.reload();
}

async function itWorksInTheDarkAndOnAPhone() {
  await page.getByRole('gridcell').first().waitFor();
  await page.emulateMedia({ colorScheme: 'dark' });
  await page.locator('canvas').waitFor();
  await sight.keep('fleet-dark');
  await page.emulateMedia({ colorScheme: 'light' });
  await page.setViewportSize({ width: 390, height: 800 });
  await sight.keep('fleet-narrow-map');
  await button('Map').click();
  await writeFilter('group:gpu');
  await page.locator('[role=gridcell] input').first().click();
  const bob = { filter: 'group:gpu', reason: 'CHG0046' };
  const { id } = await api('POST', 'transitions', { operation: 'init', ...bob });
  // What has been sent is not superseded, so that there is a line.
  while (!(await api('GET', `transitions/${id}`)).members.some(({ attempts }) => attempts > 0))
    await page.waitForTimeout(100);
  await api('POST', 'transitions', { operation: 'off', ...bob });
  await shows('[role=gridcell].second', /bob.*\+1 queued.*read \d+ s/s);
  const beside = await page
    .locator('.counts button, .actions > button')
    .evaluateAll((all) =>
      all.filter((each) => each.getBoundingClientRect().right > 390).map((each) => each.textContent),
    );
  assert.deepEqual(beside, []);
  const wide = await page.evaluate(() => document.documentElement.scrollWidth);
  assert.ok(wide <= 390, `the page is ${wide} pixels wide`);
  await sight.keep('fleet-narrow');
  await button('Off').click();
  await page.locator('.groups').waitFor();
  await sight.keep('plan-narrow');
  await button('Cancel').click();
  await button('Map').click();
  await page.setViewportSize({ width: 1280, height: 800 });
}

async function whatIsOldIsGrey() {
  await button('Clear').click();
  await button('Pause').click();
  await page.locator('.grid.stale').waitFor();
  await shows('.bar', /What is shown is \d+ s old/);
  await sight.keep('stale');
  await button('Resume').click();
  await page.locator('.grid:not(.stale)').waitFor();
  await shows('.live', /live\s+·\s+\d+ s/);
  // A tab that is looked at again shows nothing as fresh before the new snapshot has come.
  const look = (hidden) =>
    page.evaluate((away) => {
      Object.defineProperty(document, 'hidden', { value: away, configurable: true });
      document.dispatchEvent(new Event('visibilitychange'));
    }, hidden);
  let answer = () => undefined;
  const awaited = new Promise((resolve) => (answer = resolve));
  await page.route('**/v2/fleet/stream', async (route) => {
    await awaited;
    await route.continue();
  });
  await look(true);
  await look(false);
  await page.locator('.grid.stale').waitFor();
  await shows('.live', /connecting\s+·\s+data is \d+ s old/);
  await sight.keep('looked-at-again');
  answer();
  await page.locator('.grid:not(.stale)').waitFor();
  await page.unrouteAll();
}

const steps = [
  theFleetIsATableAndAMap,
  theFilterIsCompleted,
  theServiceMeansTheSame,
  whatTheServiceIsAskedIsSaid,
  rowsAreSortedAndTicked,
  whatCannotBeSwitchedIsSaid,
  manyAreSwitchedByTheirNumber,
  workInLineIsSaidAndCancelled,
  componentsAreHeldAndReleased,
  whoMayNotIsToldSo,
  keysOfOneCharacterAreTurnedOff,
  whyThereIsNothingIsSaid,
  itWorksInTheDarkAndOnAPhone,
  whatIsOldIsGrey,
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
