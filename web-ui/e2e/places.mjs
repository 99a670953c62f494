// The places around the fleet as an operator meets them: transitions, endpoints, drivers, events, audit, webhooks, system, and the
// frame with its keys and colours. The fleet has sixteen nodes or more, one to a BMC, all switched on; nobody is asked for a token.
//
// usage: node places.mjs SERVICE BROWSER FOLDER
import assert from 'node:assert/strict';
import { openBrowser } from './browser.mjs';

const [service, browserPath, folder] = process.argv.slice(2);
/** The fourth BMC refuses every command, the thirteenth cannot be reached. */
const REFUSES = 'x1000c0s3b0n0';
const AWAY = 'x1000c1s4b0';
const WELL = 'x1000c0s0b0';
const NODE = `${WELL}n0`;
/** Reasons that tell the transitions of this run from those before it. */
const RUN = Date.now().toString(36);
const REASON = {
  refused: `CHG0020-${RUN}`,
  shut: `CHG0021-${RUN}`,
  on: `CHG0019-${RUN}`,
  later: `CHG0030-${RUN}`,
};
/** How many transitions make a second page. */
const MANY = 55;

const { page, sight, close } = await openBrowser(browserPath, folder);

const visit = (hash) => page.goto(`${service}/ui/${hash}`);
const status = (word) => page.locator(`.live[data-status=${word}]`).waitFor();
const heading = (name) => page.getByRole('heading', { name, exact: true, level: 1 }).waitFor();
const shows = (selector, text) => page.locator(selector).filter({ hasText: text }).first().waitFor();
const button = (name) => page.getByRole('button', { name, exact: true });
const announced = (text) => shows('.announcements', text);
const row = (id) => page.locator('[role=row]', { has: page.getByRole('link', { name: id, exact: true }) });

async function post(path, caller, body) {
  const response = await fetch(`${service}/v2/${path}`, {
    method: 'POST',
    headers: { 'content-type': 'application/json', 'x-switchyard-caller': caller },
    body: JSON.stringify(body),
  });
  const answer = await response.json();
  assert.ok(response.ok, JSON.stringify(answer));
  return answer;
}

const submit = (caller, operation, component, reason) =>
  post('transitions', caller, { operation, components: [component], reason });

/** What has the focus, once it has it. */
const focused = (text) =>
  page.waitForFunction((wanted) => document.activeElement?.textContent?.trim() === wanted, text);

/** What the service refuses is asked for again as long as it is looked at: requests may fail until it is left. */
async function leave() {
  await visit('#/system');
  await heading('System');
  sight.expectFailures(false);
}

/** No page may be wider than the screen. */
async function nothingStandsOut(name) {
  const wide = await page.evaluate(() =>
    [document.documentElement, ...document.querySelectorAll('main, header')]
      .filter((element) => element.scrollWidth > element.clientWidth)
      .map((element) => element.tagName),
  );
  assert.deepEqual(wide, [], `${name} is wider than the screen`);
}

async function theFrameIsWalkedByKeyboard() {
  await visit('');
  await status('live');
  await page.keyboard.press('Tab');
  await focused('Skip to the content');
  await page.keyboard.press('Enter');
  await page.waitForFunction(() => document.activeElement?.id === 'main');
  for (const [key, name] of Object.entries({
    t: 'Transitions',
    e: 'Endpoints',
    d: 'Drivers',
    v: 'Events',
    s: 'System',
    f: 'Fleet',
  })) {
    await page.keyboard.press('g');
    await page.keyboard.press(key);
    await heading(name);
    await page
      .locator('header [aria-current=page]')
      .and(page.getByText(name, { exact: true }))
      .waitFor();
  }
}

async function keysAreExplained() {
  await page.keyboard.press('?');
  await page.getByRole('dialog', { name: 'Keys' }).waitFor();
  await shows('dialog', 'go to endpoints');
  await shows('dialog', 'Switchyard 0.');
  await sight.keep('help');
  await page.keyboard.press('Escape');
  await page.getByRole('dialog').waitFor({ state: 'detached' });
}

async function spaceHoldsThePictureStill() {
  await visit('#/system');
  await page.locator('#main').focus();
  await page.keyboard.press('Space');
  await status('paused');
  await page.keyboard.press('Space');
  await status('live');
  await visit('#/events');
  await page.getByLabel('Kind').fill('a b');
  await page.getByLabel('Kind').press('Space');
  await status('live');
}

async function transitionsAreListed() {
  await visit('#/transitions');
  const refused = await submit('carol', 'force-off', REFUSES, REASON.refused);
  await page
    .locator('[aria-label=Running], [aria-label=Ended]')
    .filter({ hasText: REASON.refused })
    .first()
    .waitFor();
  await shows('[aria-label=Ended] li', REASON.refused);
  await shows(`li:has(a[href*="${refused.id}"])`, 'failed');
  // What is on ends soon; what cannot be reached is seen on its way.
  await submit('alice', 'on', NODE, REASON.on);
  await shows('[aria-label=Ended] li', REASON.on);
  await submit('alice', 'off', `${AWAY}n0`, REASON.shut);
  await shows('[aria-label=Running] li', REASON.shut);
  await sight.keep('transitions');
  await page.getByLabel('By').fill('carol');
  await page.waitForURL(/by=carol/);
  await page.locator('li', { hasText: REASON.shut }).waitFor({ state: 'detached' });
  await page.reload();
  await shows('[aria-label=Ended] li', REASON.refused);
  await page.getByLabel('By').fill('nobody-at-all');
  await shows('main', 'No transition is like that.');
  await sight.keep('transitions-filtered-empty');
  await page.getByRole('link', { name: 'Clear filter' }).first().click();
  await shows('main li', REASON.shut);
}

async function transitionsComePageByPage() {
  for (let number = 0; number < MANY; number += 1)
    await submit(`bob-${RUN}`, 'on', 'x1000c0s1b0n0', `page ${number} ${RUN}`);
  await visit(`#/transitions?by=bob-${RUN}&status=ended`);
  await shows('main li', `page ${MANY - 1} ${RUN}`);
  const before = await page.locator('main li').count();
  await button('Load more').click();
  await page
    .locator('main li')
    .nth(MANY - 1)
    .waitFor();
  assert.ok((await page.locator('main li').count()) > before);
  await shows('main', 'These are all that are kept.');
}

async function anUnknownComponentIsSaidByTheService() {
  sight.expectFailures(true);
  await visit('#/transitions?component=nonsense');
  await shows('main', 'the inventory holds no component "nonsense"');
  await leave();
}

async function endpointsAreCountedAndNarrowed() {
  await visit('#/endpoints');
  await row(WELL).filter({ hasText: 'redfish-standard' }).waitFor();
  await row(AWAY)
    .filter({ hasText: /left alone|last call failed|being tried/ })
    .waitFor();
  await sight.keep('endpoints');
  await page.getByRole('searchbox').fill(AWAY);
  await page.waitForURL(new RegExp(`q=${AWAY}`));
  await row(WELL).waitFor({ state: 'detached' });
  await page.reload();
  await row(AWAY).waitFor();
  await page.getByRole('searchbox').fill('nothing like it');
  await shows('main', 'No endpoint is like that.');
  await page.getByRole('link', { name: 'Clear filter' }).first().click();
  await page.getByLabel('Driver').selectOption({ label: 'none found' });
  await row(AWAY).waitFor();
  await row(WELL).waitFor({ state: 'detached' });
}

async function anEndpointIsTried() {
  await row(AWAY).getByRole('link').first().click();
  await heading(new RegExp(AWAY));
  await shows('[aria-label="Last failure"]', 'bmc.unreachable');
  await sight.keep('endpoint-away');
  await button('Try now').click();
  await announced('is called again at once');
  await visit(`#/endpoints/${WELL}`);
  await shows('[aria-label=Driver]', 'redfish-standard');
  await button('Find the driver anew').click();
  await announced('was looked for anew');
  await button('Show its certificate').click();
  await shows('[aria-label=Certificate]', /([0-9A-F]{2}:){31}/);
  await sight.keep('endpoint-certificate');
}

async function driversTellWhatTheyAre() {
  await visit('#/drivers');
  await page.getByRole('link', { name: 'redfish-standard' }).click();
  await heading('redfish-standard');
  await shows('main', 'power@');
  await page.getByText('which', { exact: true }).click();
  await shows('main details', 'x1000c');
  await sight.keep('driver');
}

async function eventsComeAsTheyHappen() {
  await visit('#/events');
  await page.getByRole('grid', { name: 'Events, newest first' }).waitFor();
  await page.getByLabel('Kind').fill('transition.accepted');
  await page.waitForURL(/kind=transition.accepted/);
  await shows('[role=row]', `by bob-${RUN}`);
  await submit(`dave-${RUN}`, 'on', NODE, REASON.later);
  await shows('[role=row]', `by dave-${RUN}`);
  await sight.keep('events');
  await page.getByLabel('Kind').fill('nothing.such');
  await shows('main', 'No event is like that.');
}

async function theAuditTellsWho() {
  await page.getByRole('link', { name: 'Audit' }).click();
  await shows('tr', REASON.later);
  await page.getByLabel('Who').fill('carol');
  await page.locator('tr', { hasText: REASON.later }).waitFor({ state: 'detached' });
  await shows('tr', REASON.refused);
  await sight.keep('audit');
  await page.getByRole('link', { name: 'Webhooks' }).click();
  await shows('main', 'No webhook is configured.');
  await sight.keep('webhooks');
}

async function aHoldIsReleased() {
  const until = new Date(Date.now() + 3_600_000).toISOString();
  const reason = `DIMM exchange ${RUN}`;
  await post('holds', 'alice', { components: ['x1000c0s[4-5]b0n0'], reason, until });
  await visit('#/system');
  await shows('[aria-label=Holds] li', reason);
  await sight.keep('system');
  await page.locator('[aria-label=Holds] li', { hasText: reason }).getByRole('button').click();
  await page.getByRole('alertdialog').waitFor();
  await focused('Cancel');
  await sight.keep('release');
  await button('Release').click();
  await announced('The hold is released.');
  await page.locator('[aria-label=Holds] li', { hasText: reason }).waitFor({ state: 'detached' });
}

async function aTokenIsShownOnce() {
  const SCREEN = `screen-${RUN}`;
  await page.getByRole('button', { name: 'New token' }).click();
  await page.getByLabel('Whom or what it is for').fill(SCREEN);
  await sight.keep('token-new');
  await button('Make the token').click();
  await shows('[data-secret]', /^swy_/);
  await button('I have it').click();
  await page.locator('[data-secret]').waitFor({ state: 'detached' });
  const line = page.locator('tr', { hasText: SCREEN }).filter({ hasText: 'holds' }).first();
  await line.getByRole('button').click();
  await button('Revoke').click();
  await announced('is refused from now on');
  await shows('tr', new RegExp(`${SCREEN}.*revoked`));
}

async function aBackupThatIsNotConfiguredSaysSo() {
  sight.expectFailures(true);
  await page.getByRole('button', { name: 'Make a backup' }).click();
  await button('Make the backup').click();
  await shows('[role=alert]', 'backup.folder');
  await page.keyboard.press('Escape');
  await page.getByRole('alertdialog').waitFor({ state: 'detached' });
  sight.expectFailures(false);
}

async function coloursAreChosen() {
  const scheme = () => page.evaluate(() => getComputedStyle(document.documentElement).colorScheme);
  await page.getByLabel('Colours').selectOption('dark');
  assert.equal(await scheme(), 'dark');
  await page.reload();
  await status('live');
  assert.equal(await scheme(), 'dark');
  await sight.keep('system-dark');
  await page.getByLabel('Colours').selectOption('system');
  assert.equal(await scheme(), 'light dark');
}

async function whatIsShownTellsItsAge() {
  await visit('#/endpoints');
  await row(WELL).waitFor();
  sight.expectFailures(true);
  await page.route('**/v2/**', (route) => route.abort());
  // The stream that is open goes on; a new one does not come.
  await button('Pause').click();
  await button('Resume').click();
  await status('offline');
  await shows('main', /What is shown is \d+ s old/);
  await row(WELL).waitFor();
  await sight.keep('endpoints-stale');
  await visit('#/transitions');
  await page.reload();
  await shows('main', 'The service does not answer.');
  await page.unroute('**/v2/**');
  // What was aborted has failed by the time that something new came.
  await status('live');
  await heading('Transitions');
  sight.expectFailures(false);
}

async function aScriptThatDoesNotComeIsAskedForAgain() {
  sight.expectFailures(true);
  await page.route(/\/System[^/]*\.(js|svelte)$/, (route) => route.abort());
  await page.goto('about:blank');
  await visit('#/system');
  await shows('main', 'This page could not be loaded.');
  await sight.keep('script-missing');
  await page.unroute(/\/System[^/]*\.(js|svelte)$/);
  await button('Reload everything').click();
  await heading('System');
  sight.expectFailures(false);
}

async function everyPlaceFitsAPhone() {
  const places = {
    fleet: ['#/fleet', 'Fleet'],
    transitions: ['#/transitions', 'Transitions'],
    endpoints: ['#/endpoints', 'Endpoints'],
    endpoint: [`#/endpoints/${AWAY}`, new RegExp(AWAY)],
    drivers: ['#/drivers', 'Drivers'],
    driver: ['#/drivers/redfish-standard', 'redfish-standard'],
    events: ['#/events', 'Events'],
    audit: ['#/events?tab=audit', 'Audit'],
    webhooks: ['#/events?tab=webhooks', 'Webhooks'],
    system: ['#/system', 'System'],
  };
  for (const [colorScheme, width] of [
    ['light', 390],
    ['dark', 390],
    ['dark', 1280],
  ]) {
    await page.emulateMedia({ colorScheme });
    await page.setViewportSize({ width, height: 800 });
    for (const [name, [hash, title]] of Object.entries(places)) {
      await visit(hash);
      await heading(title);
      await page.locator('main .panel, main [role=row], main tr, main li, main p').first().waitFor();
      await page.waitForFunction(() => document.querySelector('main .skeleton') === null);
      await sight.keep(`${name}-${colorScheme}-${width}`);
      await nothingStandsOut(name);
    }
  }
  await page.setViewportSize({ width: 390, height: 800 });
  await button('Menu').click();
  await button('Keys').click();
  await page.getByRole('dialog', { name: 'Keys' }).waitFor();
  await sight.keep('help-narrow');
  await page.keyboard.press('Escape');
}

async function whatIsNotThereIsSaid() {
  sight.expectFailures(true);
  await visit('#/endpoints/x9');
  await shows('main', 'There is no endpoint x9.');
  await visit('#/drivers/none-such');
  await shows('main', 'There is no driver none-such.');
}

const steps = [
  theFrameIsWalkedByKeyboard,
  keysAreExplained,
  spaceHoldsThePictureStill,
  transitionsAreListed,
  transitionsComePageByPage,
  anUnknownComponentIsSaidByTheService,
  endpointsAreCountedAndNarrowed,
  anEndpointIsTried,
  driversTellWhatTheyAre,
  eventsComeAsTheyHappen,
  theAuditTellsWho,
  aHoldIsReleased,
  aTokenIsShownOnce,
  aBackupThatIsNotConfiguredSaysSo,
  coloursAreChosen,
  whatIsShownTellsItsAge,
  aScriptThatDoesNotComeIsAskedForAgain,
  everyPlaceFitsAPhone,
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
}
