/** What to do next at this page, where the hint of the service is for those who call its API. */
const HERE: Readonly<Record<string, string>> = {
  'bmc.conflict': 'read the words of the BMC: it cannot do this as it is now',
  'bmc.invalid': 'read the words of the BMC, and report them with its model and firmware',
  'bmc.other': 'read the words of the BMC',
  'component.busy':
    'wait until the work in line has ended, or plan it again and say what happens to that work',
  'component.inventory-not-read': 'try again once System says that the inventory was read',
  'component.not-found': 'look for it in the fleet, or mend the inventory',
  'component.protected': 'plan it again, and say that protected components are meant as well',
  'credentials.unavailable':
    'look at what the service depends on, under System; it goes on by itself once the secret store answers, and ends unsent at its start limit',
  'driver.missing': 'look at its endpoint; install a driver, or correct its name in the inventory',
  'endpoint.breaker-open':
    'look at the BMC and its network, then press Try now at its endpoint; otherwise it is tried by itself',
  'setting.not-writable': 'read the reason of the BMC',
};

export const remedy = (code: string, hint: string): string => HERE[code] ?? hint;
